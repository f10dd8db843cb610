"""One address for every method; keys, signatures, sessions; errors that come with any status."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import md5
from urllib.parse import urlencode, urlsplit

from integrations.sandbox import consent
from integrations.sandbox.box import Box
from integrations.sandbox.people import BY_KEY, Person
from integrations.sandbox.web import Refusal, Reply, Request, Routes, answer, page, redirect

TOKEN_SECONDS = 3600
STATUS = {4: 403, 6: 400, 8: 500, 9: 403, 10: 403, 13: 403, 14: 403, 15: 403, 17: 403, 26: 403, 29: 429}


def error(code: int, message: str, status: int | None = None) -> Reply:
    return answer({"message": message, "error": code}, STATUS.get(code, 400) if status is None else status)


def refuse(code: int, message: str, status: int | None = None) -> Refusal:
    return Refusal(error(code, message, status))


routes = Routes("lastfm", "/lastfm", lambda _: page("Not found", "", 404))
Method = Callable[[Box, dict[str, str], Request], Reply]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    def keep(handler: Method) -> Method:
        METHODS[name.lower()] = handler
        return handler

    return keep


@routes.on("GET POST", "/2.0")
def call(box: Box, request: Request) -> Reply:
    given = {**request.args, **(request.form if request.method == "POST" else {})}
    if given.get("format") != "json":
        text = '<lfm status="failed"><error code="5">This sandbox answers format=json only</error></lfm>'
        return Reply(400, text.encode(), {}, "text/xml; charset=utf-8")
    handler = METHODS.get(given.get("method", "").lower())
    if handler is None:
        return error(3, "Invalid Method - No method with that name in this package")
    if not consent.is_known(given.get("api_key", "")):
        return error(10, "Invalid API key - You must be granted a valid key by last.fm")
    return handler(box, given, request)


def must_be_signed(given: dict[str, str]) -> None:
    """Names and values in order of the names, without format and callback, and the secret; MD5. Raises error 13."""
    text = "".join(name + given[name] for name in sorted(given) if name not in ("format", "callback", "api_sig"))
    sign = md5((text + consent.secret_of(given["api_key"])).encode(), usedforsecurity=False).hexdigest()
    if not consent.same(sign, given.get("api_sig", "").lower()):
        raise refuse(13, "Invalid method signature supplied")


@routes.on("GET", "/api/auth", is_page=True)
def authorize(box: Box, request: Request) -> Reply:
    _checked(box, request.args)
    return consent.consent_page(box, "Last.fm", request.args, (), "/lastfm/api/auth")


@routes.on("POST", "/api/auth", is_page=True)
def decide(box: Box, request: Request) -> Reply:
    """Back to `cb` with a token, which keeps whatever query of its own it came with."""
    back, token = _checked(box, request.form)
    person = request.form.get("person", "")
    if request.form.get("decision") != "allow" or person not in BY_KEY:
        return page("Last.fm (sandbox)", "<p>You did not allow access. Close this page, or go back to the app.</p>")
    token = token or new_token(box, request.form["api_key"])
    value = box.store.get("lastfm-token", token)
    box.store.put("lastfm-token", token, {**value, "person": person}, until=value["until"])
    if not back:
        return page("Last.fm (sandbox)", "<p>Access is allowed. Go back to the app.</p>")
    return redirect(f"{back}{'&' if urlsplit(back).query else '?'}{urlencode({'token': token})}")


def _checked(box: Box, values: dict[str, str]) -> tuple[str, str]:
    """Where to go back to, and the token of an app without an address."""
    back, token = values.get("cb", ""), values.get("token", "")
    if not consent.is_known(values.get("api_key", "")):
        raise consent.wrong("Last.fm (sandbox)", "Invalid API key")
    if token and (box.store.get("lastfm-token", token) or {"until": 0})["until"] <= box.now:
        raise consent.wrong("Last.fm (sandbox)", "This token has expired, or was never given out.")
    if back and not re.fullmatch(r"https?://[^\s]+", back):
        raise consent.wrong("Last.fm (sandbox)", "The address to go back to is none.")
    return back, token


def new_token(box: Box, client: str) -> str:
    token = box.minted(32, "lastfm token")
    until = box.now + TOKEN_SECONDS
    box.store.forget(box.now)
    box.store.put("lastfm-token", token, {"client": client, "person": "", "until": until}, until=until)
    return token


@method("auth.getToken")
def get_token(box: Box, given: dict[str, str], request: Request) -> Reply:
    return answer({"token": new_token(box, given["api_key"])})


@method("auth.getSession")
def get_session(box: Box, given: dict[str, str], request: Request) -> Reply:
    must_be_signed(given)
    token = given.get("token", "")
    found = box.store.get("lastfm-token", token)
    if found is None or found["client"] != given["api_key"]:
        return error(4, "Invalid authentication token supplied")
    if found["until"] <= box.now:
        return error(15, "This token has expired")
    if not found["person"]:
        return error(14, "This token has not been authorized")
    if box.store.take("lastfm-token", token) is None:
        return error(4, "Invalid authentication token supplied")
    key = box.minted(32, "lastfm session")
    box.store.put("lastfm-session", key, {"person": found["person"], "client": given["api_key"]})
    return answer({"session": {"subscriber": 0, "name": found["person"], "key": key}})


def session(box: Box, given: dict[str, str]) -> Person | None:
    """Whose session key was sent, if any. Raises errors 9 and 13."""
    if "sk" not in given:
        return None
    must_be_signed(given)
    found = box.store.get("lastfm-session", given["sk"])
    if found is None or found["client"] != given["api_key"]:
        raise refuse(9, "Invalid session key - Please re-authenticate")
    return BY_KEY[found["person"]]


def user(box: Box, given: dict[str, str]) -> Person:
    """Who was asked for; without a name, whose session it is. Raises error 6."""
    if not given.get("user"):
        found = session(box, given)
        if found is None:
            raise refuse(6, "Invalid parameters - Your request is missing a required parameter")
        return found
    found = box.named(given["user"])
    if found is None:
        raise refuse(6, "User not found", 404)
    return found
