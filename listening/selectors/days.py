"""Plays per day of the listener, for the line on a page."""

from __future__ import annotations

from datetime import date

from listening.periods import Series, series_of
from listening.selectors.heard import DAY, Heard, numbered_day


def days(heard: Heard) -> dict[date, int]:
    """Plays by day, days without plays left out. Two queries, shared with the clock of the same period."""
    if heard.totals and heard.totals.in_zone:
        return heard.all_days
    found: dict[date, int] = {}
    for local_hour, plays in heard.hours.items():
        day = numbered_day(local_hour // DAY)
        found[day] = found.get(day, 0) + plays
    return found


def series(heard: Heard, unit: str = "") -> Series:
    """Plays per day, or per week or month where the period is long, to its last day that has begun.

    None stands where nothing is known yet: before the first play ever. All time begins with that one.
    """
    period, counts = heard.period, days(heard)
    known_from = heard.first_play.astimezone(period.zone).date() if heard.first_play else None
    last = max([period.last_day, *counts])
    first = min([period.first_day or known_from or last, *counts])
    return series_of(counts, first, last, known_from, period.zone, unit)
