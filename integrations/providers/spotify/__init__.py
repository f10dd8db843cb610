"""Spotify's Web API and accounts service, as it is for a new app in 2026-11: `docs/providers.md` says what that means.

Groups of endpoints with budgets and quotas of their own: search, artist_albums, playlists, player, catalogue,
features, me, token.
"""

from __future__ import annotations

from integrations.providers.base import Provider
from integrations.providers.spotify.catalogue import (
    album,
    albums,
    artist_albums,
    search_albums,
    search_tracks,
    track,
    tracks,
)
from integrations.providers.spotify.features import audio_features
from integrations.providers.spotify.judging import judge
from integrations.providers.spotify.me import recently_played, who
from integrations.providers.spotify.oauth import app_access, as_app, authorize_url, exchange, refresh
from integrations.providers.spotify.playlists import (
    append,
    change,
    create,
    items,
    my_playlists,
    playlist,
    remove,
    replace_first,
    replace_items,
)
from integrations.providers.spotify.probing import CAPABILITIES, probe, probe_capabilities

PROVIDER = Provider(
    name="spotify",
    label="Spotify",
    judge=judge,
    probe=probe,
    needs=("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET"),
    who=who,
    refresh=refresh,
)

__all__ = [
    "CAPABILITIES",
    "PROVIDER",
    "album",
    "albums",
    "app_access",
    "append",
    "artist_albums",
    "as_app",
    "audio_features",
    "authorize_url",
    "change",
    "create",
    "exchange",
    "items",
    "my_playlists",
    "playlist",
    "probe_capabilities",
    "recently_played",
    "refresh",
    "remove",
    "replace_first",
    "replace_items",
    "search_albums",
    "search_tracks",
    "track",
    "tracks",
    "who",
]
