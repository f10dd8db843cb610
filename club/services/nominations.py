"""Nominations: put an album forward, and take it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from club.models import ExternalMessageRef, Nomination, Week
from club.services.rules import locked, must_take_nominations, must_take_votes, touch
from listening.models import Album
from listening.services.catalogue import AlbumRef, ensure_album, tag_album
from listening.services.refreshing import ask_for_refresh
from listening.services.tags import checked_country, checked_decade, checked_genres
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, NotAllowed, NotFound
from sidetrack.models import User
from sidetrack.text import checked_line, checked_text, checked_url


@dataclass(frozen=True)
class Notice:
    """Something the nominator may not know: code "nominated_before" or "won_before", in week `week`."""

    code: str
    detail: str
    week: int


@dataclass(frozen=True)
class Nominated:
    nomination: Nomination
    created: bool
    warnings: list[Notice]


@transaction.atomic
def nominate(
    week: Week,
    *,
    by: Actor,
    album: AlbumRef,
    pitch: str | None = None,
    pitch_track_url: str | None = None,
    tags: Mapping[str, Any] | None = None,
    message: Mapping[str, str] | None = None,
) -> Nominated:
    """The actor's nomination of this album; made once and then changed. None leaves a field as it is.

    `tags` is {"genres": [...], "decade": "1990s", "country": "GB"}, `message` is
    {"channel_id": "1", "message_id": "2"}.
    """
    member = by.must_be_member()
    wanted = _checked(pitch, pitch_track_url, tags)
    week = locked(week)
    must_take_nominations(week, timezone.now())
    known, added = ensure_album(album, by=by, source="nomination")
    if added:
        ask_for_refresh(known.pk, by=by)
    standing = Nomination.objects.filter(week=week, user=member, album=known).first()
    if standing is None:
        _check_count(week, member)
        nomination, changed = Nomination.objects.create(week=week, user=member, album=known, **wanted), True
    else:
        nomination, changed = standing, _update(standing, wanted)
    changed = _write_message(nomination, message) or changed
    if changed:
        touch(week)
        _tag(nomination, wanted.get("tags"), by)
    return Nominated(nomination, standing is None, warnings_for(known, week))


@transaction.atomic
def withdraw_nomination(week: Week, nomination_id: int, *, by: Actor, reason: str = "") -> None:
    """The nominator or a moderator takes it back; its votes go with it. Not after the close of the poll."""
    reason = checked_line(reason, "reason", 500, required=False)
    week = locked(week)
    nomination = Nomination.objects.select_related("album", "user").filter(week=week, pk=nomination_id).first()
    if nomination is None:
        raise NotFound("This week has no such nomination.")
    if not by.is_moderator and by.must_be_member().pk != nomination.user_id:
        raise NotAllowed("Only the nominator or a moderator may withdraw a nomination.")
    must_take_votes(week, timezone.now())
    if week.winner_nomination_id == nomination.pk:
        raise Conflict("This nomination has won its week.", code="winner")
    before = {
        "album": str(nomination.album),
        "album_id": nomination.album_id,
        "week": str(week),
        "pitch": nomination.pitch,
        "first_place_votes": nomination.votes.filter(rank=1).count(),
        "second_place_votes": nomination.votes.filter(rank=2).count(),
    }
    audit.record("nomination.withdraw", nomination, by=by, reason=reason, subject=nomination.user, before=before)
    nomination.delete()
    touch(week)


def warnings_for(album: Album, week: Week) -> list[Notice]:
    """In which earlier weeks the album was nominated, and which it won."""
    earlier = Week.objects.filter(number__lt=week.number).order_by("number")
    won = list(earlier.filter(winner_album=album).values_list("number", flat=True))
    nominated = earlier.filter(nominations__album=album).distinct().values_list("number", flat=True)
    found = [Notice("won_before", f"This album won week {number}.", number) for number in won]
    found += [
        Notice("nominated_before", f"This album was nominated in week {number}.", number)
        for number in nominated
        if number not in won
    ]
    return found


def _checked(pitch: str | None, pitch_track_url: str | None, tags: Mapping[str, Any] | None) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if pitch is not None:
        wanted["pitch"] = checked_text(pitch, "pitch", 4000)
    if pitch_track_url is not None:
        wanted["pitch_track_url"] = checked_url(pitch_track_url, "pitch_track_url")
    if tags is not None:
        wanted["tags"] = _checked_tags(tags)
    return wanted


def _checked_tags(tags: Mapping[str, Any]) -> dict[str, Any]:
    """The tags in the club's spelling, empty ones left out."""
    decade, country = tags.get("decade") or "", tags.get("country") or ""
    checked = {
        "genres": checked_genres(list(tags.get("genres") or []), "tags.genres"),
        "decade": checked_decade(decade, "tags.decade") if decade.strip() else "",
        "country": checked_country(country, "tags.country") if country.strip() else "",
    }
    return {key: value for key, value in checked.items() if value}


def _check_count(week: Week, member: User) -> None:
    most = settings.CLUB_NOMINATIONS_PER_MEMBER
    if most and Nomination.objects.filter(week=week, user=member).count() >= most:
        raise Conflict(f"In this club a member nominates at most {most} in a week.", code="too_many_nominations")


def _update(nomination: Nomination, wanted: dict[str, Any]) -> bool:
    new = {key: value for key, value in wanted.items() if getattr(nomination, key) != value}
    for key, value in new.items():
        setattr(nomination, key, value)
    if new:
        nomination.save(update_fields=[*new, "updated_at"])
    return bool(new)


def _write_message(nomination: Nomination, message: Mapping[str, str] | None) -> bool:
    if message is None:
        return False
    where = {"external_id": message["message_id"], "channel_id": message.get("channel_id", "")}
    standing = ExternalMessageRef.objects.filter(nomination=nomination, platform="discord").first()
    if standing is not None and (standing.external_id, standing.channel_id) == tuple(where.values()):
        return False
    if standing is not None:
        ExternalMessageRef.objects.filter(pk=standing.pk).update(**where)
    else:
        kind = ExternalMessageRef.Kind.MESSAGE
        ExternalMessageRef.objects.create(nomination=nomination, platform="discord", kind=kind, **where)
    return True


def _tag(nomination: Nomination, tags: Mapping[str, Any] | None, by: Actor) -> None:
    if not tags:
        return
    tag_album(
        nomination.album,
        genres=tags.get("genres", []),
        decade=tags.get("decade", ""),
        country=tags.get("country", ""),
        source="nomination",
        by=by,
    )
