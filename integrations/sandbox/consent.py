"""OAuth as Spotify and Discord speak it: the page where somebody consents, codes, grants and tokens."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from integrations.sandbox.box import Box
from integrations.sandbox.web import Refusal, Reply, Request, answer, page, redirect

CODE_SECONDS = 600


def secret_of(client: str) -> str:
    """Any id that begins with "sandbox-" is a known app: sandbox-x-id has the secret sandbox-x-secret."""
    return re.sub(r"-(id|key)$", "", client) + "-secret"


def is_known(client: str) -> bool:
    return client.startswith("sandbox-") and client.isascii()


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def is_secure(address: str) -> bool:
    """As Spotify sees it since 2025: https, or a loopback address written in numbers. `localhost` is none."""
    try:
        parts = urlsplit(address)
        if parts.scheme == "https" and parts.hostname:
            return True
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Ask:
    """What an app asks somebody for."""

    client: str
    back: str
    scopes: tuple[str, ...]
    state: str
    challenge: str

    def away(self, **more: str) -> Reply:
        """Back to the app, with its state."""
        query = urlencode({**more, **({"state": self.state} if self.state else {})})
        return redirect(f"{self.back}{'&' if urlsplit(self.back).query else '?'}{query}")


def wrong(title: str, sentence: str) -> Refusal:
    """A page for the person: the app's address cannot be trusted, so nobody is sent there."""
    return Refusal(page(title, f"<p>{escape(sentence)}</p>", 400))


def read_ask(values: Mapping[str, str], *, scopes: frozenset[str], title: str) -> Ask:
    """Checked. Raises Refusal: a page where app or address are wrong, else back to the app with an error."""
    client, back = values.get("client_id", ""), values.get("redirect_uri", "")
    if not is_known(client):
        raise wrong(title, "INVALID_CLIENT: Invalid client")
    if not back:
        raise wrong(title, "Missing required parameter: redirect_uri")
    if not is_secure(back):
        raise wrong(title, "INVALID_CLIENT: Insecure redirect URI")
    if urlsplit(back).fragment:
        raise wrong(title, "INVALID_CLIENT: Invalid redirect URI")
    method, challenge = values.get("code_challenge_method", ""), values.get("code_challenge", "")
    wanted = tuple(dict.fromkeys(values.get("scope", "").split()))
    ask = Ask(client, back, wanted, values.get("state", ""), challenge)
    if values.get("response_type") != "code":
        raise Refusal(ask.away(error="unsupported_response_type"))
    if set(wanted) - scopes:
        raise Refusal(ask.away(error="invalid_scope"))
    if (method or challenge) and (method != "S256" or not re.fullmatch(r"[A-Za-z0-9_-]{43}", challenge)):
        raise Refusal(ask.away(error="invalid_request", error_description="code_challenge_method must be S256"))
    return ask


def consent_page(box: Box, label: str, values: Mapping[str, str], scopes: tuple[str, ...], action: str) -> Reply:
    """Choose who you are; allow or refuse. `values` come back with the answer."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in values.items()
    )
    people = "".join(
        f'<p><label><input type="radio" name="person" value="{person.key}"{" checked" if not place else ""}> '
        f"<strong>{person.name}</strong> {escape(person.oddity)}</label></p>"
        for place, person in enumerate(box.people)
    )
    asked = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes) or "<li>nothing but who you are</li>"
    app = escape(values.get("client_id") or values.get("api_key") or "An app")
    return page(
        f"{label} (sandbox)",
        f"<p>This is no real {label}: it is the sandbox, and its people are made up.</p>"
        f"<p><code>{app}</code> asks for:</p><ul>{asked}</ul>"
        f'<form method="post" action="{escape(action)}">{hidden}'
        f"<fieldset><legend>Who are you?</legend>{people}</fieldset>"
        '<p><button name="decision" value="allow">Allow</button> '
        '<button name="decision" value="refuse">Refuse</button></p></form>',
    )


def decided(box: Box, ask: Ask, form: Mapping[str, str], provider: str) -> Reply:
    """Back to the app: with a code that works once and soon, or with access_denied."""
    person = form.get("person", "")
    if form.get("decision") != "allow" or box.named(person) is None:
        return ask.away(error="access_denied")
    code = box.minted(64, "code")
    value = {
        "provider": provider,
        "client": ask.client,
        "back": ask.back,
        "scopes": list(ask.scopes),
        "person": person,
        "challenge": ask.challenge,
        "until": box.now + CODE_SECONDS,
    }
    box.store.forget(box.now)
    box.store.put("code", code, value, until=box.now + CODE_SECONDS)
    return ask.away(code=code)


def client_of(request: Request) -> tuple[str, str | None]:
    """Id and secret from the header or the form; None where no secret was sent."""
    sent = request.headers.get("authorization", "")
    if sent.lower().startswith("basic "):
        try:
            client, _, secret = base64.b64decode(sent[6:], validate=True).decode().partition(":")
        except ValueError:
            return "", ""
        return client, secret
    return request.form.get("client_id", ""), request.form.get("client_secret")


def oauth_error(error: str, description: str, status: int = 400) -> Refusal:
    return Refusal(answer({"error": error, "error_description": description}, status))


def redeemed(box: Box, request: Request, provider: str, client: str, has_secret: bool) -> str:
    """The id of the new grant for a code. Raises Refusal with invalid_grant."""
    form = request.form
    code = box.store.take("code", form.get("code", ""))
    if code is None or code["provider"] != provider or code["client"] != client:
        raise oauth_error("invalid_grant", "Invalid authorization code")
    if code["until"] < box.now:
        raise oauth_error("invalid_grant", "Authorization code expired")
    if code["back"] != form.get("redirect_uri", ""):
        raise oauth_error("invalid_grant", "Invalid redirect URI")
    if not _verifies(code["challenge"], form.get("code_verifier", "")):
        raise oauth_error("invalid_grant", "code_verifier was incorrect")
    if not has_secret and not code["challenge"]:
        raise oauth_error("invalid_client", "Invalid client secret")
    grant = box.minted(16, "grant")
    box.store.put("grant", grant, {**code, "at": box.now, "public": not has_secret})
    return grant


def _verifies(challenge: str, verifier: str) -> bool:
    if not challenge:
        return True
    if not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier):
        return False
    return same(base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode(), challenge)


def new_access(box: Box, grant: str, seconds: int, *, client: str = "") -> str:
    """An access token of a grant, or of the app itself."""
    token = "BQ" + box.minted(120, "access")
    value = {"grant": grant, "client": client, "until": box.now + seconds}
    box.store.put("access", token, value, until=box.now + seconds + 86400)
    return token


def new_refresh(box: Box, grant: str) -> str:
    token = "AQ" + box.minted(130, "refresh")
    box.store.put("refresh", token, {"grant": grant})
    return token


def grant_of(box: Box, access: str) -> tuple[Any, str]:
    """The grant behind an access token and "", or None and why: "unknown" or "expired". The app's own is {}."""
    found = box.store.get("access", access)
    if found is None:
        return None, "unknown"
    if found["until"] <= box.now:
        return None, "expired"
    if not found["grant"]:
        return {"client": found["client"], "scopes": [], "person": ""}, ""
    grant = box.store.get("grant", found["grant"])
    return (grant, "") if grant else (None, "unknown")


def revoke(box: Box, grant: str) -> None:
    """As if the person had taken it back: its tokens work no longer."""
    with box.store.at_once():
        box.store.take("grant", grant)
        for kind in ("refresh", "access"):
            for token, value in box.store.all(kind).items():
                if value["grant"] == grant:
                    box.store.take(kind, token)
