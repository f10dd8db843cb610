"""Spotify: its accounts service and its Web API, as an app of 2026 in development mode sees them."""
