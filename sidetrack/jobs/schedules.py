"""When a job runs by itself: every so many seconds, or daily at a time of day in UTC. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta


@dataclass(frozen=True)
class Every:
    """Every `seconds`, counted from the last start: what was missed runs once."""

    seconds: int

    def first(self, now: datetime) -> datetime:
        return now

    def after(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        return f"every {self.seconds} seconds"


@dataclass(frozen=True)
class Daily:
    """Once a day at `at`, UTC, so that no hour is doubled or lost to summer time."""

    at: time

    def first(self, now: datetime) -> datetime:
        return self.after(now)

    def after(self, now: datetime) -> datetime:
        today = now.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)

    def __str__(self) -> str:
        return f"daily at {self.at:%H:%M} UTC"


Schedule = Every | Daily


def every(*, seconds: int) -> Every:
    """A schedule of `seconds` (at least 1) between starts."""
    if seconds < 1:
        raise ValueError("A schedule needs at least one second between runs.")
    return Every(seconds)


def daily(at: str) -> Daily:
    """A schedule at "HH:MM" in UTC."""
    return Daily(time.fromisoformat(at))
