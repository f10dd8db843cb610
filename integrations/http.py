"""The one door to the outside world: every request of ours to a provider goes through `send`.

It asks the budget first, sends with our User-Agent and without following redirects, bounds time and size, lets the
provider's own `judge` read the answer (body first: some answer errors with 200), and tries again what may pass: at
most 6 attempts, exponential with full jitter. `Retry-After` is kept as a block that all processes see: a short one is
waited out, a long one becomes `ComeBackLater`, and no worker sleeps through it.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from integrations.budgets import label
from integrations.errors import BadAnswer, Busy, ComeBackLater, ProviderError, Rejected, Unavailable
from integrations.retry_after import LONGEST
from integrations.throttle import take, try_take
from integrations.throttle.blocks import block, blocked_until, come_back
from integrations.transport import CannotBeSent, CutShort, NotSent, TooLarge, TooSlow, Transport
from integrations.types import NOBODY, Access

MOST_BYTES = 8 * 1024 * 1024
UNTOLD_PAUSE = 60.0
"""Seconds to stay away where a provider is busy to the last attempt and does not say for how long."""


@dataclass(frozen=True)
class Call:
    """One request. `group` names the endpoints that share a quota there ("search", "playlists"; "" for the rest).

    Headers and form values may hold secrets; nothing of a call is ever logged but provider, group and method.
    """

    provider: str
    url: str = field(repr=False)
    method: str = "GET"
    group: str = ""
    access: Access = NOBODY
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Any = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool | None = None
    """May it be sent again when we do not know whether it arrived? None: yes unless it is a POST."""
    most_bytes: int = MOST_BYTES

    @property
    def may_be_repeated(self) -> bool:
        return self.method != "POST" if self.repeatable is None else self.repeatable


@dataclass(frozen=True)
class Answer:
    """What came back: header names in small letters, the body as bytes, decompressed and bounded."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON; ValueError for anything else (NaN included, and what is nested too deep to read).

        That error says nothing and hangs on no other: the library's holds the whole body.
        """
        with suppress(ValueError, RecursionError):
            return json.loads(self.content, parse_constant=_no_constant)
        raise ValueError("no JSON")

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


Judge = Callable[[Call, Answer], ProviderError | None]
"""A provider's reading of an answer: None when it is good, else what is wrong with it."""


@dataclass(frozen=True)
class Patience:
    """How long a caller has: `total` seconds for everything, `pause` for one wait between attempts."""

    attempts: int
    total: float
    pause: float
    connect: float
    read: float
    waits_for_budget: float


WORKER = Patience(attempts=6, total=90.0, pause=20.0, connect=5.0, read=15.0, waits_for_budget=30.0)
PERSON = Patience(attempts=2, total=8.0, pause=1.0, connect=3.0, read=6.0, waits_for_budget=0.0)
"""Somebody looks at a page that waits for this."""

_patience: ContextVar[Patience] = ContextVar("patience", default=WORKER)


@contextmanager
def patience(chosen: Patience) -> Iterator[None]:
    """Calls inside have this patience; `WORKER` is the default."""
    token = _patience.set(chosen)
    try:
        yield
    finally:
        _patience.reset(token)


def patience_now() -> Patience:
    """What holds for calls made here, for what waits beside them."""
    return _patience.get()


def person_waits(seconds: float = PERSON.total) -> Any:
    """Calls inside are for somebody who looks at a page: no waiting for the budget, two attempts at most."""
    chosen = Patience(2, seconds, min(1.0, seconds / 4), min(3.0, seconds), min(6.0, seconds), 0.0)
    return patience(chosen)


def send(call: Call, judge: Judge) -> Answer:
    """The good answer to a call. Raises the `ProviderError` the judge found, `ComeBackLater` or `Unavailable`."""
    _must_not_hold_a_transaction()
    mine = _patience.get()
    deadline = time.monotonic() + mine.total
    found: Answer | ProviderError | None = None
    for attempt in range(1, mine.attempts + 1):
        try:
            _take(call, mine, deadline)
        except ComeBackLater:
            # To a person what went wrong says more than that we may not ask again at once.
            if isinstance(found, ProviderError) and not isinstance(found, Busy) and not mine.waits_for_budget:
                raise found from None
            raise
        found, arrived = _attempt(call, judge, mine, deadline)
        if isinstance(found, Answer):
            return found
        if not found.transient or isinstance(found, ComeBackLater):
            raise found
        if arrived and not call.may_be_repeated and not isinstance(found, Busy):
            raise found
        wait = _pause(call, found, attempt)
        last = attempt == mine.attempts or time.monotonic() + wait > deadline or wait > mine.pause
        if last:
            raise _final(call, found)
        time.sleep(wait)
    raise AssertionError("the last attempt ends above")


def _must_not_hold_a_transaction() -> None:
    """A slow answer would keep rows locked for its whole time."""
    if any(not getattr(open_one, "_from_testcase", False) for open_one in connection.atomic_blocks):
        raise RuntimeError("No provider is asked inside a transaction.")


def _take(call: Call, mine: Patience, deadline: float) -> None:
    """Waits for our turn. What another process was told meanwhile is looked for again before we go."""
    account = call.access.account_id
    _wait_out_block(call, mine, deadline)
    if mine.waits_for_budget:
        wait = min(mine.waits_for_budget, max(0.0, deadline - time.monotonic()))
        take(call.provider, call.group, account, wait=wait)
    else:
        try_take(call.provider, call.group, account)
    _wait_out_block(call, mine, deadline)


def _wait_out_block(call: Call, mine: Patience, deadline: float) -> None:
    """Waits where the provider asked to stay away for a moment only; ComeBackLater where it is longer."""
    while until := blocked_until(call.provider, call.group, call.access.account_id):
        wait = (until - timezone.now()).total_seconds()
        if wait > min(mine.pause, deadline - time.monotonic()):
            raise come_back(call.provider, until)
        time.sleep(max(wait, 0.0))


def _attempt(call: Call, judge: Judge, mine: Patience, deadline: float) -> tuple[Answer | ProviderError, bool]:
    """The answer or what went wrong, and whether the request may have arrived."""
    name, left = label(call.provider), deadline - time.monotonic()
    if left <= 0:
        return Unavailable(call.provider, f"{name} took too long to answer."), False
    try:
        status, headers, content = _transport().send(
            call.method,
            call.url,
            params=call.params,
            headers={"User-Agent": user_agent(), **call.headers},
            form=call.form,
            json=call.json,
            body=call.body,
            connect=min(mine.connect, left),
            read=min(mine.read, left),
            total=left,
            most_bytes=call.most_bytes,
        )
    except CannotBeSent:
        return Rejected(call.provider, f"What we wanted to ask {name} cannot be sent."), False
    except NotSent:
        return Unavailable(call.provider, f"{name} could not be reached."), False
    except TooSlow:
        return Unavailable(call.provider, f"{name} took too long to answer."), True
    except TooLarge:
        return BadAnswer(call.provider, f"{name} answered with more than we read."), True
    except CutShort:
        return BadAnswer(call.provider, f"The answer of {name} was cut short."), True
    except OSError:
        return Unavailable(call.provider, f"The connection to {name} broke off."), True
    answer = Answer(status, headers, content)
    return judge(call, answer) or answer, True


def _pause(call: Call, found: ProviderError, attempt: int) -> float:
    """Seconds until the next attempt: what the provider asks everybody for, else 0 to 0.5, 1, 2, 4 ... at random."""
    if isinstance(found, Busy) and found.retry_after:
        return max(0.0, (_stay_away(call, found, found.retry_after) - timezone.now()).total_seconds())
    return random.uniform(0.0, min(0.5 * 2 ** (attempt - 1), 15.0))  # noqa: S311


def _final(call: Call, found: ProviderError) -> ProviderError:
    """What the caller gets: a busy provider is left alone by everybody until its time."""
    if not isinstance(found, Busy):
        return found
    until = _stay_away(call, found, found.retry_after or UNTOLD_PAUSE)
    return ComeBackLater(call.provider, found.sentence, until=until)


def _stay_away(call: Call, found: Busy, seconds: float) -> datetime:
    until = timezone.now() + timedelta(seconds=min(seconds, LONGEST))
    return block(call.provider, call.group, call.access.account_id if found.per_account else None, until=until)


def user_agent() -> str:
    """Who we are and where to complain: MusicBrainz and Last.fm ask for it."""
    return f"Sidetrack/{settings.VERSION} ({settings.CONTACT or settings.SITE_URL})"


_kept = Transport()


def _transport() -> Transport:
    return _kept
