"""Looking albums up where others fail, are slow to let us in, or offer too much; many at once; on workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.sandbox.server import Sandbox
from listening.models import Album, AlbumLookup, AlbumTrack
from listening.services.answers import Answers
from listening.services.refreshing import albums_missing, ask_for_many, ask_for_refresh, refresh_many
from sidetrack.actors import SITE, Actor
from sidetrack.models import JobRun
from tests.integrations.fake_provider import FakeProvider, Reply
from tests.jobs import drain
from tests.listening.outside import catalogue, ensure, fake, genres_of, ids_of, refresh, sandbox
from tests.threads import together

pytestmark = pytest.mark.django_db
GROUP = "/musicbrainz/ws/2/release-group"
ONE, OTHER = "8c85cdc2-7f7b-4c29-b9b1-71ff6f039fb1", "2cca9a58-6b0f-4b1b-8c5f-a0d6bd3e9b9d"


@pytest.fixture
def box(db: None, settings: Any) -> Iterator[Sandbox]:
    with sandbox(settings) as box:
        yield box


@pytest.fixture
def there(db: None, settings: Any) -> Iterator[FakeProvider]:
    with fake(settings) as there:
        there.on("*", Reply(404, {"error": "Not Found"}))
        there.on("/deezer/search/album", Reply(200, {"data": [], "total": 0}))
        there.on("/itunes/search", Reply(200, {"resultCount": 0, "results": []}))
        yield there


def states(album: Album) -> dict[str, str]:
    return dict(AlbumLookup.objects.filter(album=album).values_list("source", "state"))


def group(mbid: str, title: str, date: str = "", kind: str = "Album", score: int = 100) -> dict[str, Any]:
    artist = {"name": "Weezer", "artist": {"id": "6fe07aa5-fec0-4eca-a456-f29bff451b04", "name": "Weezer"}}
    return {
        "id": mbid,
        "title": title,
        "score": score,
        "primary-type": kind,
        "first-release-date": date,
        "artist-credit": [artist],
    }


def offers(there: FakeProvider, *groups: dict[str, Any]) -> None:
    there.on(GROUP, Reply(200, {"count": len(groups), "offset": 0, "release-groups": list(groups)}))
    for one in groups:
        there.on(f"{GROUP}/{one['id']}", Reply(200, one))


# --- too much to choose from


def test_two_that_fit_equally_well_are_not_guessed_between(there):
    offers(there, group(ONE, "Weezer", "1994-05-10"), group(OTHER, "Weezer", "2001-05-15", score=99))
    album = ensure("Weezer", "Weezer")
    before = catalogue()
    refresh(album)
    assert states(album)["musicbrainz"] == "unsure"
    assert AlbumLookup.objects.get(source="musicbrainz").detail == "It has 2 albums that fit equally well."
    assert catalogue() == before


def test_the_year_tells_them_apart(there):
    offers(there, group(ONE, "Weezer", "1994-05-10"), group(OTHER, "Weezer", "2001-05-15"))
    album = ensure("Weezer", "Weezer", year=2001)
    refresh(album)
    assert ids_of(album)["musicbrainz"] == OTHER


def test_the_best_score_of_theirs_is_no_reason(there):
    offers(there, group(ONE, "Weezer (Live)", score=100), group(OTHER, "Something Else", score=98))
    album = ensure("Pinkerton", "Weezer")
    refresh(album)
    assert states(album)["musicbrainz"] == "nothing"


def test_an_album_goes_before_the_single_of_its_name(there):
    offers(there, group(ONE, "Weezer", "1994", kind="Single"), group(OTHER, "Weezer", "1994"))
    album = ensure("Weezer", "Weezer", year=1994)
    refresh(album)
    assert ids_of(album)["musicbrainz"] == OTHER


def test_an_id_that_was_merged_there_is_kept_as_it_is_now(there):
    there.on(f"{GROUP}/{ONE}", Reply(200, group(OTHER, "Pinkerton", "1996")))
    album = ensure("Pinkerton", "Weezer", external_ids={"musicbrainz": ONE})
    refresh(album)
    assert set(album.external_ids.values_list("value", flat=True)) == {ONE, OTHER}


def test_editions_without_a_date_are_read_before_one_is_believed(there):
    """Deezer's search tells no dates, and there are six albums called "Weezer"."""
    hits = [{"id": pk, "title": "Weezer", "artist": {"id": 1, "name": "Weezer"}} for pk in (11, 12)]
    there.on("/deezer/search/album", Reply(200, {"data": hits, "total": 2}))
    for pk, date in ((11, "1994-05-10"), (12, "2001-05-15")):
        there.on(f"/deezer/album/{pk}", Reply(200, {**hits[0], "id": pk, "release_date": date, "nb_tracks": 0}))
    album = ensure("Weezer", "Weezer")
    refresh(album)
    assert states(album)["deezer"] == "unsure"
    Album.objects.filter(pk=album.pk).update(year=2001)
    refresh(album)
    assert ids_of(album)["deezer"] == "12"


# --- failing


@pytest.mark.parametrize("down", ["musicbrainz", "coverart", "spotify", "deezer", "itunes", "lastfm"])
@pytest.mark.parametrize("fault", ["500", "reset", "truncated", "html"])
def test_one_that_fails_does_not_stop_the_others(box, down, fault):
    box.box.faults.ask(down, fault, 1)
    album = ensure("Blue", "Joni Mitchell")
    done = refresh(album)
    told = states(album)
    if down == "coverart" and fault in ("truncated", "html"):
        return  # it answers with addresses, and needs no body for that
    assert told.pop(down) == "failed"
    assert set(told.values()) == {"found"}
    assert AlbumLookup.objects.get(source=down).detail.endswith(".")
    assert album.year == 1971
    assert AlbumTrack.objects.filter(album=album).exists()
    assert done.until > timezone.now() + timedelta(minutes=10)


def test_with_everybody_down_nothing_changes(box):
    box.box.faults.ask("all", "503", 1)
    album = ensure("Blue", "Joni Mitchell")
    before = catalogue()
    refresh(album)
    assert catalogue() == before
    assert set(states(album).values()) <= {"failed", "later"}


def test_what_failed_is_asked_again_by_itself_and_nothing_else_is(box, ann):
    box.box.faults.ask("deezer", "500", 1)
    album = ensure("Blue", "Joni Mitchell")
    ask_for_refresh(album.pk, by=Actor(user=ann))
    first = drain()[0]
    assert (first.state, first.counts["failed"], first.counts["later"]) == ("done", 1, 1)
    again = JobRun.objects.get(state="queued")
    assert again.args == {"album_id": album.pk, "again": 1}
    assert timedelta(minutes=10) < again.run_after - timezone.now() < timedelta(hours=1)
    box.box.faults.clear()
    before = {name: counts["requests"] for name, counts in box.box.counts.items()}
    JobRun.objects.filter(pk=again.pk).update(run_after=timezone.now())
    assert drain()[0].counts["failed"] == 0
    asked = {name: counts["requests"] - before.get(name, 0) for name, counts in box.box.counts.items()}
    assert {name for name, count in asked.items() if count} == {"deezer"}
    assert "deezer" in genres_of(album)


def test_it_gives_up_after_a_while(box):
    box.box.faults.ask("deezer", "500", 1)
    album = ensure("Blue", "Joni Mitchell")
    ask_for_refresh(album.pk, by=SITE)
    for _ in range(10):
        JobRun.objects.filter(state="queued").update(run_after=timezone.now())
        drain()
    assert JobRun.objects.filter(job__name="refresh_album").count() == 6
    assert not JobRun.objects.exclude(state="done").exists()


def test_a_long_wait_is_waited_for_by_nobody(there):
    there.on(GROUP, Reply(503, {"error": "slow down"}, headers={"Retry-After": "21600"}))
    album = ensure("Pinkerton", "Weezer")
    began = timezone.now()
    ask_for_refresh(album.pk, by=SITE)
    drain()
    assert timezone.now() - began < timedelta(seconds=5)
    assert states(album)["musicbrainz"] == "later"
    assert states(album)["deezer"] == "nothing"
    again = JobRun.objects.get(state="queued")
    assert timedelta(hours=5) < again.run_after - began < timedelta(hours=7)


def test_an_album_that_is_gone_is_no_reason_to_try_again(box):
    run = ask_for_refresh(999_999, by=SITE)
    drain()
    run.refresh_from_db()
    assert (run.state, run.attempts, run.error) == ("failed", 1, "The album is gone.")


def test_an_answer_that_was_kept_in_another_shape_is_asked_for_anew(box):
    album = ensure("Blue", "Joni Mitchell")
    refresh(album)
    for key in list(cache._cache):  # type: ignore[attr-defined]
        cache.set(key.split(":", 2)[-1], "nonsense")
    assert refresh(album).counts["asked"] > 5


# --- many


def test_addresses_of_many_albums_are_asked_about_in_one_call(box):
    known = box.box.catalogue.albums[:30]
    albums = [ensure(one.title, one.credit, external_ids={"spotify": one.spotify}) for one in known]
    seen = []
    note = box.reply_to
    box.reply_to = lambda request, path: seen.append(path) or note(request, path)  # type: ignore[method-assign]
    done, again = refresh_many([album.pk for album in albums], answers=Answers())
    assert (done.counts["albums"], again) == (30, {})
    assert [path for path in seen if path.endswith("/ws/2/url")] == ["/musicbrainz/ws/2/url"]
    ways = list(AlbumLookup.objects.filter(source="musicbrainz").values_list("matched_by", flat=True))
    assert ways.count("link") > 20
    assert ways.count("link") + ways.count("search") == 30  # MusicBrainz does not know every address
    assert not albums_missing("tracks").exists()


def test_a_source_that_keeps_failing_is_left_alone_for_the_rest_of_a_batch(box):
    box.box.faults.ask("musicbrainz", "500", 1)
    albums = [ensure(one.title, one.credit) for one in box.box.catalogue.albums[:6]]
    _, again = refresh_many([album.pk for album in albums], answers=Answers())
    assert box.box.counts["musicbrainz"]["requests"] == 2
    assert len(again) == 6
    told = AlbumLookup.objects.filter(source="musicbrainz").order_by("pk").values_list("state", flat=True)
    assert list(told) == ["failed"] * 2 + ["later"] * 4


def test_a_batch_goes_on_over_an_album_that_is_gone(box):
    album = ensure("Blue", "Joni Mitchell")
    done, _ = refresh_many([999_999, album.pk], answers=Answers())
    assert done.counts["albums"] == 1


def test_a_backfill_is_queued_a_hundred_a_run_and_once(box):
    ids = list(range(1, 251))
    assert [len(run.args["album_ids"]) for run in ask_for_many(ids)] == [100, 100, 50]
    ask_for_many(ids)
    assert JobRun.objects.count() == 3


def command(*args: str) -> str:
    out = StringIO()
    call_command("refresh_albums", *args, stdout=out)
    return out.getvalue()


def test_the_command_queues_what_lacks_something(box):
    ensure("Blue", "Joni Mitchell", year=1971)
    ensure("Hejira", "Joni Mitchell")
    assert command("--missing", "year") == "1 albums are queued in 1 runs of refresh_albums.\n"
    assert JobRun.objects.get().args["album_ids"] == [Album.objects.get(title="Hejira").pk]
    drain()
    assert JobRun.objects.get().counts["albums"] == 1


def test_the_command_does_it_at_once_where_asked_to(box):
    ensure("Blue", "Joni Mitchell")
    ensure("Low", "David Bowie")
    assert command("--now", "--limit", "1").startswith("albums 1, changed ")
    assert Album.objects.get(title="Low").year == 1977
    assert command("--missing", "year", "--now").startswith("albums 1, changed ")
    assert command("--missing", "look-up") == "No album lacks anything.\n"


@pytest.mark.parametrize("wrong", [["--limit", "0"], ["--missing", "taste"]])
def test_the_command_refuses_nonsense(db, wrong):
    with pytest.raises(CommandError):
        command(*wrong)


def test_every_night_those_are_asked_about_that_never_were(box):
    from sidetrack.jobs import enqueue

    album = ensure("Blue", "Joni Mitchell")
    enqueue("refresh_new_albums")
    drain()
    assert album.lookups.exists()
    enqueue("refresh_new_albums")
    drain()
    assert JobRun.objects.filter(job__name="refresh_albums").count() == 1


# --- at once


@pytest.mark.django_db(transaction=True)
def test_several_at_once_make_one_and_the_same_catalogue(box):
    albums = [ensure(title, "Joni Mitchell") for title in ("Blue", "Hejira")]
    others = [ensure(one.title, one.credit) for one in box.box.catalogue.albums[:4]]

    def look_up(album: Album) -> Any:
        from integrations.http import patience
        from tests.listening.outside import ONCE

        with patience(ONCE):
            return refresh(Album.objects.get(pk=album.pk))

    acts = [lambda album=album: look_up(album) for album in [*albums, *albums, *others]]
    acts += [lambda: ensure("Blue", "Joni Mitchell", external_ids={"discogs": "master/47810"})]
    acts += [lambda one=one: ensure(one.title, one.credit, year=one.year) for one in box.box.catalogue.albums[2:6]]
    outcomes = together(acts)
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    before = catalogue()
    for album in [*albums, *others]:
        assert refresh(album).counts["changed"] == 0
    assert catalogue() == before
