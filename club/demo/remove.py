"""Takes the demo club out again and leaves everything real."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from club.demo.marks import DEMO, demo_albums, demo_people, demo_weeks
from club.models import Nomination, Rating, Vote, Week
from listening.models import (
    Album,
    AlbumArtist,
    AlbumTag,
    AlbumTrack,
    Artist,
    ListenEvent,
    ListenImport,
    Tag,
    Track,
    TrackArtist,
)
from sidetrack.errors import Conflict
from sidetrack.models import AuditEvent, Erasure


@transaction.atomic
def remove(*, force: bool = False) -> dict[str, int]:
    """Remove demo people, demo weeks and what of the catalogue only they used. Returns rows by kind.

    Where real members have nominated, voted or rated in a demo week, or a demo member has
    nominated in a real one, this is a Conflict; with `force` those rows go too.
    """
    if not force:
        _must_not_touch_real_rows()
    people, weeks = list(demo_people().values_list("pk", flat=True)), list(demo_weeks().values_list("pk", flat=True))
    _delete_files_later(people)
    counts = {
        "listens": ListenEvent.objects.filter(user__in=people).delete()[0],
        "weeks": len(weeks),
        "people": len(people),
    }
    _forget_acts(people, weeks)
    Erasure.objects.filter(user__in=people).delete()
    _leave_real_weeks(people)
    Week.objects.filter(pk__in=weeks).delete()
    demo_people().delete()
    counts |= _clear_catalogue()
    return counts


def _delete_files_later(people: list[int]) -> None:
    for listen_import in ListenImport.objects.filter(user__in=people).exclude(file=""):
        transaction.on_commit(partial(listen_import.file.delete, save=False))


def _must_not_touch_real_rows() -> None:
    mixed = {
        f"{model._meta.verbose_name_plural} by real members in demo weeks": model._default_manager.filter(
            week__in=demo_weeks(), user__is_demo=False
        ).count()
        for model in (Nomination, Vote, Rating)
    }
    mixed["nominations by demo members in real weeks"] = (
        Nomination.objects.filter(user__is_demo=True).exclude(week__in=demo_weeks()).count()
    )
    found = ", ".join(f"{what} ({number})" for what, number in mixed.items() if number)
    if found:
        raise Conflict(f"Removing the demo would also delete {found}. Use --force to delete these too.")


def _forget_acts(people: list[int], weeks: list[int]) -> None:
    """Audit rows of the demo's own past. What a real person did stays in the log."""
    week_ids = [str(pk) for pk in weeks]
    rating_ids = [str(pk) for pk in Rating.objects.filter(week__in=weeks).values_list("pk", flat=True)]
    about_demo = Q(object_type="club.week", object_id__in=week_ids) | Q(
        object_type="club.rating", object_id__in=rating_ids
    )
    AuditEvent.objects.filter(Q(actor__in=people) | (Q(actor=None) & about_demo)).delete()


def _leave_real_weeks(people: list[int]) -> None:
    """What demo members did in real weeks goes with them; answers cached of these weeks are stale."""
    touched: set[int] = set()
    for model in (Vote, Rating, Nomination):
        rows = model._default_manager.filter(user__in=people)
        touched |= set(rows.values_list("week_id", flat=True))
        rows.delete()
    Week.objects.filter(pk__in=touched).update(version=F("version") + 1)


def _clear_catalogue() -> dict[str, int]:
    """Albums the demo added, then tracks, artists and tags that stand alone; whatever is used otherwise stays."""
    albums = list(demo_albums().values_list("pk", flat=True))
    artists = set(AlbumArtist.objects.filter(album__in=albums).values_list("artist_id", flat=True))
    tracks = set(AlbumTrack.objects.filter(album__in=albums).values_list("track_id", flat=True))
    artists |= set(TrackArtist.objects.filter(track__in=tracks).values_list("artist_id", flat=True))
    tags = set(AlbumTag.objects.filter(source=DEMO).values_list("tag_id", flat=True))
    AlbumTag.objects.filter(source=DEMO).delete()
    gone = _albums_unused(albums).delete()[1]
    Track.objects.filter(
        ~Exists(ListenEvent.objects.filter(track=OuterRef("pk"))),
        ~Exists(AlbumTrack.objects.filter(track=OuterRef("pk"))),
        pk__in=tracks,
    ).delete()
    Artist.objects.filter(
        ~Exists(ListenEvent.objects.filter(artist=OuterRef("pk"))),
        ~Exists(AlbumArtist.objects.filter(artist=OuterRef("pk"))),
        ~Exists(TrackArtist.objects.filter(artist=OuterRef("pk"))),
        pk__in=artists,
    ).delete()
    Tag.objects.filter(~Exists(AlbumTag.objects.filter(tag=OuterRef("pk"))), pk__in=tags).delete()
    return {"albums": gone.get("listening.Album", 0)}


def _albums_unused(albums: list[int]) -> QuerySet[Album]:
    return Album.objects.filter(
        ~Exists(ListenEvent.objects.filter(album=OuterRef("pk"))),
        ~Exists(Nomination.objects.filter(album=OuterRef("pk"))),
        ~Exists(Rating.objects.filter(album=OuterRef("pk"))),
        ~Exists(Week.objects.filter(winner_album=OuterRef("pk"))),
        pk__in=albums,
    )
