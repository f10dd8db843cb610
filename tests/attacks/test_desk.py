"""The moderators' desk: what a moderator must not find out there, and what nobody else may do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from club.services.nominations import nominate
from club.services.polls import close_poll
from club.services.ratings import rate
from club.services.votes import cast_vote
from club.services.weeks import create_week
from listening.services.catalogue import AlbumRef
from sidetrack.actors import SITE, Actor
from sidetrack.models import User
from sidetrack.services import invites, people, tokens

pytestmark = pytest.mark.django_db

Web = Callable[[User | None], Client]


@pytest.mark.parametrize(
    "address",
    [
        "sidetrack/user/?password__startswith=md5",
        "sidetrack/user/?listens=1",
        "sidetrack/user/?votes=1",
        "sidetrack/user/?imports__file_name__startswith=my",
        "sidetrack/servicetoken/?secret_hash__startswith=a",
        "listening/track/?listens=1",
        "listening/listenimport/?file_name__startswith=my",
        "listening/listenimport/?inserted__gt=3",
        "listening/removal/?source=lastfm",
        "club/nomination/?votes=1",
        "club/week/?votes__user=1",
    ],
)
def test_the_desk_answers_only_the_filters_it_offers(web: Web, mo: User, address: str) -> None:
    """The answer must not tell whether there are such rows: a hash or a ballot could be asked for bit by bit."""
    answer = web(mo).get(f"/admin/{address}")
    assert answer.status_code in (302, 400)
    assert not answer.get("Location", "").startswith("http")


@pytest.mark.parametrize(
    "address",
    [
        "sidetrack/user/?status__exact=pending",
        "sidetrack/user/?role__exact=owner&created_at__gte=2020-01-01+00%3A00%3A00%2B00%3A00",
        "sidetrack/jobrun/?state__exact=failed&job__id__exact=1",
        "sidetrack/auditevent/?at__year=2026&verb__exact=x",
        "club/rating/?hidden_at__isempty=1",
        "listening/album/?year__isempty=1",
        "listening/tag/?kind__exact=genre",
    ],
)
def test_the_filters_it_offers_work(web: Web, mo: User, address: str) -> None:
    assert web(mo).get(f"/admin/{address}").status_code == 200


def test_a_banned_moderator_keeps_no_key(mo: User, olga: User) -> None:
    by = Actor(user=mo)
    invite = invites.make_invite(by=by, uses=5)
    token, _ = tokens.make_token("back door", ["moderate"], by=by)
    other, _ = tokens.make_token("the bot", ["club:write"], by=Actor(user=olga))
    people.ban(mo, by=Actor(user=olga), reason="Sold votes")
    invite.refresh_from_db()
    token.refresh_from_db()
    other.refresh_from_db()
    assert not invite.is_open
    assert not token.is_live
    assert other.is_live


def test_a_banned_moderators_token_opens_nothing(api: Callable[..., Client], mo: User, olga: User) -> None:
    _, secret = tokens.make_token("back door", ["club:write", "moderate"], by=Actor(user=mo))
    people.ban(mo, by=Actor(user=olga), reason="Sold votes")
    answer = Client().get("/api/v1/club/weeks", HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert answer.status_code == 401


def desk_addresses() -> list[str]:
    """Every address under /admin/, with 1 for each of its parts."""
    found: list[str] = []

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> None:
        for one in patterns:
            here = before + re.sub(r"<[^>]+>|\(\?P<.*?\)(?=/|\$|$)", "1", str(one.pattern)).strip("^$")
            if isinstance(one, URLResolver):
                walk(one.url_patterns, here)
            else:
                found.append(f"/{here}")

    desk = next(one for one in get_resolver().url_patterns if str(one.pattern) == "admin/")
    walk([desk], "")
    return sorted(set(found))


def test_nobody_but_moderators_gets_anything_at_the_desk(web: Web, ann: User, carl: User, settings: Any) -> None:
    """Reason pages, actions, searches of the theme and all else, by GET and by POST."""
    settings.RATE_LIMIT_WRITES = 10_000
    addresses = [one for one in desk_addresses() if "jsi18n" not in one and "login" not in one and "logout" not in one]
    assert len(addresses) > 60
    for who in (None, carl, ann):
        client = web(who)
        for address in addresses:
            for answer in (client.get(address), client.post(address, {"reason": "x", "action": "admit_selected"})):
                assert answer.status_code in (302, 403, 404), f"{address} {who}: {answer.status_code}"
                if answer.status_code == 302:
                    assert re.match(r"/admin/login/|/accounts/login/|/admin/.+/$", answer["Location"]), address
    assert not User.objects.get(pk=carl.pk).is_member


def test_the_role_is_given_by_owners_only(web: Web, mo: User, ann: User, olga: User) -> None:
    address = f"/admin/sidetrack/user/{ann.pk}/set-role/"
    for act in (
        lambda: web(mo).post(address, {"role": "owner", "reason": ""}),
        lambda: web(mo).post(
            f"/admin/sidetrack/user/{mo.pk}/change/", {"username": "mo", "display_name": "Mo", "role": "owner"}
        ),
        lambda: web(mo).post(f"/admin/sidetrack/user/{olga.pk}/ban/", {"reason": "mine now"}),
    ):
        act()
        assert list(User.objects.filter(role="owner")) == [olga]
        assert User.objects.get(pk=olga.pk).is_member


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


def test_what_people_wrote_is_only_text_at_the_desk(web: Web, mo: User, olga: User) -> None:
    """Titles, names, pitches, reviews, reasons and tags full of markup, on every page of every model."""
    eve = User.objects.create(username="eve", display_name=HOSTILE[:80], status="member")
    by = Actor(user=eve)
    week, _ = create_week(number=1, date_discussion=timezone.now() + timedelta(days=7), by=SITE, label=HOSTILE)
    album = AlbumRef(title=HOSTILE, artist=HOSTILE, cover_url="https://x.example/<b>".replace("<b>", "'onerror=1"))
    made = nominate(week, by=by, album=album, pitch=HOSTILE, tags={"genres": [HOSTILE[:80]]}).nomination
    cast_vote(week, by=by, rank=1, nomination_id=made.pk)
    close_poll(week, by=Actor(user=olga), reason=HOSTILE)
    rated, _ = rate(week, by=by, rating="4.5", review=HOSTILE, favorite_track=HOSTILE)
    invites.make_invite(by=Actor(user=olga), note=HOSTILE)
    tokens.make_token(HOSTILE[:80], ["moderate"], by=Actor(user=olga))
    client = web(mo)
    pages = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
    ]
    for model in admin.site._registry:
        row = model._default_manager.first()
        if row is not None:
            pages.append(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk]))
    pages += [f"/admin/club/rating/{rated.pk}/hide/", f"/admin/club/week/{week.pk}/override-winner/", "/admin/"]
    pages += [f"/admin/sidetrack/user/{eve.pk}/ban/", f"/admin/sidetrack/user/?q={HOSTILE}"]
    for page in pages:
        answer = client.get(page, follow=True)
        assert answer.status_code == 200, page
        assert_only_text(answer.content.decode(), page)
    for page, data in (
        (f"/admin/club/rating/{rated.pk}/hide/", {"reason": HOSTILE}),
        (f"/admin/sidetrack/user/{eve.pk}/ban/", {"reason": HOSTILE}),
        (f"/admin/club/week/{week.pk}/reopen/", {"reason": HOSTILE}),
        (f"/admin/club/nomination/{made.pk}/withdraw/", {"reason": HOSTILE}),
        (f"/admin/sidetrack/user/{eve.pk}/change/", {"username": HOSTILE, "display_name": HOSTILE}),
    ):
        answer = client.post(page, data, follow=True)
        assert_only_text(answer.content.decode(), page)


def assert_only_text(html: str, page: str) -> None:
    assert "<script>alert(1)" not in html, page
    assert "<img src=x" not in html, page
    assert "'onerror=1" not in html, page
