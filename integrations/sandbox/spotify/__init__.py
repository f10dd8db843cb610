"""Spotify: its accounts service and its Web API, as an app of 2026 in development mode sees them."""

from __future__ import annotations

from integrations.sandbox.spotify import catalogue, listening, playlists
from integrations.sandbox.spotify.accounts import accounts
from integrations.sandbox.spotify.doors import api

__all__ = ["accounts", "api", "catalogue", "listening", "playlists"]
