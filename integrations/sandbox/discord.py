"""Discord: sign-in and the two things the site asks about somebody: who they are, and whether they are in a server."""

from __future__ import annotations

import re

from integrations.sandbox import consent, ids
from integrations.sandbox.box import Box
from integrations.sandbox.people import Person
from integrations.sandbox.web import Refusal, Reply, Request, Routes, answer, page

TOKEN_SECONDS = 604800
SCOPES = frozenset(["identify", "email", "guilds", "guilds.members.read", "connections", "openid"])


def error(status: int, code: int, message: str) -> Reply:
    return answer({"message": message, "code": code}, status, kind="application/json")


def missing(request: Request) -> Reply:
    return error(404, 0, "404: Not Found")


site = Routes("discord", "/discord/oauth2", lambda _: page("Not found", "", 404))
api = Routes("discord", "/discord/api", missing)


@site.on("GET", "/authorize", is_page=True)
@api.on("GET", "/oauth2/authorize", is_page=True)
def authorize(box: Box, request: Request) -> Reply:
    ask = consent.read_ask(request.args, scopes=SCOPES, title="Discord (sandbox)")
    return consent.consent_page(box, "Discord", request.args, ask.scopes, "/discord/oauth2/authorize")


@site.on("POST", "/authorize", is_page=True)
def decide(box: Box, request: Request) -> Reply:
    ask = consent.read_ask(request.form, scopes=SCOPES, title="Discord (sandbox)")
    return consent.decided(box, ask, request.form, "discord")


def checked_client(request: Request) -> str:
    client, secret = consent.client_of(request)
    if not consent.is_known(client) or not consent.same(secret or "", consent.secret_of(client)):
        raise Refusal(answer({"error": "invalid_client"}, 401))
    return client


@api.on("POST", "/oauth2/token")
@api.on("POST", "/v10/oauth2/token")
def token(box: Box, request: Request) -> Reply:
    client = checked_client(request)
    kind = request.form.get("grant_type", "")
    if kind == "authorization_code":
        return _tokens(box, consent.redeemed(box, request, "discord", client, True))
    if kind != "refresh_token":
        raise consent.oauth_error("unsupported_grant_type", "Unsupported grant_type")
    found = box.store.take("refresh", request.form.get("refresh_token", ""))
    grant = found and box.store.get("grant", found["grant"])
    if not grant or grant["client"] != client or grant["provider"] != "discord":
        raise Refusal(answer({"error": "invalid_grant"}, 400))
    return _tokens(box, found["grant"])


def _tokens(box: Box, grant: str) -> Reply:
    """A new pair each time."""
    return answer(
        {
            "token_type": "Bearer",
            "access_token": consent.new_access(box, grant, TOKEN_SECONDS),
            "expires_in": TOKEN_SECONDS,
            "refresh_token": consent.new_refresh(box, grant),
            "scope": " ".join(box.store.get("grant", grant)["scopes"]),
        }
    )


@api.on("POST", "/oauth2/token/revoke")
@api.on("POST", "/v10/oauth2/token/revoke")
def revoke(box: Box, request: Request) -> Reply:
    checked_client(request)
    given = request.form.get("token", "")
    for kind in ("access", "refresh"):
        if found := box.store.get(kind, given):
            consent.revoke(box, found["grant"])
    return answer({})


@api.on("GET", "/gateway")
@api.on("GET", "/v10/gateway")
def gateway(box: Box, request: Request) -> Reply:
    """Open to all."""
    return answer({"url": "wss://gateway.discord.gg"})


def who(box: Box, request: Request, scope: str) -> tuple[Person, list[str]]:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    found, why = consent.grant_of(box, given)
    if kind.lower() != "bearer" or found is None or why or found.get("provider") != "discord":
        raise Refusal(error(401, 0, "401: Unauthorized"))
    if scope not in found["scopes"]:
        raise Refusal(error(403, 50001, "Missing Access"))
    return box.person(request, found["person"]), found["scopes"]


def user(box: Box, person: Person) -> dict[str, object]:
    return {
        "id": person.discord_id(box.seed),
        "username": person.key,
        "avatar": f"{ids.number(box.seed, 'avatar', person.key) % 16**32:032x}",
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        "banner": None,
        "accent_color": None,
        "global_name": person.name,
        "avatar_decoration_data": None,
        "banner_color": None,
        "clan": None,
        "primary_guild": None,
    }


@api.on("GET", "/users/@me")
@api.on("GET", "/v10/users/@me")
def me(box: Box, request: Request) -> Reply:
    person, scopes = who(box, request, "identify")
    more: dict[str, object] = {"mfa_enabled": False, "locale": "en-GB", "premium_type": 0}
    if "email" in scopes:
        more |= {"email": person.email, "verified": person.verified}
    return answer({**user(box, person), **more})


@api.on("GET", "/users/@me/guilds/{guild}/member")
@api.on("GET", "/v10/users/@me/guilds/{guild}/member")
def member(box: Box, request: Request, guild: str) -> Reply:
    """Every server is the club's: all are in it but one."""
    person, _ = who(box, request, "guilds.members.read")
    if not re.fullmatch(r"[0-9]{15,20}", guild):
        return answer({"message": "Invalid Form Body", "code": 50035, "errors": {}}, 400)
    if not person.in_guild:
        return error(404, 10004, "Unknown Guild")
    return answer(
        {
            "avatar": None,
            "communication_disabled_until": None,
            "flags": 0,
            "joined_at": "2025-03-01T18:00:00.000000+00:00",
            "nick": None,
            "pending": False,
            "premium_since": None,
            "roles": [],
            "user": user(box, person),
            "mute": False,
            "deaf": False,
        }
    )
