"""Makes weeks and changes their number, label, dates and external ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction

from club.models import ExternalMessageRef, Week
from club.models.weeks import default_label
from club.services.rules import change, locked, must_run_the_club
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid
from sidetrack.text import checked_line

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
LARGEST_NUMBER = 2**31 - 1
DEADLINES = ("nominations_close_at", "votes_close_at")
FIELDS = ("number", "label", "date_discussion", *DEADLINES)


def create_week(
    *,
    number: int,
    date_discussion: datetime,
    by: Actor,
    label: str = "",
    nominations_close_at: datetime | None = None,
    votes_close_at: datetime | None = None,
    external: Mapping[str, str | None] | None = None,
) -> tuple[Week, bool]:
    """The week of this number, and whether it is new. `external` is {"thread_id": "123", ...}.

    A number that is taken gives the week that has it where all values given here equal its own, and
    Conflict otherwise. An empty label becomes the default and is not compared.
    """
    must_run_the_club(by)
    wanted = _checked(
        number=number,
        date_discussion=date_discussion,
        label=label or default_label(number, date_discussion),
        nominations_close_at=nominations_close_at,
        votes_close_at=votes_close_at,
    )
    _check_order(wanted)
    refs = {_kind(key): value for key, value in (external or {}).items() if value}
    try:
        with transaction.atomic():
            week = Week.objects.create(**wanted)
            _write_refs(week, refs)
            audit.record("week.create", week, by=by, after=_plain(wanted))
            return week, True
    except IntegrityError:
        existing = Week.objects.filter(number=number).first()
        if existing is None:
            raise
    given = {key: value for key, value in wanted.items() if value is not None and (key != "label" or label)}
    if any(getattr(existing, key) != value for key, value in given.items()) or refs.items() - _refs(existing).items():
        raise Conflict(f"Week {number} exists with other values. Change it instead.", attr="number", code="exists")
    return existing, False


@transaction.atomic
def change_week(week: Week, changes: Mapping[str, Any], *, by: Actor) -> Week:
    """Change the fields named in `changes`: FIELDS and "external". What is not named stays.

    The label follows number and date as long as it is the default; an empty label makes it so.
    None takes a deadline back; a None in external takes that id back. The deadlines of a closed
    poll are history and cannot be changed: a moderator reopens it.
    """
    must_run_the_club(by)
    week = locked(week)
    new = _differing(week, changes)
    refs = {_kind(key): value for key, value in (changes.get("external") or {}).items()}
    stored = _refs(week)
    refs = {kind: value for kind, value in refs.items() if stored.get(kind) != value}
    if not new and not refs:
        return week
    if week.poll_closed_at is not None and new.keys() & set(DEADLINES):
        attr = min(new.keys() & set(DEADLINES))
        raise Conflict("The poll is closed. A moderator can reopen it.", attr=attr, code="poll_closed")
    before = _plain({key: getattr(week, key) for key in new}) | {f"{kind}_id": stored.get(kind) for kind in refs}
    _write_refs(week, refs)
    week = _renumbered(week, new)
    audit.record("week.change", week, by=by, before=before, after=_plain(new) | {f"{k}_id": v for k, v in refs.items()})
    return week


def _differing(week: Week, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The checked fields of `changes` that are not what the week holds."""
    new = _checked(**{key: changes[key] for key in FIELDS if key in changes})
    after = {key: new.get(key, getattr(week, key)) for key in FIELDS}
    _check_order(after)
    was_default = week.label == default_label(week.number, week.date_discussion)
    if not new.get("label", "" if was_default else week.label):
        new["label"] = default_label(after["number"], after["date_discussion"])
    return {key: value for key, value in new.items() if getattr(week, key) != value}


def _renumbered(week: Week, new: dict[str, Any]) -> Week:
    try:
        with transaction.atomic():
            return change(week, **new)
    except IntegrityError:
        raise Conflict(f"There is a week {new.get('number')} already.", attr="number", code="exists") from None


def _checked(**values: Any) -> dict[str, Any]:
    number = values.get("number", 1)
    if not 1 <= number <= LARGEST_NUMBER:
        raise Invalid("Weeks are numbered from 1.", attr="number", code="out_of_range")
    for attr in ("date_discussion", *DEADLINES):
        moment = values.get(attr)
        if moment is not None and not EARLIEST <= moment < LATEST:
            raise Invalid("Give a date between 2000 and 2099.", attr=attr, code="out_of_range")
    if "label" in values:
        values["label"] = checked_line(values["label"], "label", 120, required=False)
    return values


def _check_order(values: Mapping[str, Any]) -> None:
    nominations, votes = (values.get(attr) for attr in DEADLINES)
    if nominations and votes and nominations > votes:
        raise Invalid("Nominations cannot close after votes do.", attr="nominations_close_at", code="order")


def _kind(key: str) -> str:
    """ "thread_id" -> "thread"."""
    kind = key.removesuffix("_id")
    if not key.endswith("_id") or kind not in ExternalMessageRef.Kind.values:
        known = ", ".join(f"{kind}_id" for kind in ExternalMessageRef.Kind.values)
        raise Invalid(f"Known external ids are {known}.", attr=f"external.{key}", code="unknown")
    return kind


def _refs(week: Week) -> dict[str, str]:
    return dict(week.refs.filter(platform="discord").values_list("kind", "external_id"))


def _write_refs(week: Week, refs: Mapping[str, str | None]) -> None:
    for kind, value in refs.items():
        found = ExternalMessageRef.objects.filter(week=week, platform="discord", kind=kind)
        if value is None:
            found.delete()
        elif not found.update(external_id=value):
            ExternalMessageRef.objects.create(week=week, platform="discord", kind=kind, external_id=value)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}
