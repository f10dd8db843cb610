"""Two entries of the catalogue become one, and two again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listening.folding import fold_artist, fold_title
from listening.models import (
    Album,
    AlbumArtist,
    AlbumTag,
    AlbumTrack,
    Artist,
    ExternalId,
    ListenEvent,
    LookAlike,
    Merge,
    MergeChange,
    Tag,
    Track,
)
from listening.selectors.albums import album_card, search_albums, search_tracks, track_card
from listening.selectors.merges import not_put_back
from listening.services.catalogue import AlbumRef, ensure_album, tag_album
from listening.services.merging import ask_for_stalled, merge_entries, pair_of, preview, run_merge, undo_merge
from listening.services.repairing import add_tags, refresh_album, rename_artist, repair_album
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, NotAllowed, NotFound
from sidetrack.models import AuditEvent, JobRun
from tests.jobs import drain
from tests.listening.merging import covered, heard, keys_to_the_catalogue, merge, orphans, snapshot, undo

pytestmark = pytest.mark.django_db

ONE_ID, OTHER_ID = "1b022e01-4da6-387b-8658-8678046e4cef", "2c022e01-4da6-387b-8658-8678046e4cef"


def album(title: str, artist: str, year: int | None = None, **ids: str) -> Album:
    ref = AlbumRef(title=title, artist=artist, year=year, external_ids=ids)
    return ensure_album(ref, by=SITE, source="test")[0]


@pytest.fixture
def pair(db) -> tuple[Album, Album]:
    """An album that came in twice under names no folding makes one."""
    return album("Debut", "Bjork Gudmundsdottir"), album("Debut", "Björk")


def test_every_key_to_the_catalogue_is_answered_for():
    assert covered() == keys_to_the_catalogue()


def test_everything_follows_the_winner_and_nothing_points_at_the_alias(ann, bea, pair):
    for person in (ann, bea):
        heard(person, "Human Behaviour", "Bjork Gudmundsdottir", "Debut")
        heard(person, "Crying", "Björk", "Debut")
    merged = merge(*pair)
    assert merged.state == Merge.State.DONE
    assert ListenEvent.objects.filter(album=pair[1]).count() == 4
    assert set(AlbumTrack.objects.values_list("album_id", flat=True)) == {pair[1].pk}
    assert orphans() == []


def test_an_artist_and_a_track_are_merged_too(ann):
    for artist in ("Sigur Ros", "Sigur Rós Band"):
        heard(ann, "Glosoli", artist, "Takk")
    one, other = Artist.objects.order_by("pk")
    merge(one, other)
    first, second = Track.objects.order_by("pk")
    merge(first, second)
    events = ListenEvent.objects.all()
    assert {(event.artist_id, event.track_id) for event in events} == {(other.pk, second.pk)}
    assert orphans() == []


def test_the_names_and_ids_of_the_loser_lead_to_the_winner(ann, pair):
    loser, winner = pair
    ExternalId.objects.create(scheme="musicbrainz", value=ONE_ID, album=loser)
    merge(loser, winner)
    assert album(loser.title, loser.artist_credit) == winner
    assert ensure_album(AlbumRef(id=loser.pk), by=SITE, source="test")[0] == winner
    assert album("Another name", "Another artist", musicbrainz=ONE_ID) == winner
    heard(ann, "Big Time Sensuality", loser.artist_credit, loser.title)
    assert ListenEvent.objects.get().album == winner


def test_whoever_finds_an_album_finds_what_it_is_now(ann, mo, web, api, pair):
    loser, winner = pair
    heard(ann, "Human Behaviour", "Bjork Gudmundsdottir", "Debut")
    heard(ann, "Human Behaviour", "Björk", "Debut")
    one, other = Track.objects.order_by("pk")
    merge(loser, winner)
    merge(one, other)
    assert album_card(loser.pk).id == winner.pk
    assert [card.id for card in search_albums("gudmundsdottir")] == [winner.pk]
    assert [card.id for card in search_albums("debut")] == [winner.pk]
    assert [found["id"] for found in search_tracks("human behaviour")] == [other.pk]
    assert track_card(one.pk)["id"] == other.pk
    assert web(ann).get(f"/albums/{loser.pk}/").url == f"/albums/{winner.pk}/"
    assert web(ann).get(f"/albums/{loser.pk}/tracks/").status_code == 200
    assert api(ann).get(f"/api/v1/music/albums/{loser.pk}").json()["id"] == winner.pk
    assert api(ann).get(f"/api/v1/music/tracks/{one.pk}").json()["id"] == other.pk
    assert api(ann).post(f"/api/v1/music/albums/{loser.pk}/refresh").json()["album_id"] == winner.pk


def test_a_known_album_costs_no_query_more_for_being_no_alias(pair):
    with CaptureQueriesContext(connection) as counted:
        album_card(pair[1].pk)
    assert len(counted) == 1


def test_an_alias_is_not_repaired_but_what_it_became(mo, pair):
    loser, winner = pair
    artist, other = Artist.objects.order_by("pk")
    merge(loser, winner)
    merge(artist, other)
    by = Actor(user=mo)
    for act in (
        lambda: repair_album(loser, by=by, title="Debut!", reason="x"),
        lambda: add_tags(loser, genres=["pop"], decade="", country="", by=by),
        lambda: rename_artist(artist, "Bjork G.", by=by),
    ):
        with pytest.raises(Conflict, match="part of"):
            act()
    refresh_album(loser.pk)
    with pytest.raises(Conflict, match=f"part of {winner} .number {winner.pk}. now"):
        repair_album(album("Post", "X"), by=by, title=loser.title, artist_credit=loser.artist_credit)
    assert orphans() == []


def test_what_the_winner_lacks_it_takes_and_gives_back(ann, pair):
    loser, winner = pair
    Album.objects.filter(pk=loser.pk).update(year=1993, cover_url="https://example.com/1.jpg")
    before = snapshot()
    merged = merge(loser, winner)
    winner.refresh_from_db()
    assert (winner.year, winner.cover_url) == (1993, "https://example.com/1.jpg")
    undo(merged)
    assert snapshot() == before


def test_rows_the_winner_has_the_like_of_are_kept_in_the_journal(mo, pair):
    loser, winner = pair
    by = Actor(user=mo)
    for each in pair:
        tag_album(each, genres=["pop"], source="moderator", by=by)
        AlbumArtist.objects.get_or_create(album=each, artist=Artist.objects.order_by("pk")[0])
    tag_album(loser, genres=["house"], source="moderator", by=by)
    before = snapshot()
    merged = merge(loser, winner)
    assert sorted(AlbumTag.objects.filter(album=winner).values_list("tag__name", flat=True)) == ["house", "pop"]
    assert MergeChange.objects.filter(merge=merged, dropped__isnull=False).count() == 2
    undo(merged)
    assert snapshot() == before


def test_the_decade_follows_the_year_of_the_winner():
    one, other = album("Blue", "Joni M", 1969), album("Blue", "Joni Mitchell", 1971)
    merged = merge(one, other)
    assert [said.tag.name for said in AlbumTag.objects.filter(album=other)] == ["1970s"]
    undo(merged)
    assert [said.tag.name for said in AlbumTag.objects.filter(album=one)] == ["1960s"]


def test_merge_undo_and_merge_again(ann, pair):
    for n in range(3):
        heard(ann, f"Song {n}", pair[0].artist_credit, "Debut")
    before = snapshot()
    for _ in range(2):
        merged = merge(*pair)
        assert ListenEvent.objects.filter(album=pair[1]).count() == 3
        assert undo(merged).state == Merge.State.UNDONE
        assert snapshot() == before
    merge(*reversed(pair))
    assert ListenEvent.objects.filter(album=pair[0]).count() == 3
    assert orphans() == []


def test_what_came_after_the_merge_stays_with_the_winner(ann, pair):
    heard(ann, "Venus as a Boy", pair[0].artist_credit, "Debut")
    merged = merge(*pair)
    heard(ann, "Crying", pair[0].artist_credit, "Debut")
    undo(merged)
    assert sorted(ListenEvent.objects.values_list("track__title", "album")) == [
        ("Crying", pair[1].pk),
        ("Venus as a Boy", pair[0].pk),
    ]


def test_aliases_of_the_loser_lead_to_the_winner_without_a_chain(pair):
    third = album("Debut", "Bjoerk")
    first = merge(*pair)
    second = merge(pair[1], third)
    assert set(Album.objects.exclude(pk=third.pk).values_list("merged_into", flat=True)) == {third.pk}
    with pytest.raises(Conflict, match="Undo that first"):
        undo(first)
    undo(second)
    assert Album.objects.get(pk=pair[0].pk).merged_into_id == pair[1].pk
    undo(first)
    assert not Album.objects.exclude(merged_into=None).exists()


def test_an_earlier_merge_is_undone_before_a_later_one_unless_that_builds_on_it(mo):
    """A's tag moved to the winner; B's like of it was dropped for that: A's goes only when B's is back."""
    one, two, winner = album("Debut", "A"), album("Debut", "B"), album("Debut", "C")
    by = Actor(user=mo)
    first = merge(one, winner)
    second = merge(two, winner)
    undo(first)
    assert Album.objects.get(pk=two.pk).merged_into_id == winner.pk
    undo(second)
    tag_album(one, genres=["pop"], source="moderator", by=by)
    tag_album(two, genres=["pop"], source="moderator", by=by)
    before = snapshot()
    merged = [merge(one, winner), merge(two, winner)]
    undo(merged[1])
    undo(merged[0])
    assert snapshot() == before


def test_a_row_whose_place_is_taken_is_named_and_the_rest_goes_back(mo, pair):
    loser, winner = pair
    by = Actor(user=mo)
    for each in pair:
        tag_album(each, genres=["pop"], source="moderator", by=by)
    merged = merge(loser, winner)
    Tag.objects.get(name="pop").album_tags.all().delete()
    Tag.objects.get(name="pop").delete()
    undo(merged)
    assert AuditEvent.objects.get(verb="album.unmerge").after["stays"] == ["album tags (1)"]
    assert not_put_back(Merge.objects.get()) == ["album tags (1)"]
    assert list(MergeChange.objects.filter(merge=merged, undone=False).values_list("model", flat=True)) == [
        "listening.albumtag"
    ]
    assert Album.objects.get(pk=loser.pk).merged_into_id is None


def test_what_speaks_against_it_is_shown_and_has_to_be_meant(pair):
    one, other = album("Blue", "Joni M", 1961, musicbrainz=ONE_ID), album("Blue", "Joni Mitchell", 1971)
    ExternalId.objects.create(scheme="musicbrainz", value=OTHER_ID, album=other)
    assert len(preview(pair_of("album", one.pk, other.pk)).warnings) == 2
    with pytest.raises(Conflict, match="1961 and 1971") as refusal:
        merge(one, other)
    assert refusal.value.code == "warnings"
    merge(one, other, despite_warnings=True)


def test_tracks_of_other_lengths_want_a_second_look():
    tracks = [
        Track.objects.create(
            title="Song", artist_credit=name, folded_title="song", folded_artist=fold_artist(name), duration_ms=ms
        )
        for name, ms in (("A", 180_000), ("B", 240_000))
    ]
    with pytest.raises(Conflict, match="3:00 and 4:00"):
        merge(*tracks)


def test_only_moderators_merge_and_undo(ann, mo, pair):
    with pytest.raises(NotAllowed):
        merge(*pair, by=Actor(user=ann))
    merged = merge(*pair, by=Actor(user=mo))
    assert merged.by == mo
    with pytest.raises(NotAllowed):
        undo(merged, by=Actor(user=ann))
    undo(merged, by=Actor(user=mo))
    assert list(AuditEvent.objects.values_list("verb", "actor")) == [("album.unmerge", mo.pk), ("album.merge", mo.pk)]


def test_nonsense_is_refused(pair):
    one, other = pair
    for kind, loser, winner in (("album", one.pk, one.pk), ("album", one.pk, 10**9), ("week", one.pk, other.pk)):
        with pytest.raises(NotFound):
            merge_entries(kind, loser, winner, by=SITE)
    with pytest.raises(NotFound):
        undo_merge(7, by=SITE)
    merge(one, other)
    for two in ((one, other), (other, one)):
        with pytest.raises(Conflict, match="already"):
            merge(*two)


def test_undone_twice_is_undone_once(pair):
    merged = merge(*pair)
    undo(merged)
    undo(merged)
    assert AuditEvent.objects.filter(verb="album.unmerge").count() == 1


def test_while_plays_are_being_moved_no_other_merge_begins(ann, pair):
    heard(ann, "Crying", pair[0].artist_credit, "Debut")
    third = album("Debut", "Bjoerk")
    merged = merge_entries("album", pair[0].pk, pair[1].pk, by=SITE)
    with pytest.raises(Conflict, match="still being moved"):
        merge(pair[1], third)
    run_merge(merged.pk)
    merge(pair[1], third)
    assert orphans() == []


def test_an_undo_while_plays_are_being_moved_turns_them_round(ann, pair):
    for n in range(3):
        heard(ann, f"Song {n}", pair[0].artist_credit, "Debut")
    before = snapshot()
    merged = merge_entries("album", pair[0].pk, pair[1].pk, by=SITE)
    undo_merge(merged.pk, by=SITE)
    drain()
    assert Merge.objects.get().state == Merge.State.UNDONE
    assert snapshot() == before


def test_the_job_moves_the_plays_and_a_stalled_merge_is_handed_out_again(ann, pair):
    heard(ann, "Crying", pair[0].artist_credit, "Debut")
    merged = merge_entries("album", pair[0].pk, pair[1].pk, by=SITE)
    assert ask_for_stalled() == 0
    JobRun.objects.filter(job__name="merge_entries").update(state="failed")
    assert ask_for_stalled() == 1
    drain()
    merged.refresh_from_db()
    assert (merged.state, ListenEvent.objects.get().album_id) == (Merge.State.DONE, pair[1].pk)
    assert ask_for_stalled() == 0


def test_tracks_of_one_title_on_the_merged_album_are_offered(ann, pair):
    for name in (pair[0].artist_credit, "Björk"):
        heard(ann, "Human Behaviour", name, "Debut")
    merge(*pair)
    offered = LookAlike.objects.get(kind="track")
    assert (offered.first_id, offered.second_id) == tuple(Track.objects.order_by("pk").values_list("pk", flat=True))


def test_a_piece_costs_as_many_statements_for_many_listens_as_for_few(ann, pair):
    asked = []
    for many in (3, 60):
        for n in range(many):
            heard(ann, f"Song {n}", pair[0].artist_credit, "Debut")
        merged = merge_entries("album", pair[0].pk, pair[1].pk, by=SITE)
        with CaptureQueriesContext(connection) as counted:
            run_merge(merged.pk)
        asked.append(len(counted))
        undo(merged)
    assert asked[0] == asked[1]


def test_folded_keys_of_an_alias_stay_its_own(pair):
    merge(*pair)
    loser = Album.objects.get(pk=pair[0].pk)
    assert (loser.folded_title, loser.folded_artist) == (fold_title("Debut"), fold_artist("Bjork Gudmundsdottir"))
