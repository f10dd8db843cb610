"""What `record_plays` is measured against: the same work as COPY into a staging table and one statement a table.

The limit that an honest rewrite in SQL has: same tables, constraints and indexes, one transaction, and the same rows
in the end. Names come folded; whose duplicate a listen is and what it adds to a total is left out. On SQLite rows go
into the staging table by one prepared statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from integrations.types import Play
from listening.folding import fold_artist, fold_title, fold_track
from sidetrack.models import User

Row = tuple[Any, ...]

_COLUMNS = {
    "artist": "text",
    "folded_artist": "text",
    "album": "text",
    "folded_album": "text",
    "track": "text",
    "folded_track": "text",
    "started_at": "timestamptz",
    "ms_played": "integer",
    "duration_ms": "integer",
    "source_key": "text",
}
_NAMES = ", ".join(_COLUMNS)

_FRESH = """DELETE FROM staged WHERE EXISTS (SELECT 1 FROM listening_listenevent l
    WHERE l.user_id = %(user)s AND l.source = %(source)s AND l.source_key = staged.source_key)"""

_ARTISTS = """INSERT INTO listening_artist (name, folded, disambiguation, created_at, updated_at)
    SELECT min(artist), folded_artist, '', %(now)s, %(now)s FROM staged WHERE NOT EXISTS
    (SELECT 1 FROM listening_artist a WHERE a.folded = folded_artist)
    GROUP BY folded_artist ORDER BY folded_artist ON CONFLICT DO NOTHING"""

_ALBUMS = """INSERT INTO listening_album (title, artist_credit, folded_title, folded_artist, disambiguation, cover_url,
    created_at, updated_at)
    SELECT min(album), min(artist), folded_album, folded_artist, '', '', %(now)s, %(now)s FROM staged WHERE NOT EXISTS
    (SELECT 1 FROM listening_album a WHERE a.folded_artist = staged.folded_artist AND a.folded_title = folded_album)
    GROUP BY folded_artist, folded_album ORDER BY folded_artist, folded_album ON CONFLICT DO NOTHING"""

_TRACKS = """INSERT INTO listening_track (title, artist_credit, folded_title, folded_artist, disambiguation,
    duration_ms, created_at, updated_at)
    SELECT min(track), min(artist), folded_track, folded_artist, '', min(duration_ms), %(now)s, %(now)s
    FROM staged WHERE NOT EXISTS
    (SELECT 1 FROM listening_track t WHERE t.folded_artist = staged.folded_artist AND t.folded_title = folded_track)
    GROUP BY folded_artist, folded_track ORDER BY folded_artist, folded_track ON CONFLICT DO NOTHING"""

_IDS = """UPDATE staged SET
    artist_id = (SELECT min(coalesce(merged_into_id, id)) FROM listening_artist a WHERE a.folded = folded_artist),
    album_id = (SELECT min(coalesce(merged_into_id, id)) FROM listening_album a
        WHERE a.folded_artist = staged.folded_artist AND a.folded_title = folded_album),
    track_id = (SELECT min(coalesce(merged_into_id, id)) FROM listening_track t
        WHERE t.folded_artist = staged.folded_artist AND t.folded_title = folded_track)"""

_ALBUM_ARTISTS = """INSERT INTO listening_albumartist (album_id, artist_id, position)
    SELECT DISTINCT album_id, artist_id, 0 FROM staged WHERE NOT EXISTS
    (SELECT 1 FROM listening_albumartist l WHERE l.album_id = staged.album_id) ON CONFLICT DO NOTHING"""

_TRACK_ARTISTS = """INSERT INTO listening_trackartist (track_id, artist_id, position)
    SELECT DISTINCT track_id, artist_id, 0 FROM staged WHERE NOT EXISTS
    (SELECT 1 FROM listening_trackartist l WHERE l.track_id = staged.track_id) ON CONFLICT DO NOTHING"""

_ALBUM_TRACKS = """INSERT INTO listening_albumtrack (album_id, track_id, disc)
    SELECT DISTINCT album_id, track_id, 1 FROM staged WHERE NOT EXISTS
    (SELECT 1 FROM listening_albumtrack l WHERE l.album_id = staged.album_id AND l.track_id = staged.track_id)
    ON CONFLICT DO NOTHING"""

_DURATIONS = """UPDATE listening_track SET duration_ms = staged.duration_ms FROM staged
    WHERE listening_track.id = staged.track_id AND listening_track.duration_ms IS NULL"""

_LISTENS = """INSERT INTO listening_listenevent (user_id, source, kept_apart, created_at, track_id, artist_id, album_id,
    started_at, ms_played, source_key)
    SELECT %(user)s, %(source)s, FALSE, %(now)s, track_id, artist_id, album_id, started_at, ms_played, source_key
    FROM staged WHERE TRUE ON CONFLICT DO NOTHING"""

_STEPS = (_FRESH, _ARTISTS, _ALBUMS, _TRACKS, _IDS, _ALBUM_ARTISTS, _TRACK_ARTISTS, _ALBUM_TRACKS, _DURATIONS, _LISTENS)


def prepare() -> None:
    """The staging table, once for a connection: it is not what is measured."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    at_end = " ON COMMIT DELETE ROWS" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS staged ({columns}, artist_id bigint, album_id bigint, track_id bigint)"
            + at_end
        )


def folded(plays: Sequence[Play]) -> list[Row]:
    """The plays as rows of the staging table."""
    moment = connection.ops.adapt_datetimefield_value
    return [
        (
            play.artist,
            fold_artist(play.artist),
            play.album,
            fold_title(play.album or ""),
            play.track,
            fold_track(play.track),
            moment(play.started_at),
            play.ms_played,
            play.duration_ms,
            play.source_key,
        )
        for play in plays
    ]


@transaction.atomic
def store(user: User, rows: Sequence[Row], source: str) -> None:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    values = {"user": user.pk, "source": source, "now": now}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY staged ({_NAMES}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.execute("DELETE FROM staged")
            cursor.executemany(f"INSERT INTO staged ({_NAMES}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})", rows)  # noqa: S608
        for step in _STEPS:
            cursor.execute(step, values)
