"""MusicBrainz and the Cover Art Archive."""

from __future__ import annotations

from integrations.sandbox.musicbrainz import browsing, coverart, looking
from integrations.sandbox.musicbrainz.coverart import routes as covers
from integrations.sandbox.musicbrainz.doors import routes

__all__ = ["browsing", "coverart", "covers", "looking", "routes"]
