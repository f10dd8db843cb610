"""The site's own settings with a throw-away database and the addresses of tests/bench/urls.py."""

from sidetrack.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
LOGGING = {"version": 1, "disable_existing_loggers": True}
RATE_LIMIT_WRITES = RATE_LIMIT_SERVICE = 10**9
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
