"""What the answers of the smaller providers have in common: what a status means, and that a good one is an object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from integrations.errors import BadAnswer, Busy, Forbidden, NotThere, ProviderError, Rejected, Unavailable
from integrations.http import Answer, Call, Judge
from integrations.providers.reading import spoiled
from integrations.retry_after import retry_after_of

Meanings = Mapping[int, Callable[[Call, Answer], ProviderError]]
"""What a provider means by some statuses."""


def body_of(answer: Answer) -> Any:
    """The body as JSON, whatever its content type says; None for anything that is none: some refuse in plain text."""
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


def told_wait(answer: Answer) -> float | None:
    """Seconds that `Retry-After` asks for, or None."""
    return retry_after_of(answer.headers, timezone.now())


def by_status(provider: str, label: str, answer: Answer) -> ProviderError | None:
    """What the status alone says."""
    status = answer.status
    if status == 429:
        return busy(provider, label, told_wait(answer))
    if status >= 500:
        return Unavailable(provider, f"{label} stopped answering.")
    if status in (401, 403):
        return Forbidden(provider, f"{label} does not let us in.")
    if status in (404, 410):
        return NotThere(provider, f"{label} does not know this.")
    if status >= 400:
        return Rejected(provider, f"{label} did not understand what we asked.")
    return None if 200 <= status < 300 else garbled(provider, label)


def busy(provider: str, label: str, seconds: float | None = None) -> Busy:
    return Busy(provider, f"{label} asks us to slow down.", retry_after=seconds)


def garbled(provider: str, label: str) -> BadAnswer:
    """Another shape than the provider's."""
    return BadAnswer(provider, f"{label} answered something we cannot read.")


def json_judge(provider: str, label: str, meanings: Meanings | None = None, *types: str) -> Judge:
    """A judge for who keeps to HTTP: the status decides, and a good answer is a JSON object.

    `types` are content types to take besides JSON's own.
    """

    def judge(call: Call, answer: Answer) -> ProviderError | None:
        if meanings and answer.status in meanings:
            return meanings[answer.status](call, answer)
        return by_status(provider, label, answer) or spoiled(call, answer, *types)

    return judge
