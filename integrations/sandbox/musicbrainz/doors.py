"""How MusicBrainz wants to be asked, and its errors."""

from __future__ import annotations

from integrations.sandbox.web import Refusal, Reply, Request, Routes, answer, whole

HELP = "For usage, please see: https://musicbrainz.org/development/mmd"
INCLUDES = {
    "release-group": "artists releases artist-credits aliases annotation tags genres ratings media discids",
    "release": "artists labels recordings release-groups media artist-credits discids isrcs aliases annotation tags "
    "genres ratings collections",
    "recording": "artists releases release-groups isrcs artist-credits aliases annotation tags genres ratings media",
    "artist": "recordings releases release-groups works aliases annotation tags genres ratings",
    "isrc": "artists releases release-groups isrcs artist-credits aliases tags genres ratings",
    "url": "",
}


def error(status: int, message: str) -> Reply:
    return answer({"error": message, "help": HELP}, status)


def refuse(status: int, message: str) -> Refusal:
    return Refusal(error(status, message))


routes = Routes("musicbrainz", "/musicbrainz/ws/2", lambda _: error(404, "Not Found"))


def asked(request: Request, kind: str) -> set[str]:
    """What to include. Raises Refusal: a User-Agent and JSON are asked for, unknown words are refused."""
    if not request.headers.get("user-agent"):
        raise refuse(403, "Your requests must have a meaningful User-Agent.")
    if request.arg("fmt") != "json" and "json" not in request.headers.get("accept", ""):
        raise refuse(406, "This sandbox answers fmt=json only.")
    wanted = set(request.arg("inc").replace("+", " ").split())
    for word in sorted(wanted):
        if word not in INCLUDES[kind].split() and not word.endswith("-rels"):
            raise refuse(400, f"{word} is not a valid inc parameter for the {kind} resource.")
    return wanted


def window(request: Request) -> tuple[int, int]:
    """offset and limit"""
    offset, limit = whole(request.arg("offset"), 0, 0, 10**6), whole(request.arg("limit"), 25, 1, 10**6)
    if offset is None or limit is None:
        raise refuse(400, "Invalid offset or limit.")
    return offset, min(limit, 100)
