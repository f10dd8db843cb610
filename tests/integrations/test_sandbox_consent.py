"""The sandbox's consent pages, codes and tokens, as Spotify, Discord and Last.fm have them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from integrations.sandbox.server import Sandbox
from tests.integrations.sandboxes import (
    BACK,
    DISCORD,
    LASTFM,
    SPOTIFY,
    VERIFIER,
    Clock,
    asking,
    bearer,
    decide,
    get,
    lastfm,
    spotify,
    spotify_code,
    spotify_token,
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sandbox(clock):
    with Sandbox(seed=1, clock=clock, rotate=0.0) as running:
        yield running


def authorize(url, **more):
    return requests.get(f"{url}/spotify-accounts/authorize", params=asking(**more), allow_redirects=False, timeout=5)


def redeem(url, code, **more):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER, **more}
    return spotify_token(url, **form)


def test_whoever_allows_comes_back_with_code_and_state(sandbox):
    back = decide(f"{sandbox.url}/spotify-accounts/authorize", asking(state='"<&'), "ben")
    assert back["state"] == '"<&'
    assert back["own"] == "1"
    assert len(back["code"]) > 20


def test_whoever_refuses_comes_back_with_access_denied(sandbox):
    back = decide(f"{sandbox.url}/spotify-accounts/authorize", asking(), "ben", "refuse")
    assert back == {"own": "1", "state": "a state", "error": "access_denied"}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"redirect_uri": "http://localhost:8000/back"}, "INVALID_CLIENT: Insecure redirect URI"),
        ({"redirect_uri": "http://example.org/back"}, "INVALID_CLIENT: Insecure redirect URI"),
        ({"redirect_uri": ""}, "Missing required parameter: redirect_uri"),
        ({"client_id": "somebody"}, "INVALID_CLIENT: Invalid client"),
    ],
)
def test_an_address_or_app_that_cannot_be_trusted_gets_nobody(sandbox, more, says):
    answer = authorize(sandbox.url, **more)
    assert answer.status_code == 400
    assert says in answer.text


@pytest.mark.parametrize("back", ["https://club.example.org/back", "http://[::1]:9000/back", "http://127.0.0.1/back"])
def test_https_and_loopback_in_numbers_are_good_addresses(sandbox, back):
    assert authorize(sandbox.url, redirect_uri=back).status_code == 200


def test_what_was_sent_is_escaped_on_the_page(sandbox):
    answer = authorize(sandbox.url, state='"><script>alert(1)</script>', client_id="sandbox-<b>")
    assert "<script>" not in answer.text
    assert "<b>" not in answer.text


def test_a_code_works_once(sandbox):
    code = spotify_code(sandbox.url, "ada")
    assert redeem(sandbox.url, code).status_code == 200
    again = redeem(sandbox.url, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_of_many_that_send_one_code_at_once_one_gets_tokens(sandbox):
    code, together = spotify_code(sandbox.url, "ada"), threading.Barrier(8)

    def send(_):
        together.wait()
        return redeem(sandbox.url, code).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(send, range(8))) == [200] + [400] * 7


@pytest.mark.parametrize(
    "wrong", [{"code_verifier": "w" * 64}, {"code_verifier": ""}, {"redirect_uri": "http://127.0.0.1:8000/other"}]
)
def test_a_code_with_another_verifier_or_address_is_refused(sandbox, wrong):
    answer = redeem(sandbox.url, spotify_code(sandbox.url, "ada"), **wrong)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_code_lives_ten_minutes(sandbox, clock):
    code = spotify_code(sandbox.url, "ada")
    clock.now += 601
    assert redeem(sandbox.url, code).json()["error"] == "invalid_grant"


def test_a_wrong_secret_is_refused(sandbox):
    code = spotify_code(sandbox.url, "ada")
    answer = spotify_token(
        sandbox.url, as_app=(SPOTIFY[0], "sandbox-x"), grant_type="authorization_code", code=code, redirect_uri=BACK
    )
    assert answer.json()["error"] == "invalid_client"


def test_an_access_token_lives_an_hour_and_is_refreshed(sandbox, clock):
    tokens = spotify(sandbox.url, "ada")
    assert get(sandbox.url, "/spotify/v1/me", tokens["access_token"]).status_code == 200
    clock.now += 3601
    expired = get(sandbox.url, "/spotify/v1/me", tokens["access_token"])
    assert expired.status_code == 401
    assert expired.json() == {"error": {"status": 401, "message": "The access token expired"}}
    fresh = spotify_token(sandbox.url, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert "refresh_token" not in fresh
    assert get(sandbox.url, "/spotify/v1/me", fresh["access_token"]).status_code == 200


def test_rotation_kills_the_old_refresh_token():
    with Sandbox(rotate=1.0) as sandbox:
        old = spotify(sandbox.url, "ada")["refresh_token"]
        new = spotify_token(sandbox.url, grant_type="refresh_token", refresh_token=old).json()["refresh_token"]
        assert spotify_token(sandbox.url, grant_type="refresh_token", refresh_token=old).status_code == 400
        assert spotify_token(sandbox.url, grant_type="refresh_token", refresh_token=new).status_code == 200


def test_a_grant_ends_six_months_after_the_consent_however_often_it_was_refreshed(sandbox, clock):
    refresh = spotify(sandbox.url, "ada")["refresh_token"]
    clock.now += 182 * 86400
    assert spotify_token(sandbox.url, grant_type="refresh_token", refresh_token=refresh).status_code == 200
    clock.now += 2 * 86400
    dead = spotify_token(sandbox.url, grant_type="refresh_token", refresh_token=refresh)
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")


def test_a_consent_taken_back_at_the_desk_is_gone(sandbox):
    tokens = spotify(sandbox.url, "ada")
    [grant] = sandbox.box.store.all("grant")
    requests.post(f"{sandbox.url}/_sandbox/revoke", data={"grant": grant}, timeout=5)
    assert get(sandbox.url, "/spotify/v1/me", tokens["access_token"]).status_code == 401
    dead = spotify_token(sandbox.url, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert dead.json() == {"error": "invalid_grant", "error_description": "Refresh token revoked"}


def test_another_site_cannot_press_the_desks_buttons(sandbox):
    spotify(sandbox.url, "ada")
    [grant] = sandbox.box.store.all("grant")
    answer = requests.post(
        f"{sandbox.url}/_sandbox/revoke", data={"grant": grant}, headers={"Origin": "https://evil.example"}, timeout=5
    )
    assert answer.status_code == 403
    assert sandbox.box.store.get("grant", grant)


def test_the_app_itself_reads_the_catalogue_and_no_person(sandbox):
    token = spotify_token(sandbox.url, grant_type="client_credentials").json()["access_token"]
    assert get(sandbox.url, "/spotify/v1/search", token, q="blue", type="album").status_code == 200
    assert get(sandbox.url, "/spotify/v1/me", token).status_code == 401


def discord(url, person, scope="identify email guilds.members.read"):
    asked = {"response_type": "code", "client_id": DISCORD[0], "redirect_uri": BACK, "scope": scope, "state": "s"}
    code = decide(f"{url}/discord/oauth2/authorize", asked, person)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    return requests.post(f"{url}/discord/api/oauth2/token", data=form, auth=DISCORD, timeout=5).json()


def test_discord_tells_who_somebody_is_and_whether_they_are_in_the_server(sandbox):
    member = "/discord/api/v10/users/@me/guilds/290926798626357999/member"
    ada, eve = (discord(sandbox.url, name)["access_token"] for name in ("ada", "eve"))
    me = get(sandbox.url, "/discord/api/v10/users/@me", ada).json()
    assert me["id"].isdigit()
    assert (me["username"], me["verified"], me["discriminator"]) == ("ada", True, "0")
    assert get(sandbox.url, member, ada).json()["user"]["id"] == me["id"]
    outside = get(sandbox.url, member, eve)
    assert (outside.status_code, outside.json()["code"]) == (404, 10004)


def test_discord_tells_the_address_only_where_it_was_asked_for(sandbox):
    token = discord(sandbox.url, "ada", "identify")["access_token"]
    assert "email" not in get(sandbox.url, "/discord/api/v10/users/@me", token).json()
    assert get(sandbox.url, "/discord/api/v10/users/@me/guilds/290926798626357999/member", token).status_code == 403


def test_discord_rotates_and_takes_back(sandbox):
    tokens = discord(sandbox.url, "ada")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    address = f"{sandbox.url}/discord/api/oauth2/token"
    fresh = requests.post(address, data=form, auth=DISCORD, timeout=5).json()
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert requests.post(address, data=form, auth=DISCORD, timeout=5).json() == {"error": "invalid_grant"}
    requests.post(f"{address}/revoke", data={"token": fresh["refresh_token"]}, auth=DISCORD, timeout=5)
    assert get(sandbox.url, "/discord/api/v10/users/@me", fresh["access_token"]).status_code == 401


def lastfm_token(url, person="ada", decision="allow"):
    asked = {"api_key": LASTFM[0], "cb": BACK + "&nonce=n"}
    return decide(f"{url}/lastfm/api/auth/", asked, person, decision)


def test_lastfm_keeps_the_callbacks_own_query_and_its_token_works_once(sandbox):
    back = lastfm_token(sandbox.url)
    assert (back["own"], back["nonce"]) == ("1", "n")
    session = lastfm(sandbox.url, "auth.getSession", signed=True, token=back["token"]).json()["session"]
    assert session["name"] == "ada"
    assert session["subscriber"] == 0
    assert lastfm(sandbox.url, "auth.getSession", signed=True, token=back["token"]).json()["error"] == 4


def test_lastfm_checks_the_signature(sandbox):
    token = lastfm_token(sandbox.url)["token"]
    answer = lastfm(sandbox.url, "auth.getSession", token=token, api_sig="0" * 32)
    assert (answer.status_code, answer.json()["error"]) == (403, 13)


def test_a_lastfm_token_lives_an_hour_and_must_be_allowed(sandbox, clock):
    late, open_one = lastfm_token(sandbox.url)["token"], lastfm(sandbox.url, "auth.getToken").json()["token"]
    assert lastfm(sandbox.url, "auth.getSession", signed=True, token=open_one).json()["error"] == 14
    clock.now += 3600
    assert lastfm(sandbox.url, "auth.getSession", signed=True, token=late).json()["error"] == 15


def test_whoever_refuses_at_lastfm_stays_there(sandbox):
    assert lastfm_token(sandbox.url, decision="refuse") == {}


def test_who_hides_at_lastfm_is_read_with_their_own_key_only(sandbox):
    assert lastfm(sandbox.url, "user.getRecentTracks", user="cleo").json()["error"] == 17
    token = lastfm_token(sandbox.url, "cleo")["token"]
    key = lastfm(sandbox.url, "auth.getSession", signed=True, token=token).json()["session"]["key"]
    own = lastfm(sandbox.url, "user.getRecentTracks", signed=True, user="cleo", sk=key)
    assert own.json()["recenttracks"]["@attr"]["user"] == "cleo"
    stranger = lastfm(sandbox.url, "user.getRecentTracks", signed=True, user="cleo", sk="0" * 32)
    assert stranger.json()["error"] == 9


def test_who_is_not_on_the_list_signs_in_but_is_not_served(sandbox):
    answer = get(sandbox.url, "/spotify/v1/me", spotify(sandbox.url, "finn")["access_token"])
    assert (answer.status_code, answer.text) == (403, "User not registered in the Developer Dashboard")


def test_consents_survive_a_restart_of_the_sandbox(tmp_path):
    file = tmp_path / "sandbox.sqlite3"
    with Sandbox(file=file) as first:
        tokens = spotify(first.url, "ada")
    with Sandbox(file=file) as second:
        assert (
            requests.get(f"{second.url}/spotify/v1/me", headers=bearer(tokens["access_token"]), timeout=5).json()[
                "display_name"
            ]
            == "Ada"
        )
