"""Hostile addresses, of the API and of pages: an answer, never a 500."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from club.models import Nomination, Week
from listening.services.catalogue import AlbumRef, ensure_album
from sidetrack.actors import SITE
from tests.api.hostile import tables

pytestmark = pytest.mark.django_db

# As they come over the wire: NUL, half a character, a surrogate, a bidi override, quotes, wildcards, too much.
VALUES = [
    "%00", "a%00b", "%ff", "%ed%a0%80", "%E2%80%AE", "%27%20OR%201=1--", "%25_%25", "%3Cscript%3E", "-1", "0", "1e9",
    "9" * 25, "x" * 3000, "2026-13-45", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59-14:00", "NaN", "%F0%9F%92%BF",
    "%D9%A3", "", "%20", "[]", "me", "%2e%2e%2f",
]  # fmt: skip
PAGE_PARAMETERS = ["q", "page", "year", "search", "period", "next", "pitch", "back", "user", "cursor", "reviews", "tab"]
PAGE_PARAMETERS += ["from", "to", "before", "unit", "offset"]
PAGES = [
    "/",
    "/weeks/",
    "/weeks/1/",
    "/search/",
    "/people/ann/",
    "/people/ann/listening/",
    "/people/ann/listening/artists/",
    "/members/",
    "/settings/",
    "/imports/",
    "/listening/sources/",
    "/listening/plays/deleted/",
    "/listening/duplicates/",
    "/settings/data/",
    "/merging/",
    "/merging/history/",
    "/accounts/login/",
]
IN_PATH = ["/weeks/{}/", "/albums/{}/", "/people/{}/", "/imports/{}/", "/invite/{}/", "/weeks/{}/nominate/", "/{}/"]
IN_PATH += ["/listening/removals/{}/", "/listening/sources/{}/delete/", "/listening/plays/{}/delete/"]
IN_PATH += ["/merging/{}/1/", "/merging/album/{}/", "/merging/album/{}/1/", "/merging/merges/{}/"]
IN_PATH += ["/people/{}/listening/", "/people/ann/listening/{}/", "/imports/{}/rejected.csv"]


@pytest.fixture
def weeks(ann):
    """Week 1 is open, week 2 was won; both have a nomination by Ann."""
    now = timezone.now()
    album, _ = ensure_album(AlbumRef(title="Kid A", artist="Radiohead"), by=SITE, source="test")
    for number in (1, 2):
        week = Week.objects.create(number=number, label=f"Week {number}", date_discussion=now)
        Nomination.objects.create(week=week, user=ann, album=album)
    Week.objects.filter(number=2).update(poll_closed_at=now, decided_at=now, decided_by="votes", winner_album=album)


@pytest.fixture
def no_limits(settings):
    for name in ("SERVICE", "WRITES", "SEARCHES", "UPLOADS"):
        setattr(settings, f"RATE_LIMIT_{name}", 1_000_000)


def failures(client, addresses):
    client.raise_request_exception = False
    found = {}
    for address in addresses:
        status = client.get(address).status_code
        if status >= 500:
            found[address[:120]] = status
    return found


def test_query_parameters_of_the_api(api, mo, weeks, no_limits):
    document = SchemaGenerator().get_schema(request=None, public=True)
    addresses = []
    for path, methods in document["paths"].items():
        parameters = methods.get("get", {}).get("parameters", [])
        for name in [parameter["name"] for parameter in parameters if parameter["in"] == "query"] + ["format", "x"]:
            for value in VALUES if "get" in methods else ():
                filled = path.replace("{id}", str(mo.pk)).replace("{nid}", "1").replace("{kind}", "artists")
                addresses.append(f"{filled}?{name}={value}")
    assert failures(api(mo), addresses) == {}


def test_ids_in_addresses_of_the_api(api, mo, no_limits):
    document = SchemaGenerator().get_schema(request=None, public=True)
    filled = [path.replace("{id}", value).replace("{nid}", value) for path in document["paths"] for value in VALUES]
    assert failures(api(mo), filled) == {}


def test_pages(web, mo, weeks, no_limits):
    addresses = [f"{page}?{name}={value}" for page in PAGES for name in PAGE_PARAMETERS for value in VALUES[:8]]
    addresses += [path.format(value) for path in IN_PATH for value in VALUES if "%2f" not in value]
    assert failures(web(mo), addresses) == {}


def test_forms_of_pages_take_no_nonsense(web, mo, weeks, no_limits):
    client, before = web(mo), tables()
    client.raise_request_exception = False
    bad = ["\x00", "a\x00b", "\ud800".encode("utf-8", "surrogatepass"), "9" * 30, "-1", "1.5", "x" * 20_000, "[]", ""]
    fields = ["vote", "rating", "review", "album", "title", "artist", "year", "url", "pitch", "time_zone", "visibility"]
    doors = [
        "/weeks/1/vote/",
        "/weeks/1/rate/",
        "/weeks/1/nominate/",
        "/weeks/99999999999999999999/vote/",
        "/settings/",
    ]
    doors += ["/imports/", "/imports/1/cancel/", "/weeks/1/nominations/999999/withdraw/"]
    found = {}
    for door in doors:
        for value in bad:
            status = client.post(door, dict.fromkeys(fields, value)).status_code
            if status >= 500:
                found[f"{door} {value!r:.30}"] = status
    assert found == {}
    assert tables() == before


def test_every_page_is_in_the_sweep_or_needs_an_id():
    """A page that is added later must be added above."""
    known = {"health", "admin", "accounts", "api", "static"}
    firsts = set()
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLResolver) and not str(pattern.pattern):
            firsts |= {str(each.pattern).split("/")[0] for each in pattern.url_patterns}
    swept = {address.split("/")[1] for address in PAGES + IN_PATH}
    assert {first for first in firsts if first and first not in known} <= swept


def test_a_session_write_without_its_token_is_refused(ann):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ann)
    before = tables()
    answer = client.post("/api/v1/club/weeks/1/votes", {"rank": 1, "nomination_id": 1})
    assert (answer.status_code, answer.json()["type"]) == (403, "client_error")
    assert tables() == before
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.post("/settings/", {"visibility": "public"}).status_code == 403


def test_what_breaks_in_the_api_is_told_in_the_shape_of_errors(api, ann, monkeypatch):
    def breaks(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("club.api.reads.weeks", breaks)
    client = api(ann)
    client.raise_request_exception = False
    answer = client.get("/api/v1/club/weeks")
    assert answer.status_code == 500
    assert answer.json()["type"] == "server_error"
    assert "secret" not in answer.content.decode()
