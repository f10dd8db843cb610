"""The moderators' desk. `base` is what the admins of all apps are made of."""

from sidetrack.admin import audit, jobs, people, rights, tokens  # noqa: F401 - they register themselves
