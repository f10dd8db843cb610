"""The one door to providers: what it asks again, when, and for how long it stays away."""

from __future__ import annotations

import logging
import random
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from statistics import mean
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import http
from integrations.errors import BadAnswer, Busy, ComeBackLater, Forbidden, ProviderError, Rejected, Unavailable
from integrations.http import PERSON, WORKER, Answer, Call, Patience, patience, person_waits, send
from integrations.models import Bucket, LinkedAccount, ProviderBlock
from integrations.retry_after import retry_after_of
from integrations.secret import Secret
from integrations.throttle.blocks import MARGIN, block, must_not_be_blocked
from integrations.types import Access
from tests.integrations.fake_provider import FakeProvider, Reply
from tests.integrations.raw_server import drips, serving
from tests.threads import together

pytestmark = pytest.mark.django_db

GOOD = Reply(200, {"fine": True})
SECRET = "canary-77aa"


def judge(call: Call, answer: Answer) -> ProviderError | None:
    """As providers' judges do it."""
    if answer.status == 429:
        told = retry_after_of(answer.headers, timezone.now())
        return Busy(call.provider, "Slow down.", retry_after=told, per_account="one-account" in answer.text)
    if answer.status == 403:
        return Forbidden(call.provider, "No.")
    if answer.status >= 500:
        return Unavailable(call.provider, "It is broken.")
    try:
        answer.json()
    except ValueError:
        return BadAnswer(call.provider, "That is no data.")
    return None


@pytest.fixture(autouse=True)
def _much_may_be_asked(settings: Any) -> None:
    settings.PROVIDER_RATES = ["deezer=10000/1", "lastfm=10000/1", "spotify=10000/1", "spotify.search=10000/1"]


@pytest.fixture
def there() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the door slept, without the time: the clocks go on instead."""
    pauses: list[float] = []
    ahead = [0.0]
    real, monotonic = timezone.now, time.monotonic

    class Clock:
        @staticmethod
        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            ahead[0] += seconds

        @staticmethod
        def monotonic() -> float:
            return monotonic() + ahead[0]

    monkeypatch.setattr(http, "time", Clock)
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(seconds=ahead[0]))
    return pauses


def call(there: FakeProvider, path: str = "/x", provider: str = "deezer", **more: Any) -> Call:
    return Call(provider, there.url + path, **more)


def test_the_good_answer_comes_back_and_who_we_are_is_told(there, settings):
    settings.CONTACT = "ops@example.org"
    there.on("/x", GOOD)
    answer = send(call(there, params={"q": "a b"}, headers={"X-Own": "1"}), judge)
    assert answer.json() == {"fine": True}
    [seen] = there.requests
    assert seen.param("q") == "a b"
    assert seen.headers["x-own"] == "1"
    assert seen.headers["user-agent"] == f"Sidetrack/{settings.VERSION} (ops@example.org)"


@pytest.mark.parametrize(
    "bad",
    [
        Reply(500, b"oops"),
        Reply(503, b""),
        Reply(429, b"Too many requests"),
        Reply(200, b"<html>", type="text/html"),
        Reply(200, {"fine": True}, cut=True),
        Reply(reset=True),
    ],
    ids=["500", "503", "429", "HTML", "cut", "reset"],
)
def test_what_may_pass_is_asked_again(there, slept, bad):
    there.on("/x", bad, bad, bad, GOOD)
    assert send(call(there), judge).status == 200
    assert len(there.requests) == 4
    assert len(slept) == 3


def test_at_most_six_attempts(there, slept):
    there.on("/x", Reply(500))
    with pytest.raises(Unavailable):
        send(call(there), judge)
    assert len(there.requests) == 6
    assert len(slept) == 5
    for attempt, pause in enumerate(slept):
        assert 0 <= pause <= 0.5 * 2**attempt


def test_what_cannot_pass_is_not_asked_again(there, slept):
    there.on("/x", Reply(403))
    with pytest.raises(Forbidden):
        send(call(there), judge)
    assert len(there.requests) == 1


def test_pauses_are_spread_over_all_of_their_range(there):
    """Full jitter: many who failed together do not come back together."""
    random.seed(7)
    found = Unavailable("deezer", "It is broken.")
    for attempt, most in enumerate([0.5, 1, 2, 4, 8], 1):
        pauses = [http._pause(call(there), found, attempt) for _ in range(2000)]
        tenths = [sum(most * n / 10 <= one < most * (n + 1) / 10 for one in pauses) for n in range(10)]
        assert min(tenths) > 120
        assert sum(tenths) == 2000
        assert mean(pauses) == pytest.approx(most / 2, rel=0.05)


def test_the_budget_is_asked_before_each_attempt(there, slept, settings):
    settings.PROVIDER_RATES = ["deezer=3/10000"]
    there.on("/x", Reply(500))
    with pytest.raises(ComeBackLater) as told:
        send(call(there), judge)
    assert len(there.requests) == 3
    assert told.value.until > timezone.now() + timedelta(minutes=30)


def test_where_the_budget_is_used_up_nothing_is_sent(there, settings):
    settings.PROVIDER_RATES = ["deezer=1/10000"]
    there.on("/x", GOOD)
    send(call(there), judge)
    began = time.monotonic()
    with person_waits(), pytest.raises(ComeBackLater):
        send(call(there), judge)
    assert time.monotonic() - began < 1
    assert len(there.requests) == 1


# --- a POST is not sent twice where it may have arrived


@pytest.mark.parametrize(
    ("first", "attempts"),
    [
        (Reply(500), 1),
        (Reply(reset=True), 1),
        (Reply(200, b"<html>"), 1),
        (Reply(200, {"fine": True}, cut=True), 1),
        (Reply(429), 2),
        (Reply(429, headers={"Retry-After": "1"}), 2),
    ],
    ids=["500", "reset", "HTML", "cut", "429", "429 with a time"],
)
def test_a_post_that_may_have_arrived_is_not_sent_twice(there, slept, first, attempts):
    there.on("/x", first, GOOD)
    try:
        send(call(there, method="POST", form={"a": "1"}), judge)
    except ProviderError:
        assert attempts == 1
    assert len(there.requests) == attempts


def test_a_post_that_timed_out_is_not_sent_twice(there):
    there.on("/x", Reply(200, {}, delay=0.3))
    with patience(Patience(3, 5.0, 1.0, 1.0, 0.1, 0.0)), pytest.raises(Unavailable):
        send(call(there, method="POST"), judge)
    assert len(there.requests) == 1


def test_a_post_that_never_left_is_sent_again(there, slept, monkeypatch):
    port = there.url.rpartition(":")[2]
    there.on("/x", GOOD)
    urls = iter(["http://127.0.0.1:1/x", "http://127.0.0.1:1/x", f"http://127.0.0.1:{port}/x"])
    real = http._kept.send
    monkeypatch.setattr(http._kept, "send", lambda method, _, **more: real(method, next(urls), **more))
    assert send(call(there, method="POST"), judge).status == 200
    assert len(slept) == 2


def test_a_post_that_says_so_is_sent_again(there, slept):
    there.on("/x", Reply(500), GOOD)
    assert send(call(there, method="POST", repeatable=True), judge).status == 200


def test_a_put_that_must_not_is_not(there):
    there.on("/x", Reply(500), GOOD)
    with pytest.raises(Unavailable):
        send(call(there, method="PUT", repeatable=False), judge)


# --- staying away


def test_a_short_retry_after_is_obeyed(there, slept):
    there.on("/x", Reply(429, headers={"Retry-After": "5"}), GOOD)
    assert send(call(there), judge).status == 200
    assert 5 <= sum(slept) <= 6


def test_a_date_is_obeyed_too(there, slept):
    date = format_datetime(timezone.now() + timedelta(seconds=7), usegmt=True)
    there.on("/x", Reply(429, headers={"Retry-After": date}), GOOD)
    assert send(call(there), judge).status == 200
    assert 5 <= sum(slept) <= 8.5


@pytest.mark.parametrize("seconds", [60, 6 * 3600, 74_214])
def test_a_long_one_ends_the_call_at_once_and_nobody_asks_before_the_time(there, slept, seconds):
    """429 for hours: a worker does not sleep through it, and the whole app stays away."""
    there.on("/x", Reply(429, headers={"Retry-After": str(seconds)}))
    with pytest.raises(ComeBackLater) as told:
        send(call(there), judge)
    assert slept == []
    assert 0 <= (told.value.until - timezone.now()).total_seconds() - seconds + 1 < 3
    for _ in range(5):
        with pytest.raises(ComeBackLater) as again:
            send(call(there), judge)
        assert abs(again.value.until - told.value.until) < timedelta(seconds=1)
    assert len(there.requests) == 1
    there.on("/x", GOOD)
    with time_machine.travel(told.value.until - timedelta(seconds=20.5)), pytest.raises(ComeBackLater):
        send(call(there), judge)
    with time_machine.travel(told.value.until + timedelta(seconds=0.5)):
        assert send(call(there), judge).status == 200


def test_a_pause_of_days_is_believed_for_two_of_them(there):
    there.on("/x", Reply(429, headers={"Retry-After": "9999999"}))
    with pytest.raises(ComeBackLater) as told:
        send(call(there), judge)
    assert told.value.until < timezone.now() + timedelta(hours=49)


def test_who_does_not_say_how_long_is_left_alone_for_a_minute(there, slept):
    there.on("/x", Reply(429))
    with pytest.raises(ComeBackLater):
        send(call(there), judge)
    assert len(there.requests) == 6
    until = ProviderBlock.objects.get(key="deezer::").until
    assert 55 < (until - timezone.now()).total_seconds() < 65


def test_one_groups_block_holds_for_that_group_and_no_other(there):
    there.on("/search", Reply(429, headers={"Retry-After": "3600"}))
    there.on("/x", GOOD)
    with pytest.raises(ComeBackLater):
        send(call(there, "/search", "spotify", group="search"), judge)
    with pytest.raises(ComeBackLater):
        send(call(there, "/search", "spotify", group="search", access=Access(account_id=5)), judge)
    assert send(call(there, "/x", "spotify"), judge).status == 200
    assert send(call(there, "/x", "spotify", group="playlists"), judge).status == 200
    assert send(call(there, "/x", "lastfm"), judge).status == 200


def test_a_block_of_the_app_holds_for_all_groups(there):
    there.on("/x", Reply(429, headers={"Retry-After": "3600"}))
    with pytest.raises(ComeBackLater):
        send(call(there, "/x", "spotify"), judge)
    with pytest.raises(ComeBackLater):
        send(call(there, "/search", "spotify", group="search"), judge)
    assert len(there.requests) == 1


def test_a_block_of_one_account_holds_for_that_account(there, ann, bea):
    mine, others = (
        LinkedAccount.objects.create(user=each, provider="spotify", external_id=each.username) for each in (ann, bea)
    )
    there.on("/x", Reply(429, b"one-account", {"Retry-After": "3600"}), GOOD)
    with pytest.raises(ComeBackLater):
        send(call(there, "/x", "spotify", access=Access(account_id=mine.pk)), judge)
    with pytest.raises(ComeBackLater):
        send(call(there, "/x", "spotify", group="search", access=Access(account_id=mine.pk)), judge)
    assert send(call(there, "/x", "spotify", access=Access(account_id=others.pk)), judge).status == 200
    assert send(call(there, "/x", "spotify"), judge).status == 200
    mine.delete()
    assert not ProviderBlock.objects.exists()


def test_who_comes_upon_a_short_block_of_another_process_waits_it_out(there, slept):
    there.on("/x", GOOD)
    block("deezer", until=timezone.now() + timedelta(seconds=4))
    assert send(call(there), judge).status == 200
    assert 3 < sum(slept) < 5


def test_a_block_that_comes_while_we_wait_for_our_turn_holds_us_back(there, monkeypatch):
    there.on("/x", GOOD)
    until = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(http, "take", lambda *_, **__: block("deezer", until=until))
    with pytest.raises(ComeBackLater):
        send(call(there), judge)
    assert there.requests == []


def test_an_earlier_end_never_shortens_a_block():
    later, sooner = (timezone.now() + timedelta(hours=n) for n in (3, 1))
    assert block("deezer", until=sooner) == sooner + MARGIN
    assert block("deezer", until=later) == later + MARGIN
    assert block("deezer", until=sooner) == later + MARGIN
    assert ProviderBlock.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_blocks_at_once_the_longest_holds():
    ends = [timezone.now() + timedelta(minutes=n) for n in range(1, 9)]
    found = together([lambda until=until: block("deezer", until=until) for until in ends])
    assert not [one for one in found if not isinstance(one, datetime)]
    assert ProviderBlock.objects.get().until == ends[-1] + MARGIN


@pytest.mark.django_db(transaction=True)
def test_a_block_of_an_account_that_is_gone_is_no_error():
    block("spotify", "", 987_654, until=timezone.now() + timedelta(hours=1))
    assert not ProviderBlock.objects.exists()


def test_looking_for_blocks_is_one_look():
    with CaptureQueriesContext(
        connection,
    ) as asked:
        must_not_be_blocked("spotify", "search", 5)
    assert len(asked) == 1


def test_blocks_that_are_long_over_are_swept_out():
    old = timezone.now() - timedelta(days=30)
    ProviderBlock.objects.create(key="lastfm::", provider="lastfm", until=old)
    block("deezer", until=timezone.now())
    assert list(ProviderBlock.objects.values_list("key", flat=True)) == ["deezer::"]


# --- time


@pytest.mark.parametrize("drop", [b"X: y\r\n", b"\r\n\r\nxxxx"], ids=["headers", "body"])
def test_somebody_who_waits_is_answered_in_time(drop):
    with serving(drips(b"HTTP/1.1 200 OK\r\n", drop)) as url:
        began = time.monotonic()
        with person_waits(0.5), pytest.raises(Unavailable):
            send(Call("deezer", url), judge)
        assert time.monotonic() - began < 2.5


def test_a_workers_whole_call_has_an_end(there, slept):
    there.on("/x", Reply(429, headers={"Retry-After": "19"}))
    with pytest.raises(ComeBackLater):
        send(call(there), judge)
    assert sum(slept) <= WORKER.total
    assert 4 <= len(there.requests) <= 5


def test_nobody_who_looks_at_a_page_waits_for_a_pause(there, slept):
    there.on("/x", Reply(429, headers={"Retry-After": "5"}))
    with person_waits(), pytest.raises(ComeBackLater):
        send(call(there), judge)
    assert slept == []
    assert PERSON.attempts == 2


def test_no_provider_is_asked_inside_a_transaction(there):
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        send(call(there), judge)
    assert there.requests == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_we_wait(there, settings):
    """Neither a row of the budget nor one of the block, while somebody waits in the queue and for the answer."""
    settings.PROVIDER_RATES = ["deezer=4/1", "lastfm=1/1"]
    there.on("/x", Reply(200, {}, delay=0.2))
    for _ in range(4):
        http.try_take("deezer")

    def other() -> float:
        time.sleep(0.1)
        began = time.monotonic()
        Bucket.objects.filter(key="deezer").update(key="deezer")
        return time.monotonic() - began

    answer, waited = together([lambda: send(call(there), judge), other])
    assert answer.status == 200
    assert waited < 0.15


# --- secrets


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, SECRET),
        Reply(403, {"error": SECRET}),
        Reply(429, SECRET, {"Retry-After": "100"}),
        Reply(200, f"<html>{SECRET}"),
        Reply(200, {"token": SECRET}, cut=True),
        Reply(reset=True),
        Reply(200, {}, {"Connection": "close", "Bad Header": SECRET, " folded": SECRET}),
    ],
    ids=["500", "403", "429", "HTML", "cut", "reset", "headers"],
)
def test_no_secret_is_told(there, caplog, reply):
    for name in ("", "urllib3", "urllib3.connectionpool", "requests", "integrations"):
        caplog.set_level(logging.DEBUG, logger=name or None)
    there.on("/x", reply)
    asked = call(
        there,
        f"/x?sk={SECRET}",
        method="POST",
        access=Access(account_id=None, token=Secret(SECRET)),
        headers={"Authorization": f"Bearer {SECRET}"},
        params={"api_key": SECRET},
        form={"refresh_token": SECRET},
    )
    seen = repr(asked)
    try:
        seen += repr(send(asked, judge))
    except ProviderError as error:
        for one in chain(error):
            seen += repr(one) + str(one) + str(one.args)
        told = traceback.TracebackException(*sys.exc_info(), capture_locals=True)
        # The frame of this very test knows the secret.
        told.stack = traceback.StackSummary.from_list([frame for frame in told.stack if frame.filename != __file__])
        seen += "".join(told.format()).replace(f'SECRET = "{SECRET}"', "")
    assert len(there.requests) >= 1
    assert SECRET not in seen
    assert SECRET not in caplog.text


def test_a_token_that_cannot_be_sent_is_not_told(there, caplog):
    asked = call(there, headers={"Authorization": f"Token {SECRET}\u2603"})
    with pytest.raises(Rejected) as caught:
        send(asked, judge)
    assert len(list(chain(caught.value))) == 1
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert there.requests == []


@pytest.mark.parametrize("body", [b"{", b"nope", b"\xff\xfe", b"[" * 100_000, b"NaN", b'{"x": Infinity}', b""])
def test_what_is_no_json_is_a_plain_error(body):
    with pytest.raises(ValueError, match="no JSON") as caught:
        Answer(200, {}, body).json()
    assert len(list(chain(caught.value))) == 1


def test_a_failure_that_our_budget_lets_nobody_ask_again_about_is_told_as_it_was(there, settings):
    settings.PROVIDER_RATES = ["deezer=1/600"]
    there.on("/x", Reply(500, ""))
    with person_waits(), pytest.raises(Unavailable) as failure:
        send(call(there), judge)
    assert failure.value.sentence == "It is broken."
    assert len(there.requests) == 1
    with person_waits(), pytest.raises(ComeBackLater):
        send(call(there), judge)
