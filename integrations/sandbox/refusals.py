"""How each provider says no: too many requests, out of order; and what its headers tell of the rate."""

from __future__ import annotations

from integrations.sandbox.anthropic.doors import error as anthropic_error
from integrations.sandbox.discord import error as discord_error
from integrations.sandbox.lastfm.doors import error as lastfm_error
from integrations.sandbox.limits import Count
from integrations.sandbox.web import Reply, answer, page, plain


def headers(provider: str, count: Count | None, now: float) -> dict[str, str]:
    """What stands on every answer of those that tell."""
    if count is None:
        return {}
    most, left = str(count.limit.most), str(max(0, count.left))
    if provider == "listenbrainz":
        wait = str(int(count.reset) + 1)
        reset = str(int(now + count.reset) + 1)
        return {
            "X-RateLimit-Limit": most,
            "X-RateLimit-Remaining": left,
            "X-RateLimit-Reset-In": wait,
            "X-RateLimit-Reset": reset,
        }
    if provider == "discord":
        return {
            "X-RateLimit-Limit": most,
            "X-RateLimit-Remaining": left,
            "X-RateLimit-Reset": f"{now + count.reset:.3f}",
            "X-RateLimit-Reset-After": f"{count.reset:.3f}",
            "X-RateLimit-Bucket": "5a6bd3e9f0c14d5b",
        }
    if provider == "anthropic":
        return {"anthropic-ratelimit-requests-limit": most, "anthropic-ratelimit-requests-remaining": left}
    return {}


def too_many(provider: str, seconds: float, *, long: bool = False) -> Reply:
    """In the provider's own words. `long`: a quota of the day is used up."""
    wait = {"Retry-After": str(max(1, round(seconds)))}
    reply = _too_many(provider, seconds, long)
    untold = provider in ("lastfm", "listenbrainz", "deezer", "itunes") and not long
    return Reply(reply.status, reply.body, reply.headers | ({} if untold else wait), reply.kind)


def _too_many(provider: str, seconds: float, long: bool) -> Reply:
    if provider == "spotify":
        quota = {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}
        return answer({"error": quota}, 429) if long else plain("Too many requests", 429)
    if provider == "lastfm":
        return lastfm_error(29, "Rate Limit Exceeded - Your IP has made too many requests in a short period")
    if provider == "listenbrainz":
        return answer({"code": 429, "error": "You have exceeded your rate limit."}, 429)
    if provider == "musicbrainz":
        sentence = (
            "Your requests are exceeding the allowable rate limit. Please see http://wiki.musicbrainz.org/XMLWebService"
        )
        return answer({"error": f"{sentence} for more information."}, 503)
    if provider == "deezer":
        return answer({"error": {"type": "Exception", "message": "Quota limit exceeded", "code": 4}})
    if provider == "itunes":
        return plain("", 403)
    if provider == "discord":
        said = {"message": "You are being rate limited.", "retry_after": round(seconds, 3), "global": False}
        return answer(said, 429, X_RateLimit_Scope="user")
    if provider == "anthropic":
        return anthropic_error(429, "rate_limit_error", "This request would exceed your rate limit.")
    return answer({"timestamp": "", "error": "Too Many Requests", "path": "", "status": 429}, 429)


def failing(provider: str, status: int) -> Reply:
    """Out of order."""
    if provider == "spotify":
        return answer({"error": {"status": status, "message": "Server error."}}, status)
    if provider == "lastfm":
        code, said = (8, "Operation failed - Most likely the backend service failed. Please try again.")
        if status == 503:
            code, said = (16, "The service is temporarily unavailable, please try again.")
        return lastfm_error(code, said, status)
    if provider == "deezer":
        return answer({"error": {"type": "Exception", "message": "Service busy", "code": 700}})
    if provider == "anthropic":
        kind, code = ("api_error", 500) if status == 500 else ("overloaded_error", 529)
        return anthropic_error(code, kind, "Overloaded" if code == 529 else "Internal server error")
    if provider == "listenbrainz":
        return answer({"code": status, "error": "Something went wrong."}, status)
    return plain("Service Unavailable" if status == 503 else "Internal Server Error", status)


def unknown_key(provider: str) -> Reply:
    """As if key or token were wrong."""
    if provider == "spotify":
        return answer({"error": {"status": 401, "message": "The access token expired"}}, 401)
    if provider == "lastfm":
        return lastfm_error(9, "Invalid session key - Please re-authenticate")
    if provider == "listenbrainz":
        return answer({"code": 401, "error": "Invalid authorization token."}, 401)
    if provider == "discord":
        return discord_error(401, 0, "401: Unauthorized")
    if provider == "anthropic":
        return anthropic_error(401, "authentication_error", "invalid x-api-key")
    return answer({"error": "Unauthorized", "status": 401}, 401)


def web_page() -> Reply:
    """What stands there when something in between answers."""
    return page("Down for maintenance", "<p>We will be back soon.</p>")
