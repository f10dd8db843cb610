"""The moderators' desk of listening."""

from listening.admin import imports  # noqa: F401 - registers itself
