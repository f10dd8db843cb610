"""Statistics of a member's listening over the API: summary, clock, days, streaks, firsts and top lists.

Days and hours are the listener's own, on their clock. Everything is counted when it is asked for.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.http import urlencode
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from listening.api.people import PERSON, listener_or_404
from listening.periods import LENGTHS, NAMED, RANGE, USUAL, Streak, day_of, period_of
from listening.selectors.clock import clock
from listening.selectors.days import series
from listening.selectors.firsts import first_albums, first_artists, new_share
from listening.selectors.heard import Heard
from listening.selectors.plays import as_text, first_play
from listening.selectors.stats import as_period, summary_of
from listening.selectors.streaks import streaks
from listening.selectors.tops import TOPS
from sidetrack.errors import Invalid
from sidetrack.text import checked_line

MOST, FURTHEST = 100, 100_000
UNITS = ("day", "week", "month")

_PERIOD = [
    OpenApiParameter(
        "period",
        str,
        enum=[*NAMED, RANGE],
        description=f"Default {USUAL}. {', '.join(LENGTHS)} go back from now; today, week (from Monday), month and "
        "year begin at midnight in the listener's time zone; range is from `from` to `to`.",
    ),
    OpenApiParameter("from", str, description="First day of a range, 2025-11-24, in the listener's time zone."),
    OpenApiParameter("to", str, description="Last day of a range, included."),
]
_PAGE = [
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 10}),
    OpenApiParameter("offset", {"type": "integer", "minimum": 0, "maximum": FURTHEST, "default": 0}),
]


class _OfPeriod(serializers.Serializer[Any]):
    """`from` and `to` are the first moment and the first no more; null where there is no such end."""

    period = serializers.ChoiceField(choices=[*NAMED, RANGE])
    to = serializers.DateTimeField(allow_null=True)
    computed_at = serializers.DateTimeField(help_text="When this was counted.")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": serializers.DateTimeField(allow_null=True)}


class CountBefore(serializers.Serializer[Any]):
    listens = serializers.IntegerField()
    ms_played = serializers.IntegerField()


class ListeningSummary(_OfPeriod):
    listens = serializers.IntegerField()
    ms_played = serializers.IntegerField(help_text="Sum over the listens whose source tells it.")
    listens_timed = serializers.IntegerField(help_text="How many listens that are.")
    previous = CountBefore(allow_null=True, help_text="The period before, as far as this one has gone.")
    top_artists = serializers.ListField(child=serializers.DictField())
    top_albums = serializers.ListField(child=serializers.DictField())
    top_tracks = serializers.ListField(child=serializers.DictField())
    top_genres = serializers.ListField(child=serializers.DictField())


class ListeningClock(_OfPeriod):
    listens = serializers.IntegerField()
    weekdays = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=24, max_length=24),
        min_length=7,
        max_length=7,
        help_text="Plays by weekday, Monday first, and hour.",
    )


class DayOfPlays(serializers.Serializer[Any]):
    date = serializers.DateField(help_text="The day, or the first day of the week or month.")
    plays = serializers.IntegerField(allow_null=True, help_text="Null where nothing is known yet.")


class ListeningDays(_OfPeriod):
    unit = serializers.ChoiceField(choices=UNITS)
    results = DayOfPlays(many=True)


class StreakShape(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    first = serializers.DateField()
    last = serializers.DateField()


class ListeningStreaks(serializers.Serializer[Any]):
    current = StreakShape(allow_null=True)
    longest = StreakShape(allow_null=True)
    computed_at = serializers.DateTimeField()


class NewPlays(serializers.Serializer[Any]):
    new = serializers.IntegerField(help_text="Plays of artists never heard before this period.")
    listens = serializers.IntegerField()


class ListeningFirsts(_OfPeriod):
    first_play = serializers.DictField(allow_null=True, help_text="The first play ever known, whatever the period.")
    artists = serializers.ListField(child=serializers.DictField(), help_text="Newest first.")
    albums = serializers.ListField(child=serializers.DictField(), help_text="Newest first.")
    new_share = NewPlays(allow_null=True, help_text="Null of all time.")


class TopList(_OfPeriod):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = serializers.ListField(child=serializers.DictField())


class SummaryOf(APIView):
    @extend_schema(
        operation_id="users_summary",
        summary="Counts and top lists of a member for a period",
        parameters=[PERSON, *_PERIOD],
        responses=ListeningSummary,
    )
    def get(self, request: Request, pk: str) -> Response:
        return Response(summary_of(_heard(request, pk)).as_json())


class ClockOf(APIView):
    @extend_schema(
        operation_id="users_listening_clock",
        summary="When in the week a member listens",
        parameters=[PERSON, *_PERIOD],
        responses=ListeningClock,
    )
    def get(self, request: Request, pk: str) -> Response:
        heard = _heard(request, pk)
        counts = clock(heard)
        weekdays = [[counts.get((weekday, hour), 0) for hour in range(24)] for weekday in range(7)]
        return _of_period(heard, {"listens": sum(counts.values()), "weekdays": weekdays})


class DaysOf(APIView):
    @extend_schema(
        operation_id="users_listening_days",
        summary="A member's plays per day, week or month",
        parameters=[
            PERSON,
            *_PERIOD,
            OpenApiParameter("unit", str, enum=UNITS, description="The finest that stays readable unless given."),
        ],
        responses=ListeningDays,
    )
    def get(self, request: Request, pk: str) -> Response:
        heard = _heard(request, pk)
        unit = _line(request, "unit")
        if unit and unit not in UNITS:
            raise Invalid(f"Use one of {', '.join(UNITS)}.", attr="unit", code="invalid_choice")
        drawn = series(heard, unit)
        results = [{"date": day.isoformat(), "plays": plays} for day, plays in drawn.points]
        return _of_period(heard, {"unit": drawn.unit, "results": results})


class StreaksOf(APIView):
    @extend_schema(
        operation_id="users_listening_streaks",
        summary="Days in a row on which a member listened: the current streak and the longest",
        parameters=[PERSON],
        responses=ListeningStreaks,
    )
    def get(self, request: Request, pk: str) -> Response:
        owner = listener_or_404(request, pk)
        heard = Heard(owner, period_of("all", owner.zone, timezone.now()))
        found = streaks(heard)
        return Response(
            {
                "current": _streak(found.current),
                "longest": _streak(found.longest),
                "computed_at": as_text(heard.period.now),
            }
        )


class FirstsOf(APIView):
    @extend_schema(
        operation_id="users_listening_firsts",
        summary="What a member heard for the first time in a period",
        parameters=[PERSON, *_PERIOD, *_PAGE],
        responses=ListeningFirsts,
    )
    def get(self, request: Request, pk: str) -> Response:
        heard = _heard(request, pk)
        limit, offset = _number(request, "limit", 1, MOST, 10), _number(request, "offset", 0, FURTHEST, 0)
        first, share = first_play(heard.user), new_share(heard)
        return _of_period(
            heard,
            {
                "first_play": first.as_json() if first else None,
                "artists": [row.as_json() for row in first_artists(heard, limit, offset)],
                "albums": [row.as_json() for row in first_albums(heard, limit, offset)],
                "new_share": {"new": share.new, "listens": share.plays} if share else None,
            },
        )


class TopOf(APIView):
    @extend_schema(
        operation_id="users_listening_top",
        summary="What a member played most in a period",
        parameters=[PERSON, OpenApiParameter("kind", str, "path", enum=list(TOPS)), *_PERIOD, *_PAGE],
        responses=TopList,
    )
    def get(self, request: Request, pk: str, kind: str) -> Response:
        heard = _heard(request, pk)
        limit, offset = _number(request, "limit", 1, MOST, 10), _number(request, "offset", 0, FURTHEST, 0)
        rows = [row.as_json() for row in TOPS[kind](heard, limit + 1, offset)]
        more = len(rows) > limit and offset + limit <= FURTHEST
        return _of_period(
            heard,
            {
                "next": _address(request, offset + limit) if more else None,
                "previous": _address(request, max(0, offset - limit)) if offset else None,
                "results": rows[:limit],
            },
        )


def _heard(request: Request, pk: str) -> Heard:
    owner = listener_or_404(request, pk)
    first, last = day_of(_line(request, "from"), "from"), day_of(_line(request, "to"), "to")
    usual = "" if first or last else USUAL
    key = _line(request, "period") if "period" in request.query_params else usual
    return Heard(owner, period_of(key, owner.zone, timezone.now(), first=first, last=last))


def _of_period(heard: Heard, found: dict[str, Any]) -> Response:
    return Response({**as_period(heard.period), **found, "computed_at": as_text(heard.period.now)})


def _streak(streak: Streak | None) -> dict[str, Any] | None:
    if streak is None:
        return None
    return {"days": streak.days, "first": streak.first.isoformat(), "last": streak.last.isoformat()}


def _line(request: Request, name: str) -> str:
    return checked_line(request.query_params.get(name, ""), name, 20, required=False)


def _number(request: Request, name: str, least: int, most: int, usual: int) -> int:
    given = _line(request, name) or str(usual)
    if not (given.isascii() and given.isdigit() and least <= int(given) <= most):
        raise Invalid(f"Give a number from {least} to {most}.", attr=name, code="out_of_range")
    return int(given)


def _address(request: Request, offset: int) -> str:
    asked = {**request.query_params.dict(), "offset": str(offset)}
    return request.build_absolute_uri(f"{request.path}?{urlencode(asked)}")
