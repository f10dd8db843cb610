"""The pictures of the site, drawn on the server: {% ratings_chart %}, {% poll_chart %}, {% day_chart %},
{% clock_chart %}.

Each has a title, a description, a visible key, direct labels, and a table of the same numbers. No
style attributes: the strict content security policy stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import template

from sidetrack import charts

register = template.Library()

Context = dict[str, Any]

_HOUR_MARKS = [(hour, 30 + hour * charts.CELL) for hour in (0, 6, 12, 18)]
"""Hours written above the heatmap, and where."""


@register.inclusion_tag("charts/ratings.html")
def ratings_chart(summary: Mapping[str, Any], own: Decimal | str | None = None) -> Context:
    """`summary` is ratings/summary of the API: {"average", "count", "distribution"}."""
    average = Decimal(summary["average"]) if summary["average"] else None
    mine = Decimal(own) if own else None
    return {
        "summary": summary,
        "own": mine,
        "histogram": charts.histogram(summary["distribution"], average, mine),
    }


@register.inclusion_tag("charts/poll.html")
def poll_chart(poll: Mapping[str, Any]) -> Context:
    """`poll` is votes/summary of the API."""
    best = max((row["points"] for row in poll["ranking"]), default=0)
    rows = [
        {
            **row,
            "first_width": charts.share(2 * row["first_place_votes"], best),
            "second_width": charts.share(row["second_place_votes"], best),
            "won": row["nomination_id"] == poll["winner_nomination_id"],
        }
        for row in poll["ranking"]
    ]
    return {"poll": poll, "rows": rows}


@register.simple_tag
def bar(value: int, whole: int) -> int:
    """Length of a bar on a ground of 1000."""
    return charts.share(value, whole)


@register.inclusion_tag("charts/days.html")
def day_chart(points: Sequence[tuple[date, int | None]], unit: str, name: str) -> Context:
    """Plays per `unit` (day, week or month), each point by its first day; None is a gap."""
    line = charts.line(points)
    played = [(day, plays) for day, plays in line.points if plays]
    return {"line": line, "unit": unit, "name": name, "played": played, "total": sum(plays for _, plays in played)}


@register.inclusion_tag("charts/clock.html")
def clock_chart(counts: Mapping[tuple[int, int], int], name: str) -> Context:
    """Plays by hour and weekday: `counts` by (weekday from Monday 0, hour)."""
    return {"map": charts.heatmap(counts), "name": name, "marks": _HOUR_MARKS}


@register.filter
def largest(rows: Iterable[Any], attribute: str) -> int:
    """The largest value of an attribute or key among rows; 0 without rows."""
    values = (row.get(attribute) if isinstance(row, dict) else getattr(row, attribute, 0) for row in rows)
    return max((int(value or 0) for value in values), default=0)
