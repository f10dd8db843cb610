"""Usernames for people who come with a name from elsewhere."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator

from sidetrack.models import User
from sidetrack.models.people import RESERVED_NAMES


def usernames(name: str, account_id: str) -> Iterator[str]:
    """Usernames to try: the name, the name with the id, then with something nobody can have taken on purpose."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:19].strip("-")
    if slug and slug not in RESERVED_NAMES and not User.objects.filter(username=slug).exists():
        yield slug
    known = re.sub(r"[^a-z0-9]+", "", account_id.lower())[:20]
    yield f"{slug}-{known}".strip("-")
    for _ in range(3):
        yield f"{slug}-{secrets.token_hex(6)}".strip("-")
