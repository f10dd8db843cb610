"""Takes guards out, one at a time, and sees that a test notices: `python -m tests.guards` (`make guards`).

Each guard stands against something that went wrong in systems like ours. It is removed by a
replacement of text in a copy of the working tree; the test named beside it must then fail, and it
must pass while the guard is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Guard:
    """`old` becomes `new` in `file`; then `test` must fail."""

    against: str
    file: str
    old: str
    new: str
    test: str


GUARDS = [
    Guard(
        "names and pitches that trick the reader or whoever repeats them",
        "sidetrack/text.py",
        'return re.sub(r"\\n{3,}", "\\n\\n", _UNWANTED.sub("", text)).strip()',
        "return text.strip()",
        "tests/club/test_nominations.py::test_html_is_kept_as_typed_and_tricks_are_taken_out",
    ),
    Guard(
        "a late ballot",
        "club/services/votes.py",
        "    must_take_votes(week, timezone.now())\n    nomination =",
        "    nomination =",
        "tests/club/test_votes.py",
    ),
    Guard(
        "a ballot for another week's nomination",
        "club/services/votes.py",
        "found = Nomination.objects.filter(week=week)",
        "found = Nomination.objects.all()",
        "tests/club/test_votes.py",
    ),
    Guard(
        "equal first and second choice",
        "club/services/votes.py",
        "    Vote.objects.filter(week=week, user=voter, nomination=nomination).delete()\n",
        "",
        "tests/club/test_votes.py",
    ),
    Guard(
        "a vote for one's own where the club forbids it",
        "club/services/votes.py",
        "if nomination.user_id == voter.pk and not settings.CLUB_VOTE_OWN:",
        "if False:",
        "tests/club/test_votes.py",
    ),
    Guard(
        "votes for a nomination that was withdrawn",
        "club/tally.py",
        "counted = [ballot for ballot in ballots if ballot.nomination_id in order]",
        "counted = list(ballots)",
        "tests/pure/test_tally.py",
    ),
    Guard(
        "a tie that ignores first places",
        "club/tally.py",
        "key=lambda key: (-scores[key][0], -scores[key][1], order[key])",
        "key=lambda key: (-scores[key][0], order[key])",
        "tests/pure/test_tally.py",
    ),
    Guard(
        "a total tie that depends on the order of the ballots",
        "club/tally.py",
        "-scores[key][1], order[key])",
        "-scores[key][1], -order[key])",
        "tests/pure/test_tally.py",
    ),
    Guard(
        "a week decided twice",
        "club/services/polls.py",
        "if week.poll_closed_at is not None or not phases.is_past(week.votes_close_at, timezone.now()):",
        "if not phases.is_past(week.votes_close_at, timezone.now()):",
        "tests/club/test_polls.py",
    ),
    Guard(
        "a poll in which nobody voted but somebody wins",
        "club/tally.py",
        "if ranking and ranking[0].points else None",
        "if ranking else None",
        "tests/pure/test_tally.py",
    ),
    Guard(
        "ratings between the half steps",
        "club/halves.py",
        "if doubled != int(doubled) or not LOWEST <= doubled <= HIGHEST:",
        "if not LOWEST <= doubled <= HIGHEST:",
        "tests/pure/test_halves.py",
    ),
    Guard(
        "ratings outside 1 to 5, in the database",
        "club/migrations/0001_initial.py",
        "('halves__gte', 2), ('halves__lte', 10)",
        "('halves__gte', 0), ('halves__lte', 100)",
        "tests/club/test_ratings.py",
    ),
    Guard(
        "a histogram that is not 100 %",
        "sidetrack/charts.py",
        "for place in by_remainder[: 100 - sum(whole)]:",
        "for place in by_remainder[:0]:",
        "tests/pure/test_charts.py",
    ),
    Guard(
        "two ratings of one member after albums become one",
        "club/migrations/0001_initial.py",
        "models.UniqueConstraint(fields=('user', 'week', 'album'), name='rating_once')",
        "models.UniqueConstraint(fields=('id',), name='rating_once')",
        "tests/club/test_ratings.py",
    ),
    Guard(
        "a hidden review that leaks",
        "club/selectors/ratings.py",
        'return row["hidden_at"] is None or self.is_own(row)',
        "return True",
        "tests/club/test_visibility.py",
    ),
    Guard(
        "a whole review shown to a stranger",
        "club/selectors/ratings.py",
        'row["review"] if self.is_member or own else cut(row["review"])',
        'row["review"]',
        "tests/club/test_visibility.py",
    ),
    Guard(
        "a name its owner keeps off their reviews",
        "club/selectors/ratings.py",
        'return self.anonymize or bool(row["user__hide_name_on_reviews"])',
        "return self.anonymize",
        "tests/club/test_visibility.py",
    ),
    Guard(
        "a pair of one person and themselves",
        "sidetrack/migrations/0001_initial.py",
        "models.Q(('follower', models.F('followed')), _negated=True)",
        "models.Q(('follower__gt', 0))",
        "tests/sidetrack/test_people.py",
    ),
    Guard(
        "one query for each row of a list",
        "club/selectors/lists.py",
        "cards = album_cards({week.winner_album_id for week in found if week.winner_album_id})",
        "cards = {pk: c for w in found if w.winner_album_id for pk, c in album_cards({w.winner_album_id}).items()}",
        "tests/club/test_read_lists.py",
    ),
    Guard(
        "two tracks in one second that become one",
        "listening/importers/lastfm.py",
        "play_key(whole_second(start), artist_name, track_name)",
        'play_key(whole_second(start), artist_name, "")',
        "tests/pure/test_importers_lastfm.py",
    ),
    Guard(
        "the track that is playing, on every page of a history",
        "listening/importers/lastfm.py",
        "    if not date or (",
        "    if (",
        "tests/pure/test_importers_lastfm.py",
    ),
    Guard(
        "a private session in a history",
        "listening/importers/spotify.py",
        'if record.get("incognito_mode") is True:',
        "if False:",
        "tests/listening/test_imports_formats.py",
    ),
    Guard(
        "a podcast or a track without a name that is called a broken row",
        "listening/importers/spotify.py",
        '    if record["master_metadata_track_name"] is not None:\n        return ""\n',
        '    return ""\n',
        "tests/listening/test_imports_formats.py",
    ),
    Guard(
        "a single track where a list should be",
        "listening/importers/records.py",
        "(?=[\\[{{])",
        "(?=[\\[])",
        "tests/pure/test_importers_lastfm.py",
    ),
    Guard(
        "bad rows that nobody sees",
        "listening/services/imports.py",
        "    _keep_rejects(row, batch)\n",
        "",
        "tests/listening/test_imports_formats.py",
    ),
    Guard(
        "a null character in a name",
        "listening/importers/rows.py",
        'if "\\x00" in value:',
        "if False:",
        "tests/pure/test_importers_lastfm.py",
    ),
    Guard(
        "a byte order mark inside of a name",
        "listening/importers/rows.py",
        "return _clean_line(value)",
        "return value.strip()",
        "tests/listening/test_imports_formats.py",
    ),
    Guard(
        "a length of 215.3 as text",
        "listening/importers/rows.py",
        "                return float(value)",
        "                return value",
        "tests/pure/test_importers.py",
    ),
    Guard(
        "a listen of ListenBrainz both posted and in a file",
        "listening/importers/listenbrainz.py",
        "play_key(whole_second(start), artist, track)",
        'play_key(whole_second(start), artist, track + str(said.get("recording_msid")))',
        "tests/listening/test_imports_formats.py",
    ),
    Guard(
        "a quote that is never closed and takes the rows behind it along",
        "listening/importers/tables.py",
        "    lines.back.extend(reversed(more))\n",
        "",
        "tests/pure/test_importers_lastfm.py",
    ),
    Guard(
        "a player's log imported again after its member moved",
        "listening/importers/scrobbler_log.py",
        'shown if record["utc"] else shown.replace(tzinfo=None)',
        'shown if record["utc"] else _in_zone(shown, reading)',
        "tests/pure/test_importers_others.py",
    ),
    Guard(
        "the last year of Spotify's history twice in one zip",
        "listening/importers/files.py",
        "taken = _without_account_data(known)",
        "taken = known",
        "tests/pure/test_importers_others.py",
    ),
    Guard(
        "a long list inside of an object, read as a whole",
        "listening/importers/records.py",
        "piece = self._text.read(_PIECE)",
        "piece = self._text.read()",
        "tests/pure/test_importers_bounds.py",
    ),
    Guard(
        "a copy of somebody's data in another's hands",
        "sidetrack/selectors/rights.py",
        "DataExport.objects.filter(user=viewer, user__is_active=True) if viewer",
        "DataExport.objects.all() if viewer",
        "tests/sidetrack/test_rights_export.py::test_the_zip_is_downloaded_by_its_member_only",
    ),
    Guard(
        "a copy of somebody's data that is over",
        "sidetrack/selectors/rights.py",
        "ready = own.filter(state=DataExport.State.DONE, expires_at__gt=timezone.now())",
        "ready = own.filter(state=DataExport.State.DONE)",
        "tests/sidetrack/test_rights_export.py::test_a_copy_expires_and_its_file_goes",
    ),
    Guard(
        "half a part of a copy taken for the whole",
        "sidetrack/services/exporting.py",
        'unfinished = folder / f".{section.name}.{uuid4().hex}"',
        "unfinished = folder / section.name",
        "tests/sidetrack/test_rights_survive.py::test_a_copy_whose_worker_was_killed_is_whole",
    ),
    Guard(
        "a bot that brings back who deleted their account",
        "integrations/services/people.py",
        "if is_gone(LinkedAccount.Provider.DISCORD, ref.discord_id):",
        "if False:",
        "tests/sidetrack/test_rights_erase.py::test_a_bot_does_not_bring_them_back",
    ),
    Guard(
        "an erasure that stops half-way for good",
        "sidetrack/services/erasing.py",
        "            _hand_out(erasure)\n            resumed += 1",
        "            resumed += 1",
        "tests/sidetrack/test_rights_erase.py::test_an_erasure_nobody_works_on_is_handed_out_again",
    ),
    Guard(
        "rows that come in behind an erasure",
        "sidetrack/services/erasing.py",
        "    while _round(erasure, keep):\n        pass\n",
        "    _round(erasure, keep)\n",
        "tests/sidetrack/test_rights_erase.py::test_a_row_that_comes_in_behind_the_job_is_met_by_another_round",
    ),
    Guard(
        "rows that come in after an erasure",
        "sidetrack/services/erasing.py",
        "for erasure in Erasure.objects.filter(state=State.DONE, finished_at__gt=timezone.now() - LOOKED_AFTER):",
        "for erasure in Erasure.objects.none():",
        "tests/sidetrack/test_rights_erase.py::test_late_rows_go_for_a_day",
    ),
    Guard(
        "listens of somebody who left",
        "listening/services/listens.py",
        "filter(pk=user.pk, is_active=True)",
        "filter(pk=user.pk)",
        "tests/sidetrack/test_rights_erase.py::test_plays_of_somebody_who_left_are_refused",
    ),
    Guard(
        "what somebody wrote, kept in the log after they left",
        "sidetrack/services/own_rights.py",
        "before={key: value for key, value in event.before.items() if key in _KEPT},",
        "before=event.before,",
        "tests/sidetrack/test_rights_erase.py::test_no_word_of_theirs_is_left_where_it_should_not_be",
    ),
    Guard(
        "a site whose last owner deleted their account",
        "sidetrack/services/erasing.py",
        "        must_leave_an_owner(person)\n        for handler",
        "        for handler",
        "tests/sidetrack/test_rights_erase.py::test_the_last_owner_stays",
    ),
]


def main(words: list[str]) -> int:
    chosen = [guard for guard in GUARDS if all(word in f"{guard.against} {guard.file}" for word in words)]
    with tempfile.TemporaryDirectory(prefix="sidetrack-guards-") as folder:
        copy = Path(folder) / "tree"
        copy_tree(copy)
        if not passes(copy, sorted({guard.test for guard in chosen})):
            print("The tests fail with all guards in place.")
            return 1
        unnoticed = [guard for guard in chosen if not noticed(copy, guard)]
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} guards are missed by a test when they are taken out.")
    return 1 if unnoticed else 0


def copy_tree(copy: Path) -> None:
    """What git tracks or would, as it stands in the working tree."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def noticed(copy: Path, guard: Guard) -> bool:
    path = copy / guard.file
    whole = path.read_text()
    if guard.old not in whole:
        print(f"GONE     {guard.against}: {guard.file} no longer reads so")
        return False
    path.write_text(whole.replace(guard.old, guard.new, 1))
    try:
        caught = not passes(copy, [guard.test])
    finally:
        path.write_text(whole)
    print(f"{'noticed ' if caught else 'UNNOTICED'} {guard.against}", flush=True)
    return caught


def passes(copy: Path, tests: list[str]) -> bool:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
