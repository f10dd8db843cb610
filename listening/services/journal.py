"""The journal of a merge: every row it moves or drops is written down with what it was, so that it can be undone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

from listening.models import Album, Artist, Merge, MergeChange, Track

MOST_ROWS = 1000
"""Rows in one line of the journal."""


class Journal:
    """Writes for one merge, in its transaction."""

    def __init__(self, merge: Merge) -> None:
        self.merge = merge
        self.dropped: dict[str, int] = {}

    def move(self, model: type[models.Model], field: str, pks: Collection[int], old: Any, new: Any) -> None:
        """`field` of these rows from `old` to `new`."""
        for rows in _chunks(sorted(pks)):
            model._default_manager.filter(pk__in=rows, **{field: old}).update(**{field: new})
            self._write(model, field=field, old=old, new=new, rows=rows)

    def drop(self, row: models.Model) -> None:
        """Delete a row of which the winner has the like, and keep it whole here."""
        self._write(type(row), rows=[row.pk], dropped={name: _plain(value) for name, value in _values(row)})
        name = str(row._meta.verbose_name_plural)
        self.dropped[name] = self.dropped.get(name, 0) + 1
        row.delete()

    def _write(self, model: type[models.Model], **values: Any) -> None:
        MergeChange.objects.create(merge=self.merge, model=model._meta.label_lower, **values)


def move_rows(
    journal: Journal, model: type[models.Model], field: str, loser: int, winner: int, *, beside: Sequence[str] = ()
) -> None:
    """All rows from loser to winner; those whose other unique columns (`beside`) the winner has already are dropped."""
    rows = list(model._default_manager.filter(**{field: loser}).order_by("pk"))
    taken = set(model._default_manager.filter(**{field: winner}).values_list(*beside)) if beside else set()
    moved = []
    for row in rows:
        if beside and tuple(getattr(row, model._meta.get_field(name).attname) for name in beside) in taken:  # type: ignore[union-attr]
            journal.drop(row)
        else:
            moved.append(row.pk)
    journal.move(model, field, moved, loser, winner)


def put_back(merge: Merge, *, without: Collection[str]) -> list[str]:
    """Undo the lines of the journal, newest first, but those of the models `without`. Returns what stays as it is.

    A row that no longer holds the new value, or is gone, is somebody else's by now and left alone. One that cannot go
    back because its place is taken stays in the journal.
    """
    stays: dict[str, int] = {}
    for line in merge.changes.filter(undone=False).exclude(model__in=without).order_by("-pk"):
        model = apps.get_model(line.model)
        left = _revive(model, line.dropped) if line.dropped is not None else _return(model, line)
        MergeChange.objects.filter(pk=line.pk).update(rows=left or line.rows, undone=not left)
        if left:
            name = str(model._meta.verbose_name_plural)
            stays[name] = stays.get(name, 0) + len(left)
    return [f"{name} ({count})" for name, count in sorted(stays.items())]


def aliases_named(merge: Merge) -> list[Any]:
    """The aliases that the dropped rows of a merge point at: brought back, nothing may point there."""
    named: dict[type[models.Model], set[int]] = {}
    for line in merge.changes.filter(dropped__isnull=False, undone=False):
        for field in apps.get_model(line.model)._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model in (Artist, Album, Track):
                named.setdefault(field.related_model, set()).add((line.dropped or {}).get(field.attname, 0))
    return [
        entry
        for model, pks in named.items()
        for entry in model._default_manager.filter(pk__in=pks, merged_into__isnull=False).select_related("merged_into")
    ]


def _return(model: type[models.Model], line: MergeChange) -> list[int]:
    """Move the rows back that still hold the new value; those for which there is no room are returned."""
    rows = list(
        model._default_manager.filter(pk__in=line.rows, **{line.field: line.new})
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if not rows or _set(model, line, rows):
        return []
    return [pk for pk in rows if not _set(model, line, [pk])]


def _set(model: type[models.Model], line: MergeChange, rows: list[int]) -> bool:
    try:
        with transaction.atomic():
            model._default_manager.filter(pk__in=rows).update(**{line.field: line.old})
    except IntegrityError:
        return False
    return True


def _revive(model: type[models.Model], values: dict[str, Any]) -> list[int]:
    """Bring a dropped row back as it was; its id where its place is taken or what it points at is gone."""
    row = model(**{field.attname: field.to_python(values.get(field.attname)) for field in model._meta.concrete_fields})
    try:
        with transaction.atomic():
            if not all(_stands(row, field) for field in model._meta.concrete_fields):
                return [row.pk]
            row.save_base(raw=True, force_insert=True)  # with its own dates
    except IntegrityError:
        return [row.pk]
    return []


def _stands(row: models.Model, field: models.Field[Any, Any]) -> bool:
    """Is what this key points at still there? PostgreSQL would tell only at the end."""
    pk = getattr(row, field.attname)
    if not isinstance(field, models.ForeignKey) or pk is None:
        return True
    found = field.related_model._default_manager.filter(pk=pk)
    return bool(found.exists())


def _values(row: models.Model) -> Iterator[tuple[str, Any]]:
    for field in row._meta.concrete_fields:
        yield field.attname, field.value_from_object(row)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _chunks(rows: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(rows), MOST_ROWS):
        yield rows[start : start + MOST_ROWS]
