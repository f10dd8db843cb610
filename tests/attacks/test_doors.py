"""Session writes without the token of the page, redirects off the site, answers kept by others, limits gone around."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from club.models import Week
from sidetrack.models import Follow, Invite, User
from sidetrack.uploads import BoundedUpload
from tests.attacks.crawl import addresses
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

Web = Callable[[User | None], Client]


@pytest.fixture
def week(db: None) -> Week:
    return Week.objects.create(number=1, label="Week 1", date_discussion=timezone.now())


def test_no_write_of_the_api_is_taken_from_another_site(mo: User, week: Week, settings: Any) -> None:
    """Every operation of the document, with the session of a moderator and without the CSRF token."""
    settings.RATE_LIMIT_WRITES = 10_000
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(mo)
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    tried = 0
    for path, methods in document["paths"].items():
        for method in {"post", "put", "patch", "delete"} & methods.keys():
            address = path.replace("{id}", "1").replace("{nid}", "1").replace("{source}", "lastfm")
            answer = getattr(client, method)(address, "{}", content_type="application/json")
            assert answer.status_code in (403, 415), f"{method} {address}: {answer.status_code}"
            if answer.status_code == 415:
                answer = client.post(address, {"file": SimpleUploadedFile("a", b"[]")}, format="multipart")
                assert answer.status_code == 403
            tried += 1
    assert tried > 15


def test_no_page_takes_a_form_from_another_site(mo: User, week: Week, settings: Any) -> None:
    settings.RATE_LIMIT_WRITES = 10_000
    client = Client(enforce_csrf_checks=True)
    client.force_login(mo, backend="django.contrib.auth.backends.ModelBackend")
    for address in addresses(number="1", username="mo"):
        if not address.startswith("/api/"):
            assert client.post(address, {"reason": "x"}).status_code in (403, 405), address


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
@pytest.mark.parametrize("door", ["/accounts/login/", "/accounts/signup/", "/admin/login/"])
def test_signing_in_leads_nowhere_else(ann: User, door: str, away: str) -> None:
    form = {"login": "ann", "password": PASSWORD, "next": away}
    if "signup" in door:
        form = {"email": "new@example.org", "username": "newcomer", "password1": PASSWORD, "next": away}
    client = Client()
    assert "evil.example" not in client.get(door, {"next": away}).get("Location", "").partition("?")[0]
    answer = client.post(f"{door}?next={away}", form, follow=False)
    assert "evil" not in answer.get("Location", "").partition("?")[0]
    assert "javascript" not in answer.get("Location", "").partition("?")[0]


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/members", "//evil.example/%2e%2e", "/\\evil.example"]
)
def test_no_address_leads_off_the_site(web: Web, ann: User, settings: Any, path: str) -> None:
    settings.CLUB_PUBLIC = False
    for who in (None, ann):
        answer = web(who).get(path)
        assert not answer.get("Location", "").startswith(("//", "/\\", "http"))


def test_a_host_that_is_not_ours_is_refused(web: Web, ann: User) -> None:
    assert web(ann).get("/", headers={"Host": "evil.example"}).status_code == 400
    assert web(ann).get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200
    answer = web(None).post("/accounts/password/reset/", {"email": "ann@example.com"}, headers={"Host": "evil.example"})
    assert answer.status_code == 400


PRIVATE = ["/", "/settings/", "/imports/", "/people/ann/", "/members/", "/weeks/", "/weeks/1/", "/api/v1/users/me"]


@pytest.mark.parametrize("address", [*PRIVATE, "/api/v1/users/me/summary", "/api/v1/users/me/listens/recent"])
def test_what_one_reads_signed_in_is_kept_by_no_shared_cache(web: Web, ann: User, week: Week, address: str) -> None:
    answer = web(ann).get(address)
    assert answer.status_code == 200
    assert "private" in answer["Cache-Control"] or "no-store" in answer["Cache-Control"]
    assert "Cookie" in answer["Vary"]


def test_the_search_of_the_nominating_page_is_limited_too(web: Web, ann: User, week: Week, settings: Any) -> None:
    settings.RATE_LIMIT_SEARCHES = 2
    client = web(ann)
    answers = [client.get("/weeks/1/nominate/?q=bjork").status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert client.get("/weeks/1/nominate/").status_code == 200


def test_files_are_taken_in_only_where_there_is_a_use_for_them(web: Web, ann: User, monkeypatch: Any) -> None:
    """Anywhere else, and from visitors, not a byte is written."""
    kept: list[int] = []
    plain = BoundedUpload.receive_data_chunk

    def watched(self: BoundedUpload, raw_data: bytes, start: int) -> bytes:
        taken = plain(self, raw_data, start)
        kept.append(len(taken))
        return taken

    monkeypatch.setattr(BoundedUpload, "receive_data_chunk", watched)
    for who, address in ((None, "/accounts/login/"), (None, "/imports/"), (ann, "/settings/"), (ann, "/weeks/1/vote/")):
        web(who).post(address, {"file": SimpleUploadedFile("x.json", b"x" * 100_000)})
        assert kept == [], address
    web(ann).post("/imports/", {"file": SimpleUploadedFile("x.json", b"[]")})
    assert kept == [2]


def test_an_invite_admits_nobody_by_being_looked_at(web: Web, carl: User, olga: User) -> None:
    invite = Invite.objects.create(created_by=olga, expires_at=timezone.now() + timedelta(days=1))
    for client in (web(None), web(carl)):
        client.get(f"/invite/{invite.code}/")
    assert not User.objects.get(pk=carl.pk).is_member
    assert not Follow.objects.exists()


def sign_in(address: str, login: str, password: str) -> int:
    client = Client(REMOTE_ADDR=address)
    client.post("/accounts/login/", {"login": login, "password": password})
    return int("_auth_user_id" in client.session)


@pytest.mark.parametrize("login", ["ann", "ann@example.com"])
def test_wrong_guesses_of_one_do_not_keep_the_other_out(ann: User, login: str) -> None:
    for guess in range(8):
        assert not sign_in("192.0.2.7", login, f"wrong {guess}")
    assert sign_in("198.51.100.3", login, PASSWORD)
    assert not sign_in("192.0.2.7", login, PASSWORD)
