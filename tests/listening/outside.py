"""The outside world for tests of the catalogue: the sandbox, or a server that answers as a test tells it to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from integrations.budgets import PROVIDERS
from integrations.http import Patience, patience
from integrations.sandbox.server import Sandbox
from listening.models import Album, AlbumArtist, AlbumTag, AlbumTrack, Artist, ExternalId, Tag, Track
from listening.services.answers import Answers
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.refreshing import Refreshed, refresh_album
from sidetrack.actors import SITE
from tests.integrations.fake_provider import FakeProvider

ONCE = Patience(attempts=1, total=5.0, pause=0.0, connect=2.0, read=2.0, waits_for_budget=1.0)
NO_BUDGETS = [f"{name}=100000/1" for name in PROVIDERS]
_PLACES = {
    "SPOTIFY_API_URL": "/spotify/v1",
    "SPOTIFY_ACCOUNTS_URL": "/spotify-accounts",
    "LASTFM_API_URL": "/lastfm/2.0/",
    "MUSICBRAINZ_API_URL": "/musicbrainz/ws/2",
    "COVERART_URL": "/coverart",
    "DEEZER_API_URL": "/deezer",
    "ITUNES_API_URL": "/itunes",
}
_CREDENTIALS = ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET", "LASTFM_API_KEY", "LASTFM_API_SECRET")


def point_at(settings: Any, url: str, *, configured: bool = True) -> None:
    """All providers answer at `url`, and no budget holds a call up; `configured`: with credentials."""
    settings.PROVIDER_RATES = NO_BUDGETS
    for name, path in _PLACES.items():
        setattr(settings, name, f"{url}{path}")
    for name in _CREDENTIALS:
        setattr(settings, name, f"sandbox-{name.lower().replace('_', '-')}" if configured else "")


@contextmanager
def sandbox(settings: Any, **options: Any) -> Iterator[Sandbox]:
    with Sandbox(seed=1, **{"limited": False, **options}) as box, patience(ONCE):
        point_at(settings, box.url)
        yield box


@contextmanager
def fake(settings: Any, *, configured: bool = False) -> Iterator[FakeProvider]:
    with FakeProvider() as provider, patience(ONCE):
        point_at(settings, provider.url, configured=configured)
        yield provider


def ensure(title: str, artist: str, **known: Any) -> Album:
    return ensure_album(AlbumRef(title=title, artist=artist, **known), by=SITE, source="test")[0]


def refresh(album: Album, *, fresh: bool = False) -> Refreshed:
    done = refresh_album(album.pk, answers=Answers(fresh=fresh))
    album.refresh_from_db()
    return done


def ids_of(album: Album) -> dict[str, str]:
    return dict(album.external_ids.order_by("-pk").values_list("scheme", "value"))


def genres_of(album: Album) -> dict[str, list[str]]:
    """Names by source."""
    said: dict[str, list[str]] = {}
    rows = AlbumTag.objects.filter(album=album, tag__kind=Tag.Kind.GENRE).order_by("tag__name")
    for source, name in rows.values_list("source", "tag__name"):
        said.setdefault(source, []).append(name)
    return said


def catalogue() -> dict[str, list[tuple[Any, ...]]]:
    """Everything of the catalogue, but for when it was last written."""
    models = (Artist, Album, Track, AlbumArtist, AlbumTrack, AlbumTag, Tag, ExternalId)
    found = {}
    for model in models:
        names = [field.attname for field in model._meta.concrete_fields if field.name != "updated_at"]
        found[model.__name__] = list(model._default_manager.order_by("pk").values_list(*names))
    return found
