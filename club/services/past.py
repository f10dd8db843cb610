"""Brings a week of the club's past with the album that won it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from club.models import Nomination, Week
from club.past import PastWeek
from club.services.counting import winner_as_json
from club.services.nominations import nominate
from club.services.rules import change, locked, must_run_the_club
from club.services.weeks import create_week
from integrations.services.people import PersonRef, person_for
from listening.models import Album
from listening.services.catalogue import AlbumRef, ensure_album
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid
from sidetrack.models import User


@transaction.atomic
def bring_past_week(past: PastWeek, *, by: Actor) -> bool:
    """Make the week, closed on its date and won by its album; False where it is there already.

    Its nominator, where one is named, becomes the nominator of the winner. Raises Invalid naming a
    column, and Conflict where the club remembers the week otherwise. Refused, it leaves nothing.
    """
    must_run_the_club(by)
    if past.date_discussion > timezone.now():
        raise Invalid("This week is not past.", attr="date_discussion", code="future")
    week, created = create_week(number=past.number, date_discussion=past.date_discussion, label=past.label, by=by)
    ref = AlbumRef(
        title=past.album,
        artist=past.artist,
        year=past.year,
        cover_url=past.cover_url,
        external_ids=past.external_ids,
    )
    if not created:
        _must_have_won(week, ref, by)
        return False
    nominator = _nominator(past)
    if nominator is not None:
        nomination = nominate(week, by=Actor(user=nominator), album=ref, pitch=past.pitch).nomination
        _decide(week, nomination.album, nomination, by)
    else:
        _decide(week, ensure_album(ref, by=by, source="import_weeks")[0], None, by)
    return True


def _must_have_won(week: Week, ref: AlbumRef, by: Actor) -> None:
    album, _ = ensure_album(ref, by=by, source="import_weeks")
    if week.winner_album_id != album.pk:
        winner = week.winner_album or "nothing yet"
        raise Conflict(f"Week {week.number} exists and was won by {winner}.", attr="album", code="exists")


def _decide(week: Week, album: Album, nomination: Nomination | None, by: Actor) -> None:
    """Closed on its date, so that the week is not up for discussion again."""
    closed = week.date_discussion
    week = change(
        locked(week),
        winner_album=album,
        winner_nomination=nomination,
        poll_closed_at=closed,
        decided_at=closed,
        decided_by=Week.DecidedBy.OVERRIDE,
    )
    audit.record("week.import", week, by=by, reason="Brought from the club's past.", after=winner_as_json(week))


def _nominator(past: PastWeek) -> User | None:
    if past.nominator_discord_id:
        ref = PersonRef(discord_id=past.nominator_discord_id, display_name=past.nominator)
        try:
            return person_for(ref)
        except Invalid as refusal:
            attr = "nominator" if refusal.attr == "user.display_name" else "nominator_discord_id"
            raise Invalid(refusal.detail, attr=attr, code=refusal.code) from None
    if not past.nominator:
        return None
    members = User.objects.members()
    found = list(members.filter(username__iexact=past.nominator)) or list(
        members.filter(display_name__iexact=past.nominator)[:2]
    )
    if len(found) != 1:
        how_many = "several members" if found else "no member"
        raise Invalid(
            f"There is {how_many} of this name. Give a username or nominator_discord_id.",
            attr="nominator",
            code="unknown",
        )
    return found[0]
