"""Consent and tokens. Spotify has no endpoint that takes a grant back: members do so at spotify.com/account/apps.

Refresh tokens live six months from the member's consent, and refreshing does not prolong them (2026-07-20).
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from django.conf import settings

from integrations.errors import BadAnswer, Expired, Misconfigured
from integrations.http import Call, send
from integrations.providers.reading import object_of
from integrations.providers.spotify.judging import NAME, judge_token
from integrations.secret import Secret
from integrations.types import Access, Tokens
from integrations.values import line, whole

T = TypeVar("T")

_MARGIN = 60
"""Seconds before its end from which the app's own token is not used any more."""


def authorize_url(state: str, challenge: str, scopes: Sequence[str], redirect: str, *, ask_anew: bool = False) -> str:
    """Where the member consents. `challenge` is PKCE's (S256). `ask_anew` asks who consented before, too."""
    query = {
        "response_type": "code",
        "client_id": settings.SPOTIFY_CLIENT_ID,
        "redirect_uri": redirect,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge_method": "S256",
        "code_challenge": challenge,
    }
    if ask_anew:
        query["show_dialog"] = "true"
    return f"{settings.SPOTIFY_ACCOUNTS_URL}/authorize?{urlencode(query)}"


def exchange(code: str, verifier: str, redirect: str) -> Tokens:
    """Tokens for a code just given. MustReconnect where the code is used, too old or not for this redirect."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
    return _tokens(form | ({"code_verifier": verifier} if verifier else {}))


def refresh(token: Secret) -> Tokens:
    """A new access token, and now and then a new refresh token. MustReconnect where the grant is gone."""
    return _tokens({"grant_type": "refresh_token", "refresh_token": token.reveal()})


def _tokens(form: Mapping[str, str]) -> Tokens:
    call = Call(
        provider=NAME,
        url=f"{settings.SPOTIFY_ACCOUNTS_URL}/api/token",
        method="POST",
        group="token",
        headers={"Authorization": f"Basic {_basic()}"},
        form=form,
        # Once more does no harm: whoever lost the answer to a one-time code or token has lost it either way.
        repeatable=True,
    )
    data = object_of(call, send(call, judge_token))
    access = data.get("access_token")
    if not isinstance(access, str) or not access:
        raise BadAnswer(NAME, "Spotify gave no token.")
    given = data.get("refresh_token")
    return Tokens(
        access_token=Secret(access),
        expires_in=whole(data.get("expires_in")),
        refresh_token=Secret(given if isinstance(given, str) else ""),
        scopes=tuple(line(data.get("scope")).split()),
    )


def _basic() -> str:
    if not (settings.SPOTIFY_CLIENT_ID and settings.SPOTIFY_CLIENT_SECRET):
        raise Misconfigured(NAME, "This site has no Spotify app.")
    return base64.b64encode(f"{settings.SPOTIFY_CLIENT_ID}:{settings.SPOTIFY_CLIENT_SECRET}".encode()).decode()


class _AppToken:
    """The app's own token, for catalogue reads that no member asks for.

    Kept in memory only: each process asks once an hour, and no cache that others can read or that is saved to disk
    ever holds it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._whose: tuple[str, str] = ("", "")
        self._token = Secret()
        self._ends = 0.0

    def get(self) -> Secret:
        whose = (settings.SPOTIFY_ACCOUNTS_URL, settings.SPOTIFY_CLIENT_ID)
        with self._lock:
            if not self._token or self._whose != whose or time.monotonic() > self._ends:
                tokens = _tokens({"grant_type": "client_credentials"})
                self._token, self._whose = tokens.access_token, whose
                self._ends = time.monotonic() + (tokens.expires_in or 3600) - _MARGIN
            return self._token

    def forget(self, token: Secret) -> None:
        """Only this one: another thread may have got a newer one meanwhile."""
        with self._lock:
            if self._token == token:
                self._token = Secret()


_app_token = _AppToken()


def app_access() -> Access:
    """Access as the app itself: catalogue and search, nobody's listening. Misconfigured without credentials."""
    return Access(token=_app_token.get())


def as_app(work: Callable[[Access], T]) -> T:
    """Work with the app's own access; with a new token and once more where the kept one is not taken any longer."""
    access = app_access()
    try:
        return work(access)
    except Expired:
        _app_token.forget(access.token)
        return work(app_access())
