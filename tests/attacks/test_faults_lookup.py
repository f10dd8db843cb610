"""Many rows looked up by their keys at once: the same rows as one by one, whatever the text, in few statements."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listening.models import Artist, ExternalId, Track
from listening.services.inserting import fill_in, insert_rows
from listening.services.listens import record_plays
from listening.services.looking import rows_by_key
from listening.services.resolving import resolve_plays
from tests.listening.plays import play

pytestmark = pytest.mark.django_db
ODD = [
    "o'brien",
    'say "yes"',
    "100%",
    "%s",
    "back\\slash",
    "123",
    "true",
    "null",
    "[1]",
    "🎵",
    "é",
    "a\tb",
    "{}",
    "$.x",
]


def test_text_of_every_kind_is_found_exactly():
    Artist.objects.bulk_create([Artist(name=text, folded=text) for text in ODD])
    found = rows_by_key(Artist, ["folded"], {(text,) for text in [*ODD, "none", "1"]}, ["folded"])
    assert sorted(text for (text,) in found) == sorted(ODD)


def test_pairs_are_found_as_pairs():
    for artist, title in [("a", "x"), ("b", "y"), ("a", "y")]:
        Track.objects.create(title=title, artist_credit=artist, folded_title=title, folded_artist=artist)
    columns = ["folded_artist", "folded_title"]
    assert set(rows_by_key(Track, columns, {("a", "x"), ("b", "y")}, columns)) == {("a", "x"), ("b", "y")}


def test_conditions_narrow():
    artist = Artist.objects.create(name="a", folded="a")
    ExternalId.objects.create(scheme="spotify", value="1", artist=artist)
    for known, found in ((True, [(artist.pk,)]), (None, [])):
        assert rows_by_key(ExternalId, ["value"], {("1",)}, ["artist"], where={"artist": known}) == found
    assert rows_by_key(ExternalId, ["value"], {("1",)}, ["artist"], where={"scheme": "isrc"}) == []
    assert rows_by_key(ExternalId, ["value"], set(), ["artist"]) == []


def test_of_namesakes_the_first_is_taken():
    first, *_ = [Artist.objects.create(name="Nirvana", folded="nirvana", disambiguation=which) for which in ("", "UK")]
    assert resolve_plays([play("Rainbow Chaser", "Nirvana")])[0].artist_id == first.pk


@pytest.mark.parametrize("many", [50, 1000])
def test_a_known_batch_takes_as_few_statements_as_a_small_one(ann, many):
    def plays():
        return [play(f"Song {n}", f"Artist {n % 40}", f"Album {n % 90}", spotify=f"{n:022d}") for n in range(many)]

    record_plays(ann, plays(), source="spotify")
    with CaptureQueriesContext(
        connection,
    ) as counted:
        outcome = record_plays(ann, plays(), source="spotify")
    assert outcome.inserted == many
    assert len(counted) <= 15, [query["sql"][:90] for query in counted]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL's planner")
@pytest.mark.parametrize("looked_at", [False, True])
def test_stale_figures_do_not_make_it_read_a_whole_history(ann, bea, looked_at):
    """The planner believes that the member has hardly a listen: figures are none, or older than the member."""
    record_plays(bea, [play(f"Song {n}", "Artist") for n in range(2000)], source="spotify")
    if looked_at:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE listening_listenevent")
    record_plays(ann, [play(f"Song {n}", "Artist") for n in range(500)], source="spotify")
    with CaptureQueriesContext(connection) as counted:
        record_plays(ann, [play(f"Song {n}", "Artist") for n in range(100)], source="spotify")
    sql = next(query["sql"] for query in counted if "source_key" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql.replace('%', '%%')}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Nested Loop" in plan
    assert "Seq Scan" not in plan
    assert "Hash" not in plan
    assert "using listen_once_per_source" in plan


def test_a_poll_of_known_plays_is_one_look_that_locks_and_writes_nothing(ann):
    plays = [play(f"Song {n}", f"Artist {n % 9}", "Album") for n in range(50)]
    record_plays(ann, plays, source="spotify")
    with CaptureQueriesContext(connection) as counted:
        outcome = record_plays(ann, plays, source="spotify")
    assert (outcome.inserted, outcome.duplicates) == (0, 50)
    assert len(counted) == 1
    assert counted[0]["sql"].startswith("SELECT")
    assert "FOR " not in counted[0]["sql"]


def test_a_poll_with_one_new_play_stores_that_one(ann):
    known, new = [play(f"Song {n}", "Artist") for n in range(50)], play("Another", "Artist")
    record_plays(ann, known, source="spotify")
    outcome = record_plays(ann, [*known, new], source="spotify")
    assert (outcome.inserted, outcome.duplicates) == (1, 50)


ROWS = [
    ('say "yes"', "back\\slash", None),
    ("o'brien, {}", '\\"', 0),
    ("NULL", "null", 2**31 - 1),
    ("100% %s", "a\tb 🎵", 7),
    ("", "comma, {curly}", 1),
]


def test_rows_of_every_kind_are_inserted_as_they_are():
    names = ["artist_credit", "title", "duration_ms", "folded_artist", "folded_title"]
    found = insert_rows(Track, names, [(*row, *row[:2]) for row in ROWS], read=["artist_credit", "title"])
    assert sorted(found) == sorted(row[:2] for row in ROWS)
    assert sorted(Track.objects.values_list("artist_credit", "title"), key=str) == sorted(
        [row[:2] for row in ROWS], key=str
    )
    assert set(Track.objects.values_list("duration_ms", flat=True)) == {None, 0, 1, 7, 2**31 - 1}


def test_rows_that_stand_are_left_and_the_others_told():
    insert_rows(Artist, ["name", "folded"], [("A", "a")])
    found = insert_rows(Artist, ["name", "folded"], [("Other", "a"), ("B", "b")], anew=True, read=["folded"])
    assert found == [("b",)]
    assert set(Artist.objects.values_list("name", flat=True)) == {"A", "B"}
    artist = Artist.objects.get(name="B")
    assert artist.disambiguation == ""
    assert artist.created_at.tzinfo is not None
    assert artist.updated_at is not None


def test_what_is_null_is_filled_in_and_what_is_known_stays():
    insert_rows(Track, ["title", "duration_ms", "folded_title"], [("a", None, "a"), ("b", 5, "b")])
    fill_in(Track, "duration_ms", dict.fromkeys(Track.objects.values_list("pk", flat=True), 9))
    assert dict(Track.objects.values_list("title", "duration_ms")) == {"a": 9, "b": 5}
