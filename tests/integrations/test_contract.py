"""One contract for all providers: whatever they answer, a call ends in a typed value or in one error of ours.

The expected outcomes are data (outcomes.py), which docs/providers.md shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from integrations import http
from integrations.budgets import DOCUMENTED
from integrations.errors import ComeBackLater, Forbidden, ProviderError
from integrations.http import Patience, patience
from integrations.providers import PROVIDERS
from tests.integrations.fake_provider import FakeProvider, Reply
from tests.integrations.outcomes import CASES, OUTCOMES, SPECIAL, Special, document
from tests.integrations.subjects import SUBJECTS, Subject, amount

HASTE = Patience(attempts=6, total=20.0, pause=1.0, connect=2.0, read=5.0, waits_for_budget=5.0)
SHORT, LONG = 0.2, 21600.0
HTML = "<!DOCTYPE html><html><title>Welcome to the hotel</title></html>"

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as there:
        yield there


@pytest.fixture
def there(provider: FakeProvider, settings: Any, monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    """The fake behind all addresses, without pauses at random and with budgets that never hold up."""
    provider.forget()
    for subject in SUBJECTS.values():
        for name, path in subject.addresses.items():
            setattr(settings, name, f"{provider.url}{path}")
        for name, value in subject.settings.items():
            setattr(settings, name, value)
    settings.SPOTIFY_ACCOUNTS_URL = provider.url
    for name in ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET", "DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET"):
        setattr(settings, name, "x")
    settings.PROVIDER_RATES = [f"{name}=1000/1" for name in DOCUMENTED]
    settings.REDIS_URL = ""
    monkeypatch.setattr(http, "random", SimpleNamespace(uniform=lambda *_: 0.0))
    return provider


def outcome(ask: Callable[[], object], there: FakeProvider) -> str:
    """What a call came to, in the words of the table."""
    before = len(there.requests)
    try:
        said = "answer" if amount(ask()) else "empty answer"
    except ProviderError as error:
        said = type(error).__name__ + (f" ({error.reason})" if isinstance(error, Forbidden) else "")
        said += " telling a token" if "canary" in f"{error!r} {error}" else ""
    sent = len(there.requests) - before
    return said if sent == 1 else f"{said}, {sent} requests"


def replies(case: str, subject: Subject) -> list[Reply]:
    """What the provider answers in a case of the table."""
    good = subject.good
    return {
        "good page": [good],
        "empty page": [subject.empty],
        "401": [Reply(401, {"message": "Unauthorized"})],
        "403": [Reply(403, "Forbidden")],
        "404": [Reply(404, {"message": "Not found"})],
        "slow down for a moment": [subject.busy(SHORT), good],
        "slow down for 6 hours": [subject.busy(LONG)],
        "slow down, without a time": [subject.busy(None)],
        "500": [Reply(500, {"message": "Internal error"})],
        "502 as HTML, then good": [Reply(502, HTML, type="text/html"), good],
        "no answer in time": [replace(good, delay=0.4)],
        "connection reset": [Reply(reset=True)],
        "garbage": [Reply(200, b"\x00\xff{{{", type="application/json")],
        "JSON cut short": [Reply(200, good.content[:-9], type="application/json")],
        "connection cut short": [replace(good, cut=True)],
        "a list, a number": [Reply(200, b"[7]", type="application/json")],
        "another shape": [Reply(200, {"hello": ["world"]})],
        "HTML with 200": [Reply(200, HTML, type="text/html")],
        "wrong content type": [replace(good, type="image/png")],
        "sent elsewhere (302)": [Reply(302, "", {"Location": "http://169.254.169.254/"})],
    }[case]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", SUBJECTS)
def test_every_provider_keeps_the_contract(name: str, case: str, there: FakeProvider):
    subject = SUBJECTS[name]
    there.on(subject.path, *replies(case, subject))
    haste = replace(HASTE, read=0.1) if case == "no answer in time" else HASTE
    with patience(haste):
        assert outcome(subject.ask, there) == OUTCOMES[case][name]


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_short_pause_is_waited_for(name: str, there: FakeProvider):
    subject = SUBJECTS[name]
    there.on(subject.path, subject.busy(SHORT), subject.good)
    with patience(HASTE):
        subject.ask()
    first, second = there.requests
    assert second.at - first.at >= SHORT


@pytest.mark.parametrize("name", SUBJECTS)
def test_nothing_is_sent_during_a_long_pause_and_nobody_sleeps_through_it(name: str, there: FakeProvider):
    subject = SUBJECTS[name]
    there.on(subject.path, subject.busy(LONG), subject.good)
    began = time.monotonic()
    with patience(HASTE):
        with pytest.raises(ComeBackLater) as first:
            subject.ask()
        with pytest.raises(ComeBackLater) as second:
            subject.ask()
    assert len(there.requests) == 1
    assert first.value.until == second.value.until
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_request_says_who_we_are(name: str, there: FakeProvider):
    subject = SUBJECTS[name]
    there.on(subject.path, subject.good)
    with patience(HASTE):
        subject.ask()
    expected = "DiscordBot (" if name == "discord" else "Sidetrack/"
    assert there.requests[0].headers["user-agent"].startswith(expected)
    assert "canary" not in str(there.requests[0].query)


@pytest.mark.parametrize("special", SPECIAL, ids=lambda one: f"{one.provider}: {one.says}")
def test_what_a_provider_means_by_a_refusal_of_its_own(special: Special, there: FakeProvider):
    there.on("*", special.reply)
    with patience(replace(HASTE, attempts=2)):
        assert outcome(special.ask or SUBJECTS[special.provider].ask, there) == special.outcome


def test_no_provider_is_left_out():
    assert set(SUBJECTS) == set(PROVIDERS)
    assert all(set(row) == set(PROVIDERS) for row in OUTCOMES.values())


def test_the_docs_show_these_outcomes():
    path = Path(__file__).resolve().parents[2] / "docs" / "providers.md"
    text = path.read_text(encoding="utf-8")
    assert text == document(text), "Run `python -m tests.integrations.outcomes`."
