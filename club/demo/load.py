"""Writes the planned demo club into an empty club."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F

from club.demo.albums import DemoAlbum, albums
from club.demo.marks import DEMO, demo_people
from club.demo.people import PASSWORD, PEOPLE, DemoPerson, discord_id
from club.demo.plan import OVERRIDDEN, PlannedWeek, plan_weeks
from club.demo.plays import plan_plays
from club.models import ExternalMessageRef, Nomination, Rating, Vote, Week
from club.models.weeks import default_label
from club.services.counting import count, tally_as_json
from integrations.models import LinkedAccount
from listening.models import Album, AlbumTrack, ListenEvent
from listening.services.catalogue import AlbumRef, ensure_album, tag_album
from listening.services.listens import BATCH, record_plays
from sidetrack.actors import SITE
from sidetrack.errors import Conflict
from sidetrack.models import AuditEvent, Follow, User

SEED = "needle drop"
SOURCES = (ListenEvent.Source.SPOTIFY_HISTORY, ListenEvent.Source.LASTFM, ListenEvent.Source.LISTENBRAINZ)

People = dict[str, User]
Catalogue = dict[DemoAlbum, Album]


@transaction.atomic
def load(*, today: date, seed: str = SEED) -> dict[str, int]:
    """Load the demo as of `today` and return how many rows of each kind it has.

    A demo that is there already stays as it is: no rows, {}. Raises Conflict where the club has
    weeks of its own, or people who bear the demo's names.
    """
    if demo_people().exists():
        return {}
    _must_have_room()
    people = _people(today)
    _follows(seed, people)
    weeks = plan_weeks(seed, today, PEOPLE, albums())
    catalogue = _catalogue()
    _weeks(weeks, people, catalogue)
    listens = sum(_listens(seed, today, person, weeks, people) for person in PEOPLE)
    _number_tracks(catalogue)
    return {
        "people": len(people),
        "weeks": len(weeks),
        "nominations": sum(len(week.nominations) for week in weeks),
        "votes": sum(len(week.votes) for week in weeks),
        "ratings": sum(len(week.ratings) for week in weeks),
        "listens": listens,
    }


def _must_have_room() -> None:
    if Week.objects.exists():
        raise Conflict("This club has weeks of its own. The demo loads into an empty club only.")
    taken = User.objects.filter(username__in=[person.username for person in PEOPLE]).values_list("username", flat=True)
    if taken:
        raise Conflict(f"Somebody here is called {taken[0]} already; the demo needs that name.")


def _people(today: date) -> People:
    start = datetime.combine(today, time(12), UTC) - timedelta(days=380)
    shared = make_password(PASSWORD)
    rows = [_person(person, shared, start + timedelta(days=2 * place)) for place, person in enumerate(PEOPLE)]
    User.objects.bulk_create(rows)
    people = {row.username: row for row in rows}
    LinkedAccount.objects.bulk_create(
        LinkedAccount(
            user=people[person.username],
            provider=LinkedAccount.Provider.DISCORD,
            external_id=discord_id(place),
            external_name=person.username,
            created_at=people[person.username].created_at,
        )
        for place, person in enumerate(PEOPLE)
    )
    return people


def _person(person: DemoPerson, password: str, joined: datetime) -> User:
    return User(
        username=person.username,
        display_name=person.name,
        email=f"{person.username}@demo.invalid" if person.signs_in else "",
        password=password if person.signs_in else make_password(None),
        status=person.status,
        role=person.role,
        is_staff=person.role != User.Role.MEMBER,
        visibility=person.visibility,
        hide_name_on_reviews=person.hides_name,
        time_zone=person.zone,
        is_demo=True,
        date_joined=joined,
        created_at=joined,
    )


def _follows(seed: str, people: People) -> None:
    dice = Random(f"{seed} follows")  # noqa: S311 - a demo, not a secret
    names = [person.username for person in PEOPLE if person.status == User.Status.MEMBER]
    rows = []
    for name in names:
        others = [other for other in names if other != name]
        rows += [
            Follow(follower=people[name], followed=people[other], created_at=people[name].created_at)
            for other in dice.sample(others, dice.randint(2, 6))
        ]
    Follow.objects.bulk_create(rows)


def _catalogue() -> Catalogue:
    found: Catalogue = {}
    for entry in albums():
        ref = AlbumRef(title=entry.title, artist=entry.artist, year=entry.year)
        album, created = ensure_album(ref, by=SITE, source=DEMO)
        if created:  # an album that was here before is not the demo's to mark, or to remove
            genres = list(entry.genres)
            tag_album(album, genres=genres, decade=entry.decade, country=entry.country, source=DEMO, by=SITE)
        found[entry] = album
    return found


def _weeks(planned: Sequence[PlannedWeek], people: People, catalogue: Catalogue) -> None:
    weeks = Week.objects.bulk_create(_week(week) for week in planned)
    kind = ExternalMessageRef.Kind.CATEGORY
    ExternalMessageRef.objects.bulk_create(
        ExternalMessageRef(platform=DEMO, kind=kind, external_id=str(week.number), week=week) for week in weeks
    )
    for week, plan in zip(weeks, planned, strict=True):
        nominations = _nominations(week, plan, people, catalogue)
        _votes(week, plan, nominations, people)
        _decide(week, plan, nominations, people)
        _ratings(week, plan, people, catalogue)
    for model in (Nomination, Vote, Rating):
        model._default_manager.update(updated_at=F("created_at"))
    _hide_a_review(people)


def _week(plan: PlannedWeek) -> Week:
    decided = plan.winner is not None
    return Week(
        number=plan.number,
        label=default_label(plan.number, plan.date_discussion),
        date_discussion=plan.date_discussion,
        nominations_close_at=plan.nominations_close_at if decided else None,  # whoever tries the demo may nominate
        votes_close_at=plan.votes_close_at,
        poll_closed_at=plan.votes_close_at if decided else None,
        created_at=plan.opened_at,
    )


def _nominations(week: Week, plan: PlannedWeek, people: People, catalogue: Catalogue) -> list[Nomination]:
    return Nomination.objects.bulk_create(
        Nomination(
            week=week,
            user=people[entry.by.username],
            album=catalogue[entry.album],
            pitch=entry.pitch,
            tags={
                "genres": list(entry.album.genres),
                "decade": entry.album.decade,
                "country": entry.album.country,
            },
            created_at=entry.at,
        )
        for entry in plan.nominations
    )


def _votes(week: Week, plan: PlannedWeek, nominations: Sequence[Nomination], people: People) -> None:
    Vote.objects.bulk_create(
        Vote(
            week=week,
            user=people[vote.by.username],
            nomination=nominations[vote.choice],
            rank=vote.rank,
            created_at=vote.at,
        )
        for vote in plan.votes
    )


def _decide(week: Week, plan: PlannedWeek, nominations: Sequence[Nomination], people: People) -> None:
    """Name the planned winner, with the audit row that the services leave."""
    if plan.winner is None:
        Week.objects.filter(pk=week.pk).update(updated_at=plan.nominations_close_at)
        return
    winner = nominations[plan.winner]
    overridden = plan.number == OVERRIDDEN
    at = plan.votes_close_at + timedelta(hours=1 if overridden else 0)
    by = Week.DecidedBy.OVERRIDE if overridden else Week.DecidedBy.VOTES
    Week.objects.filter(pk=week.pk).update(
        winner_album=winner.album, winner_nomination=winner, decided_at=at, decided_by=by, updated_at=at
    )
    AuditEvent.objects.create(
        at=at,
        verb="week.override_winner" if overridden else "week.close_poll",
        actor=people["tomasz"] if overridden else None,
        object_type=Week._meta.label_lower,
        object_id=str(week.pk),
        object_name=week.label,
        reason="The winner could not be heard anywhere that week; the runner-up took its place." if overridden else "",
        before={"winner": None, "poll": tally_as_json(week, count(week))},
        after={"winner": str(winner.album), "album_id": winner.album_id, "nomination_id": winner.pk, "decided_by": by},
    )


def _ratings(week: Week, plan: PlannedWeek, people: People, catalogue: Catalogue) -> None:
    if plan.won_by is None:
        return
    album = catalogue[plan.won_by]
    Rating.objects.bulk_create(
        Rating(
            week=week,
            user=people[rating.by.username],
            album=album,
            halves=rating.halves,
            favorite_track=rating.favorite_track,
            review=rating.review,
            created_at=rating.at,
        )
        for rating in plan.ratings
    )


def _hide_a_review(people: People) -> None:
    """One review is hidden, so that the moderators' desk has something to restore."""
    rating = Rating.objects.exclude(review="").filter(week__number=21).order_by("created_at", "pk").first()
    if rating is None:
        return
    at = rating.created_at + timedelta(hours=5)
    Rating.objects.filter(pk=rating.pk).update(hidden_at=at)
    AuditEvent.objects.create(
        at=at,
        verb="review.hide",
        actor=people["priya"],
        object_type=Rating._meta.label_lower,
        object_id=str(rating.pk),
        object_name=str(rating),
        subject=rating.user,
        reason="Asked by its author, who had posted it under the wrong album.",
        before={"hidden": False, "review": rating.review, "favorite_track": rating.favorite_track},
        after={"hidden": True},
    )


def _listens(seed: str, today: date, person: DemoPerson, weeks: Sequence[PlannedWeek], people: People) -> int:
    plays = iter(plan_plays(seed, today, person, weeks, albums()))
    source = SOURCES[PEOPLE.index(person) % len(SOURCES)]
    stored = 0
    while batch := list(islice(plays, BATCH)):
        stored += record_plays(people[person.username], batch, source=source).inserted
    return stored


def _number_tracks(catalogue: Catalogue) -> None:
    """Put the tracks that were heard in their order on the album."""
    order = {
        (album.pk, title): number
        for entry, album in catalogue.items()
        for number, title in enumerate(entry.tracks, start=1)
    }
    rows = AlbumTrack.objects.filter(album__in=catalogue.values(), number=None).select_related("track")
    changed = [row for row in rows if (row.album_id, row.track.title) in order]
    for row in changed:
        row.number = order[row.album_id, row.track.title]
    AlbumTrack.objects.bulk_update(changed, ["number"], batch_size=200)
