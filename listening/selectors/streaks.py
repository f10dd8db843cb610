"""Days in a row with a play on each, in the listener's own days."""

from __future__ import annotations

from listening.periods import Streaks, streaks_of
from listening.selectors.heard import Heard


def streaks(heard: Heard) -> Streaks:
    """The current and the longest of all time, whatever the period. Two queries."""
    return streaks_of(list(heard.all_days), heard.today, heard.period.zone)
