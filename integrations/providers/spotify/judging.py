"""What Spotify's refusals mean. Facts: its reference and guides up to 2026-11, and field reports where they are silent.

403 has many meanings and comes as JSON or as plain text; 429 comes as plain text or JSON, and `QUOTA_EXCEEDED` means
a group of endpoints is used up, for hours.
"""

from __future__ import annotations

from integrations.errors import (
    BadAnswer,
    Busy,
    Expired,
    Forbidden,
    Misconfigured,
    MustReconnect,
    NotThere,
    ProviderError,
    Rejected,
    Unavailable,
)
from integrations.http import Answer, Call
from integrations.providers.answers import body_of, told_wait
from integrations.providers.reading import spoiled
from integrations.values import line, record

NAME = "spotify"
QUOTA_PAUSE = 3600.0
"""Seconds to leave a used-up group alone where Spotify does not say: its quotas are daily and unpublished."""
_OPEN_READS = frozenset({"catalogue", "search", "artist_albums", "features"})
"""Reads that need no member's leave: a bare refusal there means that the endpoint is closed to this app."""


def judge(call: Call, answer: Answer) -> ProviderError | None:
    """Reads every answer of the Web API."""
    status = answer.status
    if status == 204 or (200 <= status < 300 and call.method != "GET" and not answer.content):
        return None
    if 200 <= status < 300:
        return spoiled(call, answer)
    return _refusal(call, answer) or _by_status(status)


def _refusal(call: Call, answer: Answer) -> ProviderError | None:
    if answer.status == 400:
        return _bad_request(answer)
    if answer.status == 401:
        return Expired(NAME, "Spotify wants to be asked anew who we are.")
    if answer.status == 403:
        return _forbidden(call, said(answer))
    if answer.status == 429:
        return busy(answer)
    return None


def _by_status(status: int) -> ProviderError:
    if status >= 500 or status == 408:
        return Unavailable(NAME, "Spotify stopped answering.")
    if status in (404, 410):
        return NotThere(NAME, "Spotify does not know this.")
    if status >= 400:
        return Rejected(NAME, "Spotify did not understand what we asked.")
    return BadAnswer(NAME, "Spotify sent us elsewhere.")


def _bad_request(answer: Answer) -> ProviderError:
    if "invalid base62 id" in said(answer) or "invalid id" in said(answer):
        return NotThere(NAME, "Spotify does not know this.")
    return Rejected(NAME, "Spotify did not understand what we asked.")


def said(answer: Answer) -> str:
    """The message of an error and its reason, in small letters; the text itself where it is no JSON."""
    error = record(body_of(answer)).get("error")
    if isinstance(error, dict):
        return f"{line(error.get('message'))} {line(error.get('reason'))}".lower()
    return (line(error) or answer.text[:300]).lower()


def _forbidden(call: Call, message: str) -> ProviderError:
    if "scope" in message:
        return Forbidden(NAME, "You have not allowed this; connect Spotify again to allow it.", reason="scope")
    if "registered" in message or "dashboard" in message:
        sentence = "This site's Spotify app does not know you yet; ask a moderator to add you to it."
        return Forbidden(NAME, sentence, reason="allowlist")
    if "premium" in message:
        return _premium(message)
    if "owner" in message or "do not own" in message or "don't own" in message or call.group == "playlists":
        return Forbidden(NAME, "This playlist is somebody else's.", reason="owner")
    if call.group in _OPEN_READS:
        return Forbidden(NAME, "Spotify does not offer this to us.", reason="closed")
    return Forbidden(NAME, "Spotify does not let us do this.")


def _premium(message: str) -> ProviderError:
    """Whose Premium is missing: an app stops working when that of its owner lapses."""
    if "premium_required" in message or "premium required" in message:
        return Forbidden(NAME, "Spotify offers this with Premium only.", reason="premium")
    return Misconfigured(NAME, "Spotify turned this site's app off: its owner needs Spotify Premium.")


def busy(answer: Answer) -> Busy:
    wait = told_wait(answer)
    if wait is None and "quota_exceeded" in said(answer):
        wait = QUOTA_PAUSE
    return Busy(NAME, "Spotify asks us to slow down.", retry_after=wait)


def judge_token(call: Call, answer: Answer) -> ProviderError | None:
    """Reads the answers of the token endpoint (OAuth 2: `{"error": "invalid_grant", ...}` with 400 or 401)."""
    if 200 <= answer.status < 300:
        return spoiled(call, answer)
    if answer.status == 429:
        return busy(answer)
    error = line(record(body_of(answer)).get("error"))
    if error == "invalid_grant":
        return MustReconnect(NAME, "Spotify does not take this consent any more; please connect it again.")
    if error in ("invalid_client", "unauthorized_client"):
        return Misconfigured(NAME, "Spotify does not know this site's app.")
    return _by_status(answer.status)
