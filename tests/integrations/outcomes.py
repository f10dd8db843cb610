"""What comes of everything a provider may answer: the data of the contract test and of the tables in
docs/providers.md.

`python -m tests.integrations.outcomes` writes the tables into the document.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from integrations.providers import PROVIDERS, discord, lastfm, listenbrainz, spotify
from integrations.secret import Secret
from integrations.types import Access
from tests.integrations.fake_provider import Reply
from tests.integrations.subjects import TOKEN, TRACK

ALL = (
    "spotify",
    "lastfm",
    "listenbrainz",
    "musicbrainz",
    "coverart",
    "reccobeats",
    "deezer",
    "itunes",
    "discord",
)


def _all(outcome: str, **others: str) -> dict[str, str]:
    return {name: others.get(name, outcome) for name in ALL}


_SIX = "BadAnswer, 6 requests"

OUTCOMES: Mapping[str, Mapping[str, str]] = {
    "good page": _all("answer"),
    "empty page": _all("empty answer", discord="BadAnswer"),
    "401": _all("Forbidden (unknown)", spotify="Expired", discord="Expired", listenbrainz="MustReconnect"),
    "403": _all("Forbidden (unknown)", itunes="ComeBackLater, 6 requests", musicbrainz="Misconfigured"),
    "404": _all("NotThere"),
    "slow down for a moment": _all("answer, 2 requests"),
    "slow down for 6 hours": _all("ComeBackLater"),
    "slow down, without a time": _all("ComeBackLater, 6 requests"),
    "500": _all("Unavailable, 6 requests"),
    "502 as HTML, then good": _all("answer, 2 requests"),
    "no answer in time": _all("Unavailable, 6 requests"),
    "connection reset": _all("Unavailable, 6 requests"),
    "garbage": _all(_SIX),
    "JSON cut short": _all(_SIX),
    "connection cut short": _all(_SIX),
    "a list, a number": _all(_SIX),
    "another shape": _all("BadAnswer"),
    "HTML with 200": _all(_SIX),
    "wrong content type": _all(_SIX),
    "sent elsewhere (302)": _all(_SIX),
}
CASES = tuple(OUTCOMES)


@dataclass(frozen=True)
class Special:
    """A refusal in a provider's own words. `ask` where it is not the provider's ordinary call."""

    provider: str
    says: str
    reply: Reply
    outcome: str
    ask: Callable[[], object] | None = None


def _spotify(status: int, message: str, reason: str = "") -> Reply:
    error = {"status": status, "message": message} | ({"reason": reason} if reason else {})
    return Reply(status, {"error": error})


def _lastfm(status: int, code: int, message: str) -> Reply:
    return Reply(status, {"error": code, "message": message})


def _deezer(code: int, message: str) -> Reply:
    return Reply(200, {"error": {"type": "Exception", "message": message, "code": code}})


def _oauth(status: int, error: str) -> Reply:
    return Reply(status, {"error": error, "error_description": "..."})


SIGNED = Access(token=Secret("canary-session"), name="rj")
_PLAYLIST = "37i9dQZF1DX4sWSpwq3LiO"

SPECIAL: tuple[Special, ...] = (
    Special("spotify", "401 The access token expired", _spotify(401, "The access token expired"), "Expired"),
    Special(
        "spotify", "403 Insufficient client scope", _spotify(403, "Insufficient client scope"), "Forbidden (scope)"
    ),
    Special(
        "spotify",
        "403 as text: User not registered in the Developer Dashboard",
        Reply(403, "User not registered in the Developer Dashboard"),
        "Forbidden (allowlist)",
    ),
    Special(
        "spotify",
        "403 Check settings on developer.spotify.com/dashboard, the user may not be registered",
        Reply(403, "Check settings on developer.spotify.com/dashboard, the user may not be registered."),
        "Forbidden (allowlist)",
    ),
    Special(
        "spotify",
        "403 Active premium subscription required for the owner of the app",
        _spotify(403, "Active premium subscription required for the owner of the app."),
        "Misconfigured",
    ),
    Special(
        "spotify",
        "403 PREMIUM_REQUIRED",
        _spotify(403, "Player command failed: Premium required", "PREMIUM_REQUIRED"),
        "Forbidden (premium)",
    ),
    Special(
        "spotify",
        "403 on the items of a playlist",
        _spotify(403, "Forbidden"),
        "Forbidden (owner)",
        lambda: spotify.items(TOKEN, _PLAYLIST),
    ),
    Special(
        "spotify",
        "403 on audio features",
        _spotify(403, ""),
        "Forbidden (closed)",
        lambda: spotify.audio_features(TOKEN, [TRACK]),
    ),
    Special("spotify", "429 as text, without a time", Reply(429, "Too many requests"), "ComeBackLater, 2 requests"),
    Special(
        "spotify",
        "429 QUOTA_EXCEEDED, without a time",
        _spotify(429, "Too many requests", "QUOTA_EXCEEDED"),
        "ComeBackLater",
    ),
    Special(
        "spotify",
        "token: 400 invalid_grant",
        _oauth(400, "invalid_grant"),
        "MustReconnect",
        lambda: spotify.refresh(Secret("canary")),
    ),
    Special(
        "spotify",
        "token: 401 invalid_client",
        _oauth(401, "invalid_client"),
        "Misconfigured",
        lambda: spotify.refresh(Secret("canary")),
    ),
    Special(
        "spotify",
        "token: 503",
        Reply(503, "upstream"),
        "Unavailable, 2 requests",
        lambda: spotify.refresh(Secret("canary")),
    ),
    Special("lastfm", "200 with error 11", _lastfm(200, 11, "Service Offline"), "Unavailable, 2 requests"),
    Special("lastfm", "400 with error 8", _lastfm(400, 8, "Operation failed"), "Unavailable, 2 requests"),
    Special("lastfm", "200 with error 6, User not found", _lastfm(200, 6, "User not found"), "NotThere"),
    Special("lastfm", "400 with error 6, other words", _lastfm(400, 6, "Invalid parameters"), "Rejected"),
    Special("lastfm", "403 with error 10", _lastfm(403, 10, "Invalid API key"), "Misconfigured"),
    Special(
        "lastfm", "403 with error 17", _lastfm(403, 17, "Login: User required to be logged in"), "Forbidden (private)"
    ),
    Special("lastfm", "403 with error 26", _lastfm(403, 26, "API Key Suspended"), "Misconfigured"),
    Special("lastfm", "200 with error 29", _lastfm(200, 29, "Rate Limit Exceeded"), "ComeBackLater, 2 requests"),
    Special(
        "lastfm",
        "403 with error 9, asked with a session",
        _lastfm(403, 9, "Invalid session key"),
        "MustReconnect",
        lambda: lastfm.recent_tracks(SIGNED),
    ),
    Special(
        "lastfm",
        "403 with error 14, asked for a session",
        _lastfm(403, 14, "Unauthorized Token"),
        "StartAgain",
        lambda: lastfm.session("used-up"),
    ),
    Special(
        "lastfm",
        "200 with somebody else's plays",
        Reply(200, {"recenttracks": {"@attr": {"user": "somebody-else", "totalPages": "1"}, "track": []}}),
        "BadAnswer",
    ),
    Special(
        "listenbrainz",
        "200 with valid: false",
        Reply(200, {"code": 200, "message": "Token invalid.", "valid": False}),
        "MustReconnect",
        lambda: listenbrainz.validate_token(TOKEN),
    ),
    Special(
        "listenbrainz",
        "401, asked without a token",
        Reply(401, {"code": 401, "error": "You need to provide an Authorization token."}),
        "Forbidden (scope)",
        lambda: listenbrainz.listens(Access(name="rj")),
    ),
    Special("musicbrainz", "400, a bad query", Reply(400, {"error": "Invalid inc"}), "Rejected"),
    Special(
        "coverart",
        "307 out of the archive",
        Reply(307, "", {"Location": "https://elsewhere.example/1.jpg"}),
        "BadAnswer, 2 requests",
    ),
    Special("coverart", "400, a bad id", Reply(400, "Bad Request"), "Rejected"),
    Special("deezer", "200 with error 800", _deezer(800, "no data"), "NotThere"),
    Special("deezer", "200 with error 700", _deezer(700, "Service busy"), "Unavailable, 2 requests"),
    Special("deezer", "200 with error 100", _deezer(100, "too many items"), "Rejected"),
    Special(
        "discord", "403 Missing Access", Reply(403, {"code": 50001, "message": "Missing Access"}), "Forbidden (scope)"
    ),
    Special(
        "discord",
        "404 Unknown Guild",
        Reply(404, {"code": 10004, "message": "Unknown Guild"}),
        "answer",
        lambda: discord.is_in_guild(TOKEN, "290926798626357999") is False or None,
    ),
    Special(
        "discord",
        "token: 400 invalid_grant",
        _oauth(400, "invalid_grant"),
        "MustReconnect",
        lambda: discord.refresh(Secret("canary")),
    ),
    Special(
        "discord",
        "token: 401 invalid_client",
        _oauth(401, "invalid_client"),
        "Misconfigured",
        lambda: discord.refresh(Secret("canary")),
    ),
)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "providers.md"


def document(text: str) -> str:
    """The document with its tables as the data has them."""
    for mark, table in (("outcomes", _outcomes()), ("refusals", _refusals())):
        parts = rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)"
        text = re.sub(parts, lambda found, table=table: f"{found[1]}{table}{found[2]}", text, flags=re.DOTALL)  # type: ignore[misc]
    return text


def _outcomes() -> str:
    rows = [["it answers", "comes to", "but of"], ["---"] * 3]
    for case, row in OUTCOMES.items():
        usual = Counter(row.values()).most_common(1)[0][0]
        others = [f"{PROVIDERS[name].label}: {outcome}" for name, outcome in row.items() if outcome != usual]
        rows.append([case, usual, "; ".join(others)])
    return _table(rows)


def _refusals() -> str:
    rows = [["provider", "it answers", "comes to"], ["---"] * 3]
    return _table(rows + [[PROVIDERS[one.provider].label, one.says, one.outcome] for one in SPECIAL])


def _table(rows: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
