"""What merging must hold, for tests of it: who points at whom, and the whole of it as plain values."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import ForeignKey

from integrations.types import Play
from listening.models import Album, Artist, Merge, Track
from listening.services.listens import record_plays
from listening.services.merge_handlers import handlers
from listening.services.merging import merge_entries, run_merge, undo_merge
from sidetrack.actors import SITE
from sidetrack.models import User
from tests.listening.plays import play

KINDS: dict[str, Any] = {"artist": Artist, "album": Album, "track": Track}
UNSTABLE = {"updated_at", "version"}


def keys_to_the_catalogue() -> list[str]:
    """ "club.nomination.album" for every key of every model to an artist, album or track."""
    return sorted(
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model in KINDS.values()
    )


def covered() -> list[str]:
    return sorted({label for handler in handlers() for label in handler.covers})


def orphans() -> list[str]:
    """Rows that point at an alias: there must be none."""
    found = []
    for label in covered():
        model, _, field = label.rpartition(".")
        rows = apps.get_model(model)._default_manager.filter(**{f"{field}__merged_into__isnull": False})
        found += [f"{label} of {pk}" for pk in rows.values_list("pk", flat=True)]
    return found


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Every row of every covered table, but for what says only when something was written."""
    models = sorted({label.rpartition(".")[0] for label in covered()} | {"listening.artist", "listening.album"})
    return {
        name: [
            {key: value for key, value in row.items() if key not in UNSTABLE}
            for row in apps.get_model(name)._default_manager.order_by("pk").values()
        ]
        for name in models
    }


def merge(one: Any, other: Any, **kwargs: Any) -> Merge:
    """`one` becomes part of `other`, and the job is through."""
    kind = type(one)._meta.model_name
    done = merge_entries(kind, one.pk, other.pk, by=kwargs.pop("by", SITE), **kwargs)
    run_merge(done.pk)
    return Merge.objects.get(pk=done.pk)


def undo(merged: Merge, **kwargs: Any) -> Merge:
    undo_merge(merged.pk, by=kwargs.pop("by", SITE), **kwargs)
    run_merge(merged.pk)
    return Merge.objects.get(pk=merged.pk)


def heard(person: User, track: str, artist: str, album: str | None = None, **ids: str) -> Play:
    """A play of the person, stored; what it named is in the catalogue then."""
    one = play(track, artist, album, **ids)
    record_plays(person, [one], source="manual")
    return one
