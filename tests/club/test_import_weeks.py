"""A club's past comes from a file: once, row by row, and never half."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from club.models import Nomination, Week
from listening.models import Album
from sidetrack.models import AuditEvent, User

HEADER = "number,date_discussion,album,artist,year,nominator\n"


@pytest.fixture
def bring(tmp_path, capsys, db):
    """Runs the command on this text; returns what it printed."""

    def act(text, *options):
        file = tmp_path / "past.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        call_command("import_weeks", str(file), *options)
        return capsys.readouterr().out.strip()

    return act


def test_past_weeks_come_closed_with_their_winner(bring, ann):
    said = bring(HEADER + "1,2023-05-01,Loveless,My Bloody Valentine,1991,ann\n2,2023-05-08T20:00,Homogenic,Björk,,\n")
    assert said == "2 added, 0 there already, 0 refused."
    first, second = Week.objects.order_by("number")
    assert first.label == "WEEK 001 [2023-05-01]"
    assert first.poll_closed_at == first.date_discussion
    assert (first.winner_album.title, first.winner_album.year) == ("Loveless", 1991)
    assert first.winner_nomination.user == ann
    assert (second.winner_album.title, second.winner_nomination) == ("Homogenic", None)
    assert AuditEvent.objects.filter(verb="week.import").count() == 2


def test_imported_weeks_are_closed_to_all(bring, ann, api):
    bring(HEADER + "1,2023-05-01,Loveless,My Bloody Valentine,1991,ann\n")
    assert api(ann).get(f"/api/v1/club/weeks/{Week.objects.get().pk}").json()["phase"] == "closed"


def test_the_same_file_again_adds_nothing(bring, ann):
    text = HEADER + "1,2023-05-01,Loveless,My Bloody Valentine,1991,ann\n"
    bring(text)
    before = (Week.objects.get().version, AuditEvent.objects.count())
    assert bring(text) == "0 added, 1 there already, 0 refused."
    assert (Week.objects.get().version, AuditEvent.objects.count()) == before


def test_a_dry_run_keeps_nothing(bring, ann):
    said = bring(HEADER + "1,2023-05-01,Loveless,My Bloody Valentine,1991,ann\n", "--dry-run")
    assert said == "Would be: 1 added, 0 there already, 0 refused."
    assert not Week.objects.exists()
    assert not Album.objects.exists()


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("0,2023-05-01,Blue,Joni Mitchell,,", "number: Weeks are numbered from 1."),
        ("x,2023-05-01,Blue,Joni Mitchell,,", "number: Give a whole number."),
        (",2023-05-01,Blue,Joni Mitchell,,", "number: This may not be empty."),
        ("99999999999,2023-05-01,Blue,Joni Mitchell,,", "number: Give a whole number."),
        ("9,May 1st,Blue,Joni Mitchell,,", "date_discussion: Give the date as"),
        ("9,0001-01-01T00:00+10:00,Blue,Joni Mitchell,,", "date_discussion: Give the date as"),
        ("9,1970-01-01,Blue,Joni Mitchell,,", "date_discussion: Give a date between"),
        ("9,2099-01-01,Blue,Joni Mitchell,,", "date_discussion: This week is not past."),
        ("9,2023-05-01,,Joni Mitchell,,", "album: This may not be empty."),
        ("9,2023-05-01,Blue,Joni Mitchell,1066,", "album.year: A year is between"),
        ("9,2023-05-01,Blue,Joni Mitchell,soon,", "year: Give a whole number."),
        ("9,2023-05-01,Blue,Joni Mitchell,,nobody", "nominator: There is no member of this name."),
        ("9,2023-05-01,Blue,Joni Mitchell,,carl", "nominator: There is no member of this name."),
        ("1,2023-05-01,Blue,Joni Mitchell,,", "album: Week 1 exists and was won by Loveless"),
        ("1,2023-05-02,Loveless,My Bloody Valentine,,", "number: Week 1 exists with other values."),
        ("9,2023-05-01", "album: This may not be empty."),
    ],
)
def test_a_wrong_row_is_named_and_left_out_whole(bring, carl, row, complaint, capsys):
    text = HEADER + f"1,2023-05-01,Loveless,My Bloody Valentine,1991,\n{row}\n3,2023-05-15,Kid A,Radiohead,2000,\n"
    with pytest.raises(CommandError):
        bring(text)
    assert f"line 3: {complaint}" in capsys.readouterr().err
    assert sorted(Week.objects.values_list("number", flat=True)) == [1, 3]
    assert sorted(Album.objects.values_list("title", flat=True)) == ["Kid A", "Loveless"]


def test_a_week_that_is_going_on_is_not_decided_by_a_file(bring, week, capsys):
    with pytest.raises(CommandError):
        bring(HEADER + "3,2025-11-24T20:00Z,Loveless,My Bloody Valentine,,\n")
    assert Week.objects.get().winner_album is None


def test_semicolons_a_byte_order_mark_and_other_columns_are_read(bring, capsys):
    text = '\ufeffAlbum;Artist;Number;Date_Discussion;average\n"Songs; Ohia";X;1;2023-05-01;4.5\n'
    bring(text)
    assert Album.objects.get().title == "Songs; Ohia"


@pytest.mark.parametrize(
    "text",
    [b"", b"number,album\n1,Blue\n", b"\xff\xfe\x00", (HEADER + '1,2023-05-01,"Blue,Joni\n').encode()],
    ids=["empty", "columns", "bytes", "quotes"],
)
def test_what_is_no_such_file_is_refused(bring, text):
    with pytest.raises(CommandError):
        bring(text)
    assert not Week.objects.exists()


def test_a_file_that_is_not_there_is_refused(db):
    with pytest.raises(CommandError):
        call_command("import_weeks", "/nowhere/past.csv")


def test_a_nominator_may_be_known_by_discord_id_alone(bring):
    text = "number,date_discussion,album,artist,nominator,nominator_discord_id,pitch\n"
    bring(text + "1,2023-05-01,Blue,Joni Mitchell,Dora,4711,So sad.\n2,2023-05-08,Kid A,Radiohead,Dora,4711,\n")
    assert User.objects.get().name == "Dora"
    assert sorted(Nomination.objects.values_list("pitch", flat=True)) == ["", "So sad."]


def test_the_moderator_named_stands_in_the_log(bring, mo, ann):
    bring(HEADER + "1,2023-05-01,Loveless,My Bloody Valentine,1991,\n", "--by", "mo")
    assert AuditEvent.objects.get(verb="week.import").actor == mo
    for username in ("ann", "nobody"):
        with pytest.raises(CommandError):
            bring(HEADER, "--by", username)
