"""Totals of all time, of members who have them (listening/services/totals.py). Exact at any moment, so never stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from listening.models import AlbumTag, ListenTotal, Tag, TotalsState
from sidetrack.models import User

Kind = ListenTotal.Kind


@dataclass(frozen=True)
class Totals:
    """Everything a member ever heard. `timed` of the `plays` tell how long they were, `ms` in sum."""

    user_id: int
    plays: int
    ms: int
    timed: int
    built_at: datetime
    # False while days and hours are still those of the zone the member has left: read the listens then.
    in_zone: bool

    def top(self, kind: str, limit: int, offset: int = 0) -> list[tuple[int, int]]:
        """(id, plays) of artists, albums or tracks; most played first, equals in order of id."""
        return list(self.ranked(kind)[offset : offset + limit])

    def ranked(self, kind: str) -> QuerySet[Any, Any]:
        """The same as a query: columns `item` and `n`."""
        return self._rows(kind).annotate(n=F("plays")).order_by("-n", "item").values_list("item", "n")

    def different(self, kind: str) -> int:
        """How many different artists, albums or tracks."""
        return self._rows(kind).count()

    def genres(self, limit: int, offset: int = 0) -> list[tuple[str, int]]:
        """(name, plays): each play once for every genre of its album, whoever says so; equals in order of name."""
        tags, said, totals = (connection.ops.quote_name(m._meta.db_table) for m in (Tag, AlbumTag, ListenTotal))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT g.name, SUM(t.plays) FROM {tags} g "  # noqa: S608 - our own names
                f"JOIN (SELECT DISTINCT album_id, tag_id FROM {said}) s ON s.tag_id = g.id "
                f"JOIN {totals} t ON t.item = s.album_id AND t.user_id = %s AND t.kind = %s "
                "WHERE g.kind = %s GROUP BY g.name",
                [self.user_id, Kind.ALBUM, Tag.Kind.GENRE],
            )
            ranked = sorted(
                ((name, int(plays)) for name, plays in cursor.fetchall()), key=lambda row: (-row[1], row[0])
            )
        return ranked[offset : offset + limit]

    def days(self) -> dict[date, int] | None:
        """Plays by the listener's day; None while these are of another zone."""
        if not self.in_zone:
            return None
        return {date.fromordinal(item): plays for item, plays in self._rows(Kind.DAY).values_list("item", "plays")}

    def hours(self) -> dict[tuple[int, int], int] | None:
        """Plays by (weekday from Monday 0, hour) on the listener's clock; None while these are of another zone."""
        if not self.in_zone:
            return None
        return {divmod(item, 24): plays for item, plays in self._rows(Kind.HOUR).values_list("item", "plays")}

    def firsts(
        self, kind: str, since: datetime | None = None, until: datetime | None = None, limit: int = 10, offset: int = 0
    ) -> list[tuple[int, datetime]]:
        """(id, when) of what was heard for the first time from `since` to before `until`; newest first."""
        bounds: dict[str, Any] = {"first_at__gte": since, "first_at__lt": until}
        rows = self._rows(kind).filter(**{name: at for name, at in bounds.items() if at is not None})
        found = rows.order_by("-first_at", "item").values_list("item", "first_at")[offset : offset + limit]
        return [(item, at) for item, at in found if at is not None]

    def _rows(self, kind: str) -> QuerySet[ListenTotal]:
        return ListenTotal.objects.filter(user=self.user_id, kind=kind)


def totals_of(user: User) -> Totals | None:
    """A member's totals in one query; None where their listens are to be read directly."""
    state = TotalsState.objects.filter(user=user).first()
    if state is None:
        return None
    return Totals(user.pk, state.plays, state.ms, state.timed, state.built_at, state.zone == user.time_zone)
