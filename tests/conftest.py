"""The cast. Ann owns what a test is about, Bea is another member, Mo moderates, Olga owns the site,
Carl signed up but was never admitted: the stranger who must be kept out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from rest_framework.test import APIClient

from sidetrack.models import ServiceToken, User
from sidetrack.models.tokens import SCOPES, digest

PASSWORD = "correct horse battery staple"


def make_person(username: str, **fields: Any) -> User:
    fields.setdefault("status", User.Status.MEMBER)
    person = User(username=username, email=f"{username}@example.com", **fields)
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    for cache in caches.all():
        cache.clear()


@pytest.fixture
def ann(db: None) -> User:
    return make_person("ann", display_name="Ann Arbor")


@pytest.fixture
def bea(db: None) -> User:
    return make_person("bea", display_name="Bea Bell")


@pytest.fixture
def mo(db: None) -> User:
    return make_person("mo", display_name="Mo Derator", role=User.Role.MODERATOR)


@pytest.fixture
def olga(db: None) -> User:
    return make_person("olga", display_name="Olga Owner", role=User.Role.OWNER)


@pytest.fixture
def carl(db: None) -> User:
    return make_person("carl", display_name="Carl Stranger", status=User.Status.PENDING)


@pytest.fixture
def make_token(db: None) -> Callable[..., tuple[ServiceToken, str]]:
    """A token with the given scopes (all but moderate by default), and its secret."""

    def make(*scopes: str) -> tuple[ServiceToken, str]:
        secret = f"st_test_{'-'.join(scopes)}"
        chosen = list(scopes) or [scope for scope in SCOPES if scope != "moderate"]
        token = ServiceToken.objects.create(
            name=f"token {secret}"[:80], prefix=secret[:10], secret_hash=digest(secret), scopes=chosen
        )
        return token, secret

    return make


@pytest.fixture
def bot(make_token: Callable[..., tuple[ServiceToken, str]]) -> APIClient:
    """A service client with every scope but `moderate`."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token()[1]}")
    return client


@pytest.fixture
def api() -> Callable[[User | None], APIClient]:
    """An API client with the session of a person, or of nobody."""

    def make(person: User | None) -> APIClient:
        client = APIClient()
        if person is not None:
            client.force_login(person)
        return client

    return make


@pytest.fixture
def web() -> Callable[[User | None], Client]:
    """A browser signed in as a person, or as nobody."""

    def make(person: User | None) -> Client:
        client = Client()
        if person is not None:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make
