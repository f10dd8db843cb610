"""The moderators' desk of listening."""

from listening.admin import catalogue, imports, merging, removals  # noqa: F401 - they register themselves
