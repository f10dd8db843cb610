"""All providers, in one table."""

from __future__ import annotations

from integrations.providers import (
    coverart,
    deezer,
    discord,
    itunes,
    lastfm,
    listenbrainz,
    musicbrainz,
    reccobeats,
    spotify,
)
from integrations.providers.base import Provider

PROVIDERS: dict[str, Provider] = {
    "spotify": spotify.PROVIDER,
    "lastfm": lastfm.PROVIDER,
    "listenbrainz": listenbrainz.PROVIDER,
    "musicbrainz": musicbrainz.PROVIDER,
    "coverart": coverart.PROVIDER,
    "reccobeats": reccobeats.PROVIDER,
    "deezer": deezer.PROVIDER,
    "itunes": itunes.PROVIDER,
    "discord": discord.PROVIDER,
}

__all__ = ["PROVIDERS", "Provider"]
