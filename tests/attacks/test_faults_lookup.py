"""Many rows looked up by their keys at once: the same rows as one by one, whatever the text, in few statements."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listening.models import Artist, ExternalId, Track
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
    assert len(counted) <= 12, [query["sql"][:90] for query in counted]


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
