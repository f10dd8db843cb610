"""All addresses of the sandbox, longer prefixes first."""

from __future__ import annotations

from integrations.sandbox import (
    anthropic,
    covers,
    deezer,
    desk,
    discord,
    itunes,
    lastfm,
    listenbrainz,
    musicbrainz,
    reccobeats,
    spotify,
)
from integrations.sandbox.web import Routes

TABLE: tuple[Routes, ...] = tuple(
    sorted(
        (
            spotify.accounts,
            spotify.api,
            lastfm.routes,
            listenbrainz.routes,
            listenbrainz.at_the_root,
            musicbrainz.routes,
            musicbrainz.covers,
            reccobeats.routes,
            deezer.routes,
            itunes.routes,
            anthropic.routes,
            discord.site,
            discord.api,
            covers.routes,
            desk.routes,
        ),
        key=lambda routes: -len(routes.prefix),
    )
)
