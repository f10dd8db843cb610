"""What we ask a provider for, and why. The least for signing in; more only when a member asks for what needs it."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings

LISTENING = "listening"
PLAYLISTS = "playlists"
ASK_NAMES = ((LISTENING, LISTENING), (PLAYLISTS, PLAYLISTS))
ASKS: dict[str, dict[str, tuple[str, ...]]] = {
    "discord": {},
    "spotify": {
        LISTENING: ("user-read-recently-played",),
        PLAYLISTS: ("playlist-modify-public", "playlist-modify-private", "playlist-read-private"),
    },
}
"""By provider: what can be asked for by name, and the scopes it stands for."""


def sign_in_scopes(provider: str) -> tuple[str, ...]:
    """Who somebody is. Of Spotify that needs no scope; of Discord the server too, where one decides who is let in."""
    if provider != "discord":
        return ()
    return ("identify", "email", *(["guilds.members.read"] if settings.DISCORD_GUILD_ID else []))


def scopes_for(provider: str, asks: Collection[str], granted: Collection[str] = ()) -> list[str]:
    """Scopes to ask for: those of signing in, what is granted already, and what `asks` names. Unknown words ask for
    nothing."""
    wanted = [*sign_in_scopes(provider), *granted]
    for ask, scopes in ASKS.get(provider, {}).items():
        wanted += scopes if ask in asks else ()
    return list(dict.fromkeys(wanted))


def grants(provider: str, granted: Collection[str]) -> dict[str, bool]:
    """Of each ask of this provider, whether all it needs is granted."""
    return {ask: set(scopes) <= set(granted) for ask, scopes in ASKS.get(provider, {}).items()}
