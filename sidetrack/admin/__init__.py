from sidetrack.admin import audit  # noqa: F401
