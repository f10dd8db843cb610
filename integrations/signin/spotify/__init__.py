"""Spotify for allauth, in place of its own package."""
