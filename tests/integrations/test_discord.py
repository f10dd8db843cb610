"""Discord: who somebody is, whether they are in the club's server, consent and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.errors import BadAnswer, ComeBackLater, Forbidden, Misconfigured, Unavailable
from integrations.http import Patience, patience
from integrations.models import LinkedAccount, ProviderBlock
from integrations.providers import discord
from integrations.secret import Secret
from integrations.types import Access
from sidetrack.models import User
from tests.integrations.fake_provider import FakeProvider, Reply

pytestmark = pytest.mark.django_db

ACCESS = Access(token=Secret("member-token"))
HASTE = Patience(attempts=2, total=10.0, pause=0.5, connect=2.0, read=5.0, waits_for_budget=5.0)
ME = "/api/v10/users/@me"
GUILD = "290926798626357999"
SNOWFLAKE = "80351110224678912"


@pytest.fixture
def there(settings: Any) -> Iterator[FakeProvider]:
    with FakeProvider() as provider, patience(HASTE):
        settings.DISCORD_API_URL = f"{provider.url}/api"
        settings.DISCORD_CLIENT_ID, settings.DISCORD_CLIENT_SECRET = "id", "secret"
        settings.PROVIDER_RATES = ["discord=1000/1"]
        settings.REDIS_URL = ""
        yield provider


def me(**changes: Any) -> Reply:
    return Reply(
        200, {"id": SNOWFLAKE, "username": "nelly", "global_name": "Nelly", "avatar": "8342729096ea", **changes}
    )


def test_somebody_is_their_snowflake_as_text(there: FakeProvider):
    there.on(ME, me(email="nelly@example.com", verified=True))
    profile = discord.who(ACCESS)
    assert (profile.id, profile.name) == (SNOWFLAKE, "Nelly")
    assert (profile.email, profile.email_verified) == ("nelly@example.com", True)
    assert profile.avatar_url == f"https://cdn.discordapp.com/avatars/{SNOWFLAKE}/8342729096ea.png"
    assert there.requests[0].headers["user-agent"].startswith("DiscordBot (")
    assert there.requests[0].headers["authorization"] == "Bearer member-token"


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_address_that_is_not_verified_is_not_told(verified: Any, there: FakeProvider):
    there.on(ME, me(email="ann@example.com", verified=verified, global_name=None, avatar="../x"))
    profile = discord.who(ACCESS)
    assert (profile.email, profile.email_verified, profile.name, profile.avatar_url) == ("", False, "nelly", "")


@pytest.mark.parametrize("wrong", [None, "", "nelly", "12 34", 0, True])
def test_an_id_that_is_no_snowflake_is_bad(wrong: Any, there: FakeProvider):
    there.on(ME, me(id=wrong))
    with pytest.raises(BadAnswer):
        discord.who(ACCESS)


def test_who_is_in_the_server_and_who_is_not(there: FakeProvider):
    there.on(
        f"{ME}/guilds/{GUILD}/member", Reply(200, {"roles": [], "user": {"id": SNOWFLAKE}}), Reply(404, {"code": 10004})
    )
    assert discord.is_in_guild(ACCESS, GUILD) is True
    assert discord.is_in_guild(ACCESS, GUILD) is False


@pytest.mark.parametrize(
    ("reply", "error"), [(Reply(403, {"code": 50001}), Forbidden), (Reply(500, "oops"), Unavailable)]
)
def test_trouble_is_no_answer_about_the_server(reply: Reply, error: type[Exception], there: FakeProvider):
    there.on(f"{ME}/guilds/{GUILD}/member", reply)
    with pytest.raises(error):
        discord.is_in_guild(ACCESS, GUILD)


def test_a_server_that_is_set_wrongly_is_not_asked_for(there: FakeProvider):
    with pytest.raises(Misconfigured):
        discord.is_in_guild(ACCESS, "../../channels/1")
    assert not there.requests


def test_a_pause_is_read_from_the_body_with_its_fraction(there: FakeProvider):
    there.on(ME, Reply(429, {"retry_after": 0.15, "global": False}, {"Retry-After": "60"}), me())
    assert discord.who(ACCESS).id == SNOWFLAKE
    first, second = there.requests
    assert 0.15 <= second.at - first.at < 5


@pytest.mark.parametrize(("is_global", "blocked"), [(False, True), (True, False)])
def test_a_limit_of_one_member_blocks_that_member_only(is_global: bool, blocked: bool, there: FakeProvider, ann: User):
    account = LinkedAccount.objects.create(user=ann, provider="discord", external_id=SNOWFLAKE)
    body = {"retry_after": 3600.0, "global": is_global}
    there.on(ME, Reply(429, body, {"X-RateLimit-Scope": "global" if is_global else "user"}))
    with pytest.raises(ComeBackLater):
        discord.who(Access(account_id=account.pk, token=Secret("x")))
    assert (ProviderBlock.objects.get().account_id == account.pk) is blocked


def test_a_code_is_exchanged_by_form(there: FakeProvider):
    body = {
        "access_token": "at",
        "token_type": "Bearer",
        "expires_in": 604800,
        "refresh_token": "rt",
        "scope": "identify",
    }
    there.on("/api/oauth2/token", Reply(200, body))
    tokens = discord.exchange("code", "", "http://127.0.0.1/cb")
    assert (tokens.access_token, tokens.refresh_token, tokens.scopes) == (Secret("at"), Secret("rt"), ("identify",))
    (seen,) = there.requests
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.form == {
        "grant_type": ["authorization_code"],
        "code": ["code"],
        "redirect_uri": ["http://127.0.0.1/cb"],
    }


@pytest.mark.parametrize("reply", [Reply(200, {}), Reply(200), Reply(400, {"error": "invalid_grant"})])
def test_a_grant_is_taken_back_by_post(reply: Reply, there: FakeProvider):
    there.on("/api/oauth2/token/revoke", reply)
    discord.revoke(Secret("rt"))
    (seen,) = there.requests
    assert (seen.method, seen.form) == ("POST", {"token": ["rt"]})
    assert seen.query == {}


def test_taking_back_that_did_not_arrive_is_said_so(there: FakeProvider):
    there.on("/api/oauth2/token/revoke", Reply(503, "x"))
    with pytest.raises(Unavailable):
        discord.revoke(Secret("rt"))
