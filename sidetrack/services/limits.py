"""Limits on how often somebody may do something, in a store that all processes share.

A limit is a number of requests in a fixed window of seconds, for one actor: a service token, a
person, or an address. Redis counts where it is configured, else one statement on our own table.
"""

from __future__ import annotations

import ipaddress
import logging
import random
import sys
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection
from django.http import HttpRequest
from redis.exceptions import RedisError

from sidetrack.errors import Throttled
from sidetrack.models import RequestCount, ServiceToken

SWEEP_ONE_IN = 500
logger = logging.getLogger(__name__)


def wait_for(scope: str, who: str, *, limit: int, seconds: int) -> float | None:
    """Count one request. None if it is within the limit, else the seconds until the window ends."""
    now = time.time()
    ends_at = (int(now) // seconds + 1) * seconds
    key = f"limit:{scope}:{who}"[:120]
    count = _count_in_table if _cache_is_database() else _count_in_cache
    return None if count(key, ends_at, seconds) <= limit else ends_at - now


def limit_request(request: HttpRequest, scope: str, *, limit: int, seconds: int, token: Any = None) -> None:
    """For pages and views: count this request, or raise Throttled."""
    wait = wait_for(scope, who(request, token), limit=limit, seconds=seconds)
    if wait is not None:
        raise Throttled("That was too much at once. Wait a moment, then try again.", wait=wait)


def limit_search(request: HttpRequest) -> None:
    limit_request(request, "search", limit=settings.RATE_LIMIT_SEARCHES, seconds=60)


def limit_upload(request: HttpRequest) -> None:
    limit_request(request, "upload", limit=settings.RATE_LIMIT_UPLOADS, seconds=3600)


def limit_linking(request: HttpRequest) -> None:
    """Each try asks a provider, and names of accounts are not guessed here."""
    limit_request(request, "link", limit=30, seconds=3600)


def limit_sign_in(request: HttpRequest) -> None:
    """With an account elsewhere, which asks its provider. Many members may share an address."""
    limit_request(request, "sign_in", limit=120, seconds=3600)


def limit_leaving(request: HttpRequest) -> None:
    """Whoever sits at somebody's open session does not guess their password by deleting the account."""
    limit_request(request, "leave", limit=10, seconds=3600)


def who(request: HttpRequest, token: Any = None) -> str:
    """Whom a request is counted for."""
    if isinstance(token, ServiceToken):
        return f"token-{token.pk}"
    if request.user.is_authenticated:
        return f"person-{request.user.pk}"
    return f"address-{address(request)}"


def address(request: HttpRequest) -> str:
    """The client's address, IPv6 by its network; a forwarded one is believed with TRUST_PROXY only."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.TRUST_PROXY else ""
    given = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        known = ipaddress.ip_address(given)
    except ValueError:
        return "unknown"
    return str(known) if known.version == 4 else str(ipaddress.ip_network((known, 64), strict=False))


def _cache_is_database() -> bool:
    return isinstance(caches["default"], DatabaseCache)


def _count_in_cache(key: str, ends_at: int, seconds: int) -> int:
    key = f"{key}:{ends_at}"
    try:
        cache.add(key, 0, timeout=seconds + 60)
        return cache.incr(key)
    except ValueError:  # thrown out of the cache between the two
        return 1
    except RedisError:
        logger.exception("Redis does not count; requests under a limit are refused until it does.")
        return sys.maxsize


def _count_in_table(key: str, ends_at: int, seconds: int) -> int:
    """Raw SQL: an upsert that returns the new count is one round trip and cannot lose an update."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sidetrack_requestcount AS kept (key, count, ends_at) VALUES (%s, 1, %s)"
            " ON CONFLICT (key) DO UPDATE SET"
            " count = CASE WHEN kept.ends_at = excluded.ends_at THEN kept.count + 1 ELSE 1 END,"
            " ends_at = excluded.ends_at RETURNING count",
            [key, ends_at],
        )
        count: int = cursor.fetchone()[0]
    if random.randrange(SWEEP_ONE_IN) == 0:  # noqa: S311 - no secret
        RequestCount.objects.filter(ends_at__lt=ends_at - seconds - 3600).delete()
    return count
