"""When something is, said as people say it: near times relative, far ones by date. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

MINUTE, HOUR, DAY = 60, 3600, 86400


def _count(seconds: float) -> str:
    for unit, size in (("day", DAY), ("hour", HOUR), ("minute", MINUTE)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "a moment"


def day_of(moment: datetime) -> str:
    """24 Nov 2025"""
    return f"{moment.day} {moment:%b} {moment.year}"


def full(moment: datetime) -> str:
    """Mon 24 Nov 2025, 14:20 CET"""
    return f"{moment:%a} {day_of(moment)}, {moment:%H:%M %Z}".strip()


def spoken(moment: datetime, now: datetime) -> str:
    """Both in the reader's zone. Within a week relative ("in 2 days", "3 hours ago"), else the date."""
    gap = (moment - now).total_seconds()
    if abs(gap) >= 7 * DAY:
        return day_of(moment)
    if abs(gap) < MINUTE:
        return "just now" if gap <= 0 else "in a moment"
    days = (moment.date() - now.date()).days
    if abs(gap) >= 6 * HOUR and days in (-1, 1):
        return f"{'tomorrow' if days == 1 else 'yesterday'} at {moment:%H:%M}"
    return f"in {_count(gap)}" if gap > 0 else f"{_count(-gap)} ago"


def minutes_and_seconds(ms: int) -> str:
    """3:07, or 1:02:45 from an hour on."""
    whole = timedelta(seconds=max(0, ms) // 1000)
    hours, rest = divmod(int(whole.total_seconds()), HOUR)
    minutes, seconds = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def hours_listened(ms: int) -> str:
    """ "41 minutes", "12 hours"."""
    return _count(ms / 1000) if ms < DAY * 1000 else f"{ms // (HOUR * 1000):,} hours"
