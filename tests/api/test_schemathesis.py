"""Schemathesis over our own OpenAPI document: generated requests get documented answers, never a 500."""

from __future__ import annotations

from datetime import timedelta

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from club.models import Nomination, Rating, Week
from listening.services.catalogue import AlbumRef, ensure_album
from sidetrack.actors import SITE
from sidetrack.models import ServiceToken
from sidetrack.models.tokens import SCOPES

document = SchemaGenerator().get_schema(request=None, public=True)
schema = schemathesis.openapi.from_dict(document)
schema.app = WSGIHandler()

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
few = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits(settings):
    for name in ("SERVICE", "WRITES", "SEARCHES", "UPLOADS"):
        setattr(settings, f"RATE_LIMIT_{name}", 1_000_000)
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture(autouse=True)
def _one_connection():
    """Requests go through WSGI inside the test's transaction, which must outlive them."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def ids(ann, bea):
    """Something at the ids that addresses are given: an open week and a decided one."""
    now = timezone.now()
    album, _ = ensure_album(AlbumRef(title="Kid A", artist="Radiohead"), by=SITE, source="test")
    opened, decided = (
        Week.objects.create(number=number, label=f"Week {number}", date_discussion=now + timedelta(days=number))
        for number in (1, 2)
    )
    nomination = Nomination.objects.create(week=opened, user=ann, album=album)
    Week.objects.filter(pk=decided.pk).update(
        poll_closed_at=now, winner_album=album, decided_by="votes", decided_at=now
    )
    rating = Rating.objects.create(week=decided, user=bea, album=album, halves=9, review="Cold.")
    weeks = {"id": [opened.pk, decided.pk], "nid": [nomination.pk]}
    return {
        "/club/": weeks,
        "/admin/weeks": weeks,
        "/admin/reviews": {"id": [rating.pk]},
        "/users/": {"id": [ann.pk, bea.pk]},
        "/music/albums": {"id": [album.pk]},
    }


def aim(case, ids):
    """Put ids of things that exist in most addresses; else nearly all would be 404."""
    known = next((found for prefix, found in ids.items() if f"/api/v1{prefix}" in case.path), {})
    for name, value in dict(case.path_parameters or {}).items():
        turn = (sum(str(value).encode()) + 1) % 4
        if name in known and turn:
            case.path_parameters[name] = known[name][turn % len(known[name])]
    user = case.body.get("user") if isinstance(case.body, dict) else None
    if isinstance(user, dict) and set(user) & {"id", "discord_id"}:
        case.body["user"] = {"id": ids["/users/"]["id"][0]}


@schema.parametrize()
@few
def test_a_bot_gets_documented_answers(case, ids, make_token):
    aim(case, ids)
    secret = make_token_once(make_token)
    case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, checks=CHECKS)


@schema.parametrize()
@few
def test_a_member_gets_documented_answers(case, ids, mo):
    aim(case, ids)
    client = Client()
    client.force_login(mo, backend="django.contrib.auth.backends.ModelBackend")
    csrf = "c" * 32
    cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": csrf}
    case.call_and_validate(headers={"X-CSRFToken": csrf}, cookies=cookies, checks=CHECKS)


def make_token_once(make_token):
    """Examples of one operation share a database."""
    return "st_test_" + "-".join(SCOPES) if ServiceToken.objects.exists() else make_token(*SCOPES)[1]
