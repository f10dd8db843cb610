"""When in the week a member listens, on their own clock."""

from __future__ import annotations

from listening.selectors.heard import DAY, Heard


def clock(heard: Heard) -> dict[tuple[int, int], int]:
    """Plays by (weekday from Monday 0, hour). Two queries, shared with the days of the same period."""
    kept = heard.totals.hours() if heard.totals else None
    if kept is not None:
        return kept
    found: dict[tuple[int, int], int] = {}
    for local_hour, plays in heard.hours.items():
        day, hour = divmod(local_hour, DAY)
        place = (day + 3) % 7, hour  # 1 January 1970 was a Thursday
        found[place] = found.get(place, 0) + plays
    return found
