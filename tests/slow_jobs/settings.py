"""The site's own settings with one more app."""

from sidetrack.settings import *  # noqa: F403
from sidetrack.settings import INSTALLED_APPS, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "tests.slow_jobs"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
