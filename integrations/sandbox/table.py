"""All addresses of the sandbox, longer prefixes first."""

from __future__ import annotations

from integrations.sandbox import covers, desk, discord, listenbrainz
from integrations.sandbox.lastfm import listening as lastfm_listening
from integrations.sandbox.spotify import accounts
from integrations.sandbox.spotify import listening as spotify_listening
from integrations.sandbox.web import Routes

TABLE: tuple[Routes, ...] = tuple(
    sorted(
        (
            accounts.accounts,
            spotify_listening.api,
            lastfm_listening.routes,
            listenbrainz.routes,
            discord.site,
            discord.api,
            covers.routes,
            desk.routes,
        ),
        key=lambda routes: -len(routes.prefix),
    )
)
