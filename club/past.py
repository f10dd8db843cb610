"""A row of a club's past, read from CSV (docs/import-weeks.md). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sidetrack.errors import Invalid

REQUIRED = ("number", "date_discussion", "album", "artist")
FURTHER = ("label", "year", "spotify_id", "musicbrainz_id", "cover_url", "nominator", "nominator_discord_id", "pitch")
COLUMNS = REQUIRED + FURTHER


@dataclass(frozen=True)
class PastWeek:
    """A week that was and the album that won it; `nominator` is a username or a name shown."""

    number: int
    date_discussion: datetime
    album: str
    artist: str
    label: str = ""
    year: int | None = None
    cover_url: str = ""
    external_ids: dict[str, str] = field(default_factory=dict)
    nominator: str = ""
    nominator_discord_id: str = ""
    pitch: str = ""


def unknown_columns(header: list[str]) -> list[str]:
    return [column for column in header if column and column not in COLUMNS]


def missing_columns(header: list[str]) -> list[str]:
    return [column for column in REQUIRED if column not in header]


def past_week(row: Mapping[str, str | None]) -> PastWeek:
    """The row as values; Invalid naming the column that is wrong."""
    cell = {column: (row.get(column) or "").strip() for column in COLUMNS}
    for column in REQUIRED:
        if not cell[column]:
            raise Invalid("This may not be empty.", attr=column, code="blank")
    ids = {scheme: cell[f"{scheme}_id"] for scheme in ("spotify", "musicbrainz") if cell[f"{scheme}_id"]}
    texts = ("album", "artist", "label", "cover_url", "nominator", "nominator_discord_id", "pitch")
    return PastWeek(
        number=_whole(cell["number"], "number"),
        date_discussion=_moment(cell["date_discussion"]),
        year=_whole(cell["year"], "year") if cell["year"] else None,
        external_ids=ids,
        **{name: cell[name] for name in texts},
    )


def _whole(text: str, attr: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise Invalid("Give a whole number.", attr=attr, code="invalid")
    return int(text)


def _moment(text: str) -> datetime:
    """2023-05-01 or 2023-05-01T20:00; UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid("Give the date as 2023-05-01 or 2023-05-01T20:00.", attr="date_discussion") from None
