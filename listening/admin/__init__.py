"""The moderators' desk of listening."""

from listening.admin import catalogue, imports, removals  # noqa: F401 - they register themselves
