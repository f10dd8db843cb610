"""A whole import, or all of one source, taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from listening.models import ListenEvent, ListenImport, Removal
from listening.selectors.stats import summary
from listening.services import imports as importing
from listening.services import removing, totals
from listening.services.caretaking import tidy
from listening.services.imports import cancel_import, fail_import, retry_import, run_import, start_import
from listening.services.listens import record_plays
from listening.services.removing import remove_source, run_removal, undo_import
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, NotFound
from sidetrack.models import AuditEvent, JobRun, ServiceToken, User
from tests.jobs import drain
from tests.listening.histories import spotify_file
from tests.listening.plays import play

pytestmark = pytest.mark.django_db
Token = Callable[..., tuple[ServiceToken, str]]


class PulledPlug(Exception):
    pass


def dying_after(pieces: int) -> Callable[[], None]:
    """A `keep` that ends the work after so many pieces."""
    left = iter(range(pieces))

    def keep() -> None:
        if next(left, None) is None:
            raise PulledPlug

    return keep


def started(data: bytes, user: User) -> ListenImport:
    return start_import(ContentFile(data, name="history.json"), by=Actor(user=user))


def imported(data: bytes, user: User) -> ListenImport:
    listen_import = started(data, user)
    drain()
    listen_import.refresh_from_db()
    assert listen_import.state == "done"
    return listen_import


def heard(user: User) -> int:
    return ListenEvent.objects.filter(user=user, duplicate_of=None).count()


def test_an_import_is_undone_as_a_whole_and_the_same_file_comes_in_again(ann: User, bea: User) -> None:
    imported(spotify_file(20), bea)
    first = imported(spotify_file(20), ann)
    record_plays(ann, [play("Other", "Somebody")], source="manual")
    removal = undo_import(first.pk, by=Actor(user=ann))
    drain()
    removal.refresh_from_db()
    assert (removal.state, removal.found, removal.removed, removal.percent) == ("done", 20, 20, 100)
    assert (heard(ann), heard(bea)) == (1, 20)
    again = imported(spotify_file(20), ann)
    assert (again.pk != first.pk, again.inserted, again.duplicates) == (True, 20, 0)


def test_undo_asked_twice_is_one_removal_and_later_a_conflict(ann: User) -> None:
    first = imported(spotify_file(3), ann)
    assert undo_import(first.pk, by=Actor(user=ann)) == undo_import(first.pk, by=Actor(user=ann))
    assert JobRun.objects.filter(job__name="remove_listens").count() == 1
    drain()
    with pytest.raises(Conflict, match="taken back already"):
        undo_import(first.pk, by=Actor(user=ann))
    assert Removal.objects.count() == 1


def test_undoing_a_running_import_stops_it_first(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    listen_import = started(spotify_file(50), ann)

    def undo(row: ListenImport) -> None:
        if row.rows_done == 20:
            undo_import(row.pk, by=Actor(user=ann))

    run_import(listen_import.pk, tell=undo)
    listen_import.refresh_from_db()
    assert (listen_import.state, listen_import.rows_done) == ("cancelled", 20)
    drain()
    assert heard(ann) == 0
    assert Removal.objects.get().removed == 20


def test_undoing_a_waiting_import_ends_it_before_it_began(ann: User) -> None:
    listen_import = started(spotify_file(5), ann)
    undo_import(listen_import.pk, by=Actor(user=ann))
    drain()
    listen_import.refresh_from_db()
    assert listen_import.state == "cancelled"
    assert heard(ann) == 0


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_an_import_that_ended_half_way_is_undone_and_not_gone_on_with(
    ann: User, monkeypatch: pytest.MonkeyPatch, end: str, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    listen_import = started(spotify_file(30), ann)
    name = listen_import.file.name

    def stop(row: ListenImport) -> None:
        cancel_import(row.pk, by=Actor(user=ann)) if end == "cancelled" else fail_import(row.pk, "The disk was full.")

    run_import(listen_import.pk, tell=stop)
    JobRun.objects.update(state="done")
    with django_capture_on_commit_callbacks(execute=True):
        undo_import(listen_import.pk, by=Actor(user=ann))
    drain()
    assert heard(ann) == 0
    assert not default_storage.exists(name)
    with pytest.raises(Conflict):
        retry_import(listen_import.pk, by=Actor(user=ann))
    assert started(spotify_file(30), ann).pk != listen_import.pk


def test_only_the_listens_of_that_source_and_member_go(ann: User, bea: User) -> None:
    for person in (ann, bea):
        record_plays(person, [play(f"T{n}", "A") for n in range(4)], source="lastfm")
        record_plays(person, [play(f"T{n}", "A") for n in range(3)], source="manual")
    remove_source("lastfm", by=Actor(user=ann))
    drain()
    assert list(ListenEvent.objects.filter(user=ann).values_list("source", flat=True).distinct()) == ["manual"]
    assert (heard(ann), heard(bea)) == (3, 7)


def test_what_comes_in_after_the_removal_was_asked_for_stays(ann: User) -> None:
    old, late = [play("Old", "A") for _ in range(3)], [play("New", "A"), play("New", "A")]
    record_plays(ann, old, source="lastfm")
    removal = remove_source("lastfm", by=Actor(user=ann))
    record_plays(ann, late, source="lastfm")
    drain()
    removal.refresh_from_db()
    assert (removal.found, removal.removed) == (3, 3)
    assert heard(ann) == 2


def test_a_source_can_be_removed_again_and_comes_in_again(ann: User) -> None:
    plays = [play("T", "A") for _ in range(3)]
    for _ in range(2):
        assert record_plays(ann, plays, source="lastfm").inserted == 3
        first = remove_source("lastfm", by=Actor(user=ann))
        assert remove_source("lastfm", by=Actor(user=ann)) == first
        drain()
        assert heard(ann) == 0
    with pytest.raises(NotFound):
        remove_source("lastfm", by=Actor(user=ann))


def test_a_removal_that_was_stopped_goes_on_where_it_stood(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "BATCH", 10)
    record_plays(ann, [play("T", "A") for _ in range(55)], source="lastfm")
    removal = remove_source("lastfm", by=Actor(user=ann))
    for pieces in (2, 1):
        with pytest.raises(PulledPlug):
            run_removal(removal.pk, keep=dying_after(pieces))
    removal.refresh_from_db()
    assert (removal.state, removal.removed, removal.percent, heard(ann)) == ("running", 30, 54, 25)
    assert run_removal(removal.pk) == {"found": 55, "removed": 55}
    assert heard(ann) == 0


def test_two_workers_on_one_removal_take_every_row_once(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "BATCH", 10)
    record_plays(ann, [play("T", "A") for _ in range(40)], source="lastfm")
    removal = remove_source("lastfm", by=Actor(user=ann))
    calls = iter(range(100))

    def other_worker() -> None:
        if next(calls) == 0:
            run_removal(removal.pk)

    run_removal(removal.pk, keep=other_worker)
    removal.refresh_from_db()
    assert (removal.state, removal.removed, heard(ann)) == ("done", 40, 0)


def test_what_another_source_knows_too_counts_on(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the rule of matching says: a record whose counted one goes counts by itself or for another."""
    record_plays(ann, [play("T", "A"), play("U", "A")], source="lastfm")
    record_plays(ann, [play("T", "A"), play("U", "A")], source="listenbrainz")
    kept = ListenEvent.objects.filter(source="lastfm")
    for row in ListenEvent.objects.filter(source="listenbrainz"):
        ListenEvent.objects.filter(pk=row.pk).update(duplicate_of=kept.get(track=row.track_id))
    monkeypatch.setattr(totals, "LINE", 1)
    monkeypatch.setattr(totals, "_SET_ASIDE_FROM", 0)  # they are kept equal as it goes
    totals.build_totals(ann.pk)
    assert heard(ann) == 2
    remove_source("lastfm", by=Actor(user=ann))
    drain()
    assert list(ListenEvent.objects.values_list("source", "duplicate_of")) == [("listenbrainz", None)] * 2
    assert summary(ann, "all").listens == 2
    assert totals.differences(ann.pk) == []


def test_statistics_follow_at_once(ann: User) -> None:
    first = imported(spotify_file(30), ann)
    assert summary(ann, "all").listens == 30
    undo_import(first.pk, by=Actor(user=ann))
    drain()
    assert summary(ann, "all").listens == 0
    imported(spotify_file(30), ann)
    assert summary(ann, "all").listens == 30


@pytest.mark.parametrize("line", [10, 10_000], ids=["with totals", "without totals"])
def test_a_backdated_import_is_in_the_statistics_at_once(ann: User, monkeypatch: pytest.MonkeyPatch, line: int) -> None:
    monkeypatch.setattr(totals, "LINE", line)
    now = timezone.now()
    record_plays(
        ann, [replace(play("New", "Now"), started_at=now - timedelta(hours=n)) for n in range(20)], source="lastfm"
    )
    totals.build_totals(ann.pk)
    assert summary(ann, "all").top_artists[0].name == "Now"
    imported(spotify_file(250), ann)  # of years ago: 25 plays of each of ten bands
    assert summary(ann, "all").listens == 270
    assert summary(ann, "all").top_artists[0].name.startswith("Band")
    assert summary(ann, "30d").listens == 20
    assert totals.differences(ann.pk) == []


def test_a_shorter_file_or_answer_deletes_nothing(ann: User) -> None:
    imported(spotify_file(20), ann)
    imported(spotify_file(5), ann)
    imported(spotify_file(1), ann)
    assert heard(ann) == 20


def test_nobody_takes_back_what_is_anothers(ann: User, bea: User, mo: User, olga: User, make_token: Token) -> None:
    first = imported(spotify_file(3), ann)
    token = make_token()[0]
    for by in (Actor(user=bea), Actor(user=mo), Actor(user=olga), Actor(user=ann, token=token), Actor(), SITE):
        with pytest.raises(NotFound):
            undo_import(first.pk, by=by)
        with pytest.raises(NotFound):
            remove_source("spotify_history", by=by)
    assert heard(ann) == 3


@pytest.mark.parametrize("source", ["", "tape", "spotify\x00", "lastfm' --"])
def test_a_source_that_is_none_is_not_there(ann: User, source: str) -> None:
    with pytest.raises(NotFound):
        remove_source(source, by=Actor(user=ann))


def test_a_removal_nobody_works_on_is_handed_out_again(ann: User) -> None:
    record_plays(ann, [play("T", "A")], source="lastfm")
    removal = remove_source("lastfm", by=Actor(user=ann))
    JobRun.objects.update(state="cancelled", finished_at=timezone.now())
    assert tidy()["resumed"] == 0
    Removal.objects.update(state="running", progressed_at=timezone.now() - timedelta(hours=1))
    assert tidy()["resumed"] == 1
    drain()
    removal.refresh_from_db()
    assert (removal.state, heard(ann)) == ("done", 0)


def test_a_removal_whose_run_failed_for_good_is_given_up_and_asked_for_again(ann: User) -> None:
    first = imported(spotify_file(3), ann)
    undo_import(first.pk, by=Actor(user=ann))
    JobRun.objects.filter(job__name="remove_listens").update(state="failed", finished_at=timezone.now())
    Removal.objects.update(state="running", progressed_at=timezone.now() - timedelta(hours=1))
    assert tidy()["failed"] == 1
    assert Removal.objects.get().state == "failed"
    undo_import(first.pk, by=Actor(user=ann))
    drain()
    assert heard(ann) == 0
    assert sorted(Removal.objects.values_list("state", flat=True)) == ["done", "failed"]


def test_a_member_who_goes_ends_the_removal_quietly(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "BATCH", 10)
    record_plays(ann, [play("T", "A") for _ in range(30)], source="lastfm")
    removal = remove_source("lastfm", by=Actor(user=ann))

    def leave(took: float) -> None:
        ListenEvent.objects.all().delete()
        User.objects.filter(pk=ann.pk).delete()

    monkeypatch.setattr(removing, "give_way", leave)
    assert run_removal(removal.pk) == {}
    assert not ListenEvent.objects.exists()


def test_a_removal_is_in_the_audit_log_without_what_was_heard(ann: User) -> None:
    record_plays(ann, [play("T", "Secret Band")], source="lastfm")
    remove_source("lastfm", by=Actor(user=ann))
    event = AuditEvent.objects.get(verb="listens.remove")
    assert (event.actor, event.subject, event.before, event.after) == (ann, ann, {}, {})
