"""A full week, made straight into the database: 30 nominations, 200 votes, 200 ratings."""

from __future__ import annotations

import random
from datetime import timedelta

from django.utils import timezone

from club.models import ExternalMessageRef, Nomination, Rating, Vote, Week
from club.models.weeks import default_label
from listening.models import Album, AlbumArtist, AlbumTag, Artist, ExternalId, Tag
from sidetrack.models import User

NOMINATIONS, VOTERS, RATERS = 30, 100, 200
SENTENCE = "It opens like a door onto a street after rain, and stays with you for the rest of the week. "


def full_week() -> Week:
    dice, now = random.Random(30), timezone.now()
    people = User.objects.bulk_create(
        User(username=f"member{count}", display_name=f"Member Number {count}", status="member", password="!")
        for count in range(RATERS)
    )
    week = Week.objects.create(number=30, label=default_label(30, now), date_discussion=now)
    ExternalMessageRef.objects.create(week=week, kind="thread", external_id="123456789012345678")
    nominations = Nomination.objects.bulk_create(
        Nomination(
            week=week,
            user=people[count],
            album=album,
            pitch=SENTENCE * 2,
            pitch_track_url="https://example.org/track",
            tags={"genres": ["shoegaze", "dream pop"], "decade": "1990s", "country": "IE"},
            created_at=now + timedelta(seconds=count),
        )
        for count, album in enumerate(_albums())
    )
    votes = []
    for voter in people[:VOTERS]:
        for rank, nomination in enumerate(dice.sample(nominations, 2), start=1):
            votes.append(Vote(week=week, user=voter, nomination=nomination, rank=rank))
    Vote.objects.bulk_create(votes)
    week.poll_closed_at = week.decided_at = now
    week.winner_nomination, week.winner_album, week.decided_by = nominations[0], nominations[0].album, "override"
    week.save()
    Rating.objects.bulk_create(
        Rating(week=week, user=rater, album=nominations[0].album, halves=dice.randint(2, 10), review=SENTENCE * 3)
        for rater in people
    )
    return week


def _albums() -> list[Album]:
    artists = Artist.objects.bulk_create(
        Artist(name=f"The Artist {count}", folded=f"artist {count}") for count in range(NOMINATIONS)
    )
    albums = Album.objects.bulk_create(
        Album(
            title=f"An Album Called {count}",
            artist_credit=artists[count].name,
            folded_title=f"an album called {count}",
            folded_artist=artists[count].folded,
            year=1960 + count,
            cover_url=f"https://coverartarchive.org/release-group/{count:036}/front-500",
        )
        for count in range(NOMINATIONS)
    )
    AlbumArtist.objects.bulk_create(
        AlbumArtist(album=album, artist=artist) for album, artist in zip(albums, artists, strict=True)
    )
    ExternalId.objects.bulk_create(
        ExternalId(album=album, scheme=scheme, value=f"{scheme}-{album.pk:022}")
        for album in albums
        for scheme in ("spotify", "musicbrainz")
    )
    tags = Tag.objects.bulk_create(
        Tag(kind="genre", name=name, folded=name) for name in ("shoegaze", "dream pop", "noise")
    )
    AlbumTag.objects.bulk_create(
        AlbumTag(album=album, tag=tag, source="nomination") for album in albums for tag in tags
    )
    return albums
