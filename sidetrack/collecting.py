"""Collects static files into STATIC_ROOT when they changed, and only those that pages use."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

PACKAGES = ("django", "django-unfold", "django-htmx", "drf-spectacular-sidecar", "djangorestframework", "whitenoise")
# Large and never linked from a page of ours.
UNUSED = ["redoc*", "swagger-ui-es-bundle*", "rest_framework", "gis", "django_htmx/htmx-4*"]


def collect_if_changed() -> bool:
    """Collect unless the files there were collected from the same sources; True when it did."""
    stamp = Path(settings.STATIC_ROOT) / ".collected-from"
    wanted = fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=False, ignore_patterns=UNUSED)
    stamp.write_text(wanted, encoding="ascii")
    return True


def fingerprint() -> str:
    """Changes with our own files, the packages that bring static files, and how they are stored."""
    parts = [f"{name} {version(name)}" for name in PACKAGES]
    parts.append(settings.STORAGES["staticfiles"]["BACKEND"])
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                parts.append(f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def main() -> None:
    """`python -m sidetrack.collecting`: for images that bring their static files along."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sidetrack.settings")
    django.setup()
    collect_if_changed()


if __name__ == "__main__":
    main()
