"""On a full site, in both themes: axe finds nothing serious, and no page scrolls sideways on a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from club import demo
from club.models import Nomination, Week
from integrations.models import LinkedAccount
from listening.models import Album, ImportReject, ListenEvent, ListenImport, Removal
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.forgetting import forget_listen
from listening.services.lookalikes import note_pairs
from listening.services.merging import merge_entries
from sidetrack.actors import SITE, Actor
from sidetrack.models import User
from tests.integrations.going_elsewhere import point_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOR_ALL = [
    "/",
    "/weeks/",
    "/weeks/30/",
    "/weeks/29/",
    "/weeks/12/",
    "/albums/{album}/",
    "/search/?q=bjork",
    "/people/hana/",
]
VISITOR = [
    *FOR_ALL,
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/spotify/login/",
    "/accounts/password/reset/",
    "/nothing-here/",
]
MEMBER = [
    *FOR_ALL,
    "/weeks/30/nominate/",
    "/weeks/30/nominations/{nomination}/withdraw/",
    "/people/jonas/",
    "/people/nikolai/",
    "/people/jonas/listening/",
    "/people/hana/listening/?period=all",
    "/people/jonas/listening/genres/?period=365d",
    "/members/",
    "/settings/",
    "/settings/connections/",
    "/settings/connections/spotify/disconnect/",
    "/settings/data/",
    "/settings/data/delete/",
    "/imports/",
    "/listening/duplicates/",
    "/imports/{import}/",
    "/imports/{import}/undo/",
    "/listening/sources/",
    "/listening/sources/{source}/delete/",
    "/listening/removals/{removal}/",
    "/listening/plays/{listen}/delete/",
    "/listening/plays/deleted/",
    "/accounts/password/change/",
    "/accounts/email/",
]
OWNER = ["/settings/connections/", "/settings/spotify-policy/"]
MODERATOR = [
    "/merging/",
    "/merging/album/{album}/?q=homo",
    "/merging/album/{other}/{album}/",
    "/merging/merges/{merge}/",
    "/merging/history/",
]


LINKS = {
    "spotify": {"scopes": ["user-read-recently-played"], "authorised_at": timezone.now() - timedelta(days=165)},
    "lastfm": {"verified": False, "health": "degraded", "last_error": "Last.fm stopped answering."},
    "listenbrainz": {"health": "needs_reconnect", "last_error": "ListenBrainz does not know this token."},
}


@pytest.fixture
def filled(transactional_db, settings):
    point_at(settings, "http://127.0.0.1:9")  # every provider is set up, and none is asked
    demo.load(today=timezone.now().date())
    week = Week.objects.get(number=30)
    Week.objects.filter(pk=week.pk).update(nominations_close_at=None)
    jonas = User.objects.get(username="jonas")
    return (
        brought(jonas)
        | merged()
        | {
            "album": Album.objects.get(title="Homogenic").pk,
            "nomination": Nomination.objects.create(week=week, user=jonas, album=Album.objects.get(title="Kid A")).pk,
        }
    )


def brought(person):
    """An import with rejected rows, removals and a deleted play of this person."""
    row = ListenImport.objects.create(
        user=person, file_name="history.json", state="done", inserted=9, rejected_count=30
    )
    ImportReject.objects.bulk_create(
        ImportReject(listen_import=row, row=n, code="missing", detail="The time is missing.") for n in range(30)
    )
    first, second = ListenEvent.objects.filter(user=person)[:2]
    forget_listen(first.pk, by=Actor(user=person))
    removal = Removal.objects.create(user=person, source="maloja", state="running", found=900, removed=300)
    for provider, more in LINKS.items():
        LinkedAccount.objects.create(user=person, provider=provider, external_id=person.username, **more)
    return {"import": row.pk, "removal": removal.pk, "listen": second.pk, "source": second.source}


def merged():
    """A pair that may be one, and two albums that are."""
    albums = [
        ensure_album(AlbumRef(title=f"Homogenic {n}", artist="Bjoerk"), by=SITE, source="test")[0] for n in range(3)
    ]
    note_pairs("album", [(albums[0].pk, albums[1].pk)], why="people")
    return {"other": albums[0].pk, "merge": merge_entries("album", albums[2].pk, albums[1].pk, by=SITE).pk}


def serious(axe, page):
    found = axe.run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def visit(page, address):
    """Load a page as people would in the light, then in the dark, then on a phone; what is wrong with it."""
    axe, complaints = Axe(), []
    answer = page.goto(address)
    if answer.status != (404 if "nothing" in address else 200):
        complaints.append(f"answered {answer.status}")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        complaints += [f"{theme}: {found}" for found in serious(axe, page)]
    page.set_viewport_size({"width": 360, "height": 800})
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        complaints.append("scrolls sideways at 360 px")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    return complaints


def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(filled, open_page, sign_in):
    complaints = {}
    for who, addresses in (("visitor", VISITOR), ("jonas", MEMBER), ("tomasz", MODERATOR), ("marguerite", OWNER)):
        page = open_page()
        if who != "visitor":
            sign_in(page, who, demo.logins()[2][1])
        for address in addresses:
            if found := visit(page, address.format(**filled)):
                complaints[f"{who} {address}"] = found
        complaints |= {f"{who} console": said for said in page.complaints if "404" not in said}
    assert complaints == {}


def test_axe_would_find_something(open_page):
    page = open_page()
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><img src=x><p style='color:#ddd'>pale</p>")
    assert {found.split(":")[0] for found in serious(Axe(), page)} == {"image-alt", "color-contrast"}
