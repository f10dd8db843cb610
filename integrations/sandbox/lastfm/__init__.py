"""Last.fm: the page where somebody lets an app in, and the API at one address."""

from __future__ import annotations

from integrations.sandbox.lastfm import listening, music
from integrations.sandbox.lastfm.doors import routes

__all__ = ["listening", "music", "routes"]
