"""The connections page and what stands around it: what it tells, what it offers, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import LinkedAccount
from integrations.secret import Secret
from integrations.services.policy import policy
from tests.integrations.going_elsewhere import browser

pytestmark = pytest.mark.django_db

PAGE = "/settings/connections/"
LISTENING = "user-read-recently-played"


def linked(person, provider="spotify", **fields):
    given = {"external_id": f"{person.pk}", "external_name": "Annie", "authorised_at": timezone.now()}
    return LinkedAccount.objects.create(user=person, provider=provider, **{**given, **fields})


def page(person, address=PAGE):
    answer = browser(person).get(address)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return " ".join(answer.content.decode().split())


DOORS = [
    ("get", PAGE),
    ("post", f"{PAGE}spotify/connect/"),
    ("post", f"{PAGE}lastfm/name/"),
    ("post", f"{PAGE}listenbrainz/token/"),
    ("get", f"{PAGE}spotify/disconnect/"),
    ("post", f"{PAGE}spotify/disconnect/"),
    ("get", "/settings/spotify-policy/"),
    ("post", "/settings/spotify-policy/"),
]


@pytest.mark.parametrize(("method", "address"), DOORS)
def test_a_visitor_is_asked_to_sign_in(db, method, address):
    assert getattr(browser(), method)(address).url.startswith("/accounts/login/")


def test_nobody_sees_or_ends_the_links_of_another(ann, bea, carl):
    account = linked(ann, access_token=Secret("hush"))
    for stranger in (bea, carl):
        assert "Annie" not in page(stranger)
        assert browser(stranger).get(f"{PAGE}spotify/disconnect/").status_code == 404
        assert browser(stranger).post(f"{PAGE}spotify/disconnect/").status_code == 404
    assert LinkedAccount.objects.get() == account
    assert "hush" not in page(ann)


def test_what_is_not_set_up_is_no_button(ann, mo, settings):
    settings.SPOTIFY_CLIENT_ID = settings.SPOTIFY_CLIENT_SECRET = ""
    assert "has not set Spotify up" in page(ann)
    assert "SPOTIFY_CLIENT_ID" not in page(ann)
    assert "<code>SPOTIFY_CLIENT_ID</code> and <code>SPOTIFY_CLIENT_SECRET</code>" in page(mo)
    answer = browser(ann).post(f"{PAGE}spotify/connect/", {"ask": "listening"})
    assert answer.status_code == 409


def test_what_is_not_connected_says_what_it_gives(sandboxed, ann):
    shown = page(ann)
    for words in ("Connect your listening", "Connect playlists", "Connect Last.fm", "Connect Discord"):
        assert words in shown


def test_what_was_allowed_is_told_and_the_rest_offered(sandboxed, ann):
    linked(ann, scopes=[LISTENING], last_good_at=timezone.now() - timedelta(hours=2))
    shown = page(ann)
    assert "You allowed your listening" in shown
    assert "You did not allow playlists" in shown
    assert "Allow playlists" in shown
    assert "Allow your listening" not in shown
    assert "Last answer" in shown
    assert "181 more days" in shown


def test_a_consent_holds_until_its_last_hour_is_over(ann):
    account = linked(ann, scopes=[LISTENING], authorised_at=timezone.now() - timedelta(days=181, hours=14))
    assert "Your yes runs out within a day" in page(ann)
    LinkedAccount.objects.filter(pk=account.pk).update(authorised_at=timezone.now() - timedelta(days=182, hours=1))
    assert "Your yes has run out" in page(ann)


def test_what_only_signs_in_says_that_nothing_is_read(ann):
    linked(ann)
    assert "It signs you in, and nothing you play is read." in page(ann)
    assert "Nothing was read yet" not in page(ann)


def test_an_ending_consent_is_renewed_in_one_click(sandboxed, ann):
    linked(ann, scopes=[LISTENING], authorised_at=timezone.now() - timedelta(days=170))
    shown = page(ann)
    assert "11 more days" in shown
    assert '<input type="hidden" name="ask" value="listening"><button class="main-action">Connect again' in shown


def test_a_lost_link_says_so_in_words(sandboxed, ann):
    linked(ann, health="needs_reconnect", last_error="Spotify no longer lets us in.", scopes=[LISTENING])
    shown = page(ann)
    assert "Must be connected again" in shown
    assert "Spotify no longer lets us in." in shown
    assert "Connect again" in shown
    assert "needs_reconnect" not in shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"health": "degraded", "last_error": "It was slow."}, "We go on trying"),
        (
            {"health": "quarantined", "probe_at": timezone.now() + timedelta(hours=3), "last_error": "It was slow."},
            "try again <time",
        ),
    ],
)
def test_a_failing_link_says_what_we_do(sandboxed, ann, fields, words):
    linked(ann, **fields)
    shown = page(ann)
    assert "It was slow." in shown
    assert words in shown


def test_a_named_account_is_told_from_a_proved_one(sandboxed, ann):
    linked(ann, "lastfm", verified=False, authorised_at=None)
    shown = page(ann)
    assert "Connected, for reading" in shown
    assert "Prove that it is yours" in shown


def test_lastfm_is_named_and_listenbrainz_given_its_token(sandboxed, ann):
    assert browser(ann).post(f"{PAGE}lastfm/name/", {"username": "ada"}).url == PAGE
    token = sandboxed.box.named("ada").listenbrainz_token(1)
    assert browser(ann).post(f"{PAGE}listenbrainz/token/", {"token": token}).url == PAGE
    assert set(LinkedAccount.objects.values_list("provider", flat=True)) == {"lastfm", "listenbrainz"}


def test_a_refused_name_is_kept_with_the_reason_at_its_field(sandboxed, ann):
    answer = browser(ann).post(f"{PAGE}lastfm/name/", {"username": "cleo"})
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="cleo"' in shown
    assert "settings/privacy" in shown
    assert "<details open>" in shown


def test_a_refused_token_is_not_shown_again(sandboxed, ann):
    answer = browser(ann).post(f"{PAGE}listenbrainz/token/", {"token": "wrong-token"})
    assert answer.status_code == 400
    assert "wrong-token" not in answer.content.decode()


def test_words_of_a_provider_or_member_are_escaped(sandboxed, ann):
    linked(ann, external_name="<script>alert(1)</script>", health="degraded", last_error="<b>x</b>")
    for address in (PAGE, f"{PAGE}spotify/disconnect/"):
        assert "<script>alert" not in page(ann, address)
        assert "<b>x</b>" not in page(ann, address)


def test_before_disconnecting_it_is_said_what_goes(ann):
    linked(ann)
    shown = page(ann, f"{PAGE}spotify/disconnect/")
    assert "it no longer signs you in" in shown
    assert "spotify.com/account/apps" in shown
    assert browser(ann).post(f"{PAGE}spotify/disconnect/").url == PAGE
    assert not LinkedAccount.objects.exists()


@pytest.mark.parametrize("provider", ["musicbrainz", "nothing", "x" * 60])
def test_what_is_no_account_is_not_found(ann, provider):
    assert browser(ann).get(f"{PAGE}{provider}/disconnect/").status_code == 404
    assert browser(ann).post(f"{PAGE}{provider}/connect/").status_code == 404


def test_linking_is_limited(sandboxed, ann):
    client = browser(ann)
    answers = [client.post(f"{PAGE}lastfm/name/", {"username": ""}).status_code for _ in range(31)]
    assert answers == [400] * 30 + [429]


def test_the_page_asks_the_same_few_questions(sandboxed, ann, django_assert_max_num_queries):
    client = browser(ann)
    for provider in ("spotify", "lastfm", "listenbrainz", "discord"):
        linked(ann, provider)
    with django_assert_max_num_queries(6):
        client.get(PAGE)


def test_settings_lead_here(ann):
    assert f'href="{PAGE}"' in page_of_settings(ann)


def page_of_settings(person):
    return browser(person).get("/settings/").content.decode()


# --- the policy


def test_the_policy_is_the_owners(ann, mo, carl, olga):
    for person in (ann, mo, carl):
        assert browser(person).get("/settings/spotify-policy/").status_code == 403
        assert browser(person).post("/settings/spotify-policy/", {"spotify_to_model": "on"}).status_code == 403
    assert not policy().spotify_to_model
    assert "Spotify's data" in page(olga, "/settings/spotify-policy/").replace("&#x27;", "'")
    assert browser(olga).post("/settings/spotify-policy/", {"spotify_to_model": "on"}).status_code == 302
    decided = policy()
    assert (decided.spotify_to_model, decided.spotify_in_profiles, decided.delete_on_unlink) == (True, False, False)


def test_only_the_owner_is_led_to_it(ann, olga):
    assert "/settings/spotify-policy/" not in page(ann)
    assert "/settings/spotify-policy/" in page(olga)
