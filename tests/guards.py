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
        "    while _empty_again(person_id) + _round(erasure, keep):\n        pass\n",
        "    _empty_again(person_id)\n    _round(erasure, keep)\n",
        "tests/sidetrack/test_rights_erase.py::test_a_row_that_comes_in_behind_the_job_is_met_by_another_round",
    ),
    Guard(
        "the account of somebody who left, written back by a form that was open",
        "sidetrack/services/erasing.py",
        "while _empty_again(person_id) + _round",
        "while _round",
        "tests/sidetrack/test_rights_erase.py::test_what_a_request_in_flight_wrote_to_the_row_goes_again",
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
    Guard(
        "a deletion that takes every play of the track along",
        "listening/services/forgetting.py",
        "records = [*own.filter(pk=play_id), *own.filter(duplicate_of=play_id)]",
        "records = list(own.filter(track=asked.track_id))",
        "tests/listening/test_forgetting.py::test_deleting_a_play_deletes_exactly_one_of_the_same_track",
    ),
    Guard(
        "a deleted play that the next sync brings back",
        "listening/services/listens.py",
        "    for key in _forgotten_keys(user, source, fresh):\n        del fresh[key]\n",
        "",
        "tests/listening/test_forgetting.py::test_a_deleted_play_does_not_come_back_with_the_next_sync_or_import",
    ),
    Guard(
        "an import of old plays that no statistic counts",
        "listening/services/listens.py",
        "    count_in(user_id, [counted_of(row) for row, canonical in counted if canonical is None])\n",
        "",
        "tests/listening/test_removing.py::test_a_backdated_import_is_in_the_statistics_at_once",
    ),
    Guard(
        "an import killed in the middle that begins anew",
        "listening/services/imports.py",
        "    row.rows_done = batch.end\n",
        "",
        "tests/listening/test_imports.py::test_an_import_that_was_stopped_goes_on_behind_its_last_batch",
    ),
    Guard(
        "a worker that reads on after its import was taken back",
        "listening/services/imports.py",
        "    if row.state != State.RUNNING:\n        raise Overtaken\n",
        "",
        "tests/listening/test_removing.py::test_undoing_a_running_import_stops_it_first",
    ),
    Guard(
        "a removal that nobody goes on with",
        "listening/services/caretaking.py",
        "            hand_out_removal(pk)\n",
        "",
        "tests/listening/test_removing.py::test_a_removal_nobody_works_on_is_handed_out_again",
    ),
    Guard(
        "a removal that takes along what came in after it was asked for",
        "listening/services/removing.py",
        "filter(user=removal.user_id, pk__lte=removal.up_to_id)",
        "filter(user=removal.user_id)",
        "tests/listening/test_removing.py::test_what_comes_in_after_the_removal_was_asked_for_stays",
    ),
    Guard(
        "plays that other sources know too, counted no longer",
        "listening/services/deleting.py",
        "    count_in(user_id, [Counted(*row[:5]) for row in freed])\n",
        "",
        "tests/listening/test_removing.py::test_what_another_source_knows_too_counts_on",
    ),
    Guard(
        "a list of rejected rows that a spreadsheet runs",
        "sidetrack/text.py",
        """return f"'{text}" if text[:1] in""",
        "return text if text[:1] in",
        "tests/listening/test_removing_pages.py::test_rejected_rows_are_told_by_reason_in_pages_and_as_a_safe_table",
    ),
    Guard(
        "a poll that brings nothing new, and yet locks the member and writes",
        "listening/services/listens.py",
        "    if len(plays) <= POLL and len(_known_keys(user, source, keys)) == len(keys):\n"
        "        return Outcome(duplicates=len(plays))\n",
        "",
        "tests/attacks/test_faults_lookup.py::test_a_poll_of_known_plays_is_one_look_that_locks_and_writes_nothing",
    ),
    Guard(
        "a new name that somebody else was quicker to add",
        "listening/services/inserting.py",
        '        sql += " ON CONFLICT DO NOTHING"\n',
        "        pass\n",
        "tests/attacks/test_faults_lookup.py::test_rows_that_stand_are_left_and_the_others_told",
    ),
    Guard(
        "a duration that is known, written over by the next source",
        "listening/services/inserting.py",
        " AND {table}.{field} IS NULL",
        "",
        "tests/attacks/test_faults_lookup.py::test_what_is_null_is_filled_in_and_what_is_known_stays",
    ),
    Guard(
        "a name of plain words whose short way to its key is not the long one's",
        "listening/folding.py",
        " and _TOUCHED.isdisjoint(words)",
        "",
        "tests/pure/test_folding_plain.py",
    ),
    Guard(
        "the same play from two sources, doubled",
        "listening/services/duplicates.py",
        "if not set(sources) - {source}:",
        "if True:",
        "tests/listening/test_duplicates.py::test_a_play_told_by_two_sources_counts_once_whichever_comes_first",
    ),
    Guard(
        "matching so eager that it eats real repeats",
        "listening/duplicates.py",
        "length * 3 // 4 if paused else length // 2",
        "length * 2",
        "tests/pure/test_duplicates.py::test_short_tracks_back_to_back_stay_apart",
    ),
    Guard(
        "starts taken for ends where they agree as they are",
        "listening/duplicates.py",
        "Agreement(_END_COST + min(ends), by_end=True)",
        "Agreement(min(ends) - _END_COST, by_end=True)",
        "tests/pure/test_duplicates.py::test_an_end_is_doubted_where_starts_agree",
    ),
    Guard(
        "the next play of a repeat taken for the end of this one",
        "listening/duplicates.py",
        "(ends if len(ends) > len(starts) else starts)",
        "(*ends, *starts)",
        "tests/pure/test_duplicates.py::test_on_one_repeat_all_are_starts_or_all_are_ends",
    ),
    Guard(
        "plays that were one through a merge, still one when it is undone",
        "listening/services/duplicates.py",
        "row.source == first and row.duplicate_of is None for row",
        "row.source == first for row",
        "tests/listening/test_duplicates.py::test_tracks_that_are_two_again_are_two_plays_again",
    ),
    Guard(
        "a chain of records matched without the play that one of them repeats",
        "listening/services/duplicates.py",
        "span[0] <= first - 2 * reach and last + 2 * reach <= span[1]",
        "span[0] <= first - reach and last + reach <= span[1]",
        "tests/listening/test_duplicates.py::test_a_record_is_read_with_the_play_it_repeats_wherever_that_begins",
    ),
    Guard(
        "too little matched anew once the last that may be ends are gone",
        "listening/services/duplicates.py",
        "[*sources, *gone]",
        "sources",
        "tests/listening/test_duplicates.py::"
        "test_with_the_last_that_may_be_ends_as_much_is_matched_anew_as_they_reached",
    ),
    Guard(
        "made-up listeners in the site's own database",
        "listening/management/commands/evaluate_duplicates.py",
        "with _scratch_database():",
        "if True:",
        "tests/listening/test_evaluate_duplicates.py",
    ),
    Guard(
        "stamps of ends beside stamps of starts",
        "listening/duplicates.py",
        "may_be_end=True)",
        "may_be_end=False)",
        "tests/listening/test_duplicates.py::test_spotify_may_tell_the_end",
    ),
    Guard(
        "two tracks in one second taken for one",
        "listening/services/duplicates.py",
        "titles[headings[row.track_id]].append(row)",
        'titles[""].append(row)',
        "tests/listening/test_duplicates.py::test_two_tracks_in_one_second_both_count",
    ),
    Guard(
        "sources that rewrite titles and artists",
        "listening/duplicates.py",
        'f"{one} ".startswith(f"{other} ") or f"{other} ".startswith(f"{one} ")',
        "False",
        "tests/listening/test_duplicates.py::test_titles_may_be_edited",
    ),
    Guard(
        "others' plays kept apart",
        "listening/services/keeping_apart.py",
        "filter(pk=listen_id, user=by.user)",
        "filter(pk=listen_id)",
        "tests/listening/test_duplicates_pages.py",
    ),
    Guard(
        "what a member keeps apart matched again",
        "listening/services/duplicates.py",
        "for row, record in run if not row.kept_apart",
        "for row, record in run",
        "tests/listening/test_duplicates_pages.py::test_what_is_kept_apart_stays_so_whatever_comes",
    ),
    Guard(
        "clocks that change at night",
        "listening/selectors/heard.py",
        "known = offsets(self.period.zone, start, end)",
        "known = offsets(self.period.zone, start, start)",
        "tests/listening/test_stats_time.py::test_half_past_two_comes_twice_in_autumn_and_never_in_spring",
    ),
    Guard(
        "days of UTC instead of the listener's",
        "listening/periods.py",
        "    today = now.astimezone(zone).date()",
        "    today = now.date()",
        "tests/pure/test_periods.py::test_weeks_begin_on_monday_in_the_listeners_zone",
    ),
    Guard(
        "today taken for the last 24 hours",
        "listening/periods.py",
        "    return Period(key, midnight(begin, zone), midnight(_next(key, begin), zone), now, zone)",
        "    return Period(key, now - timedelta(days=1), None, now, zone)",
        "tests/listening/test_stats_time.py::test_today_is_not_the_last_24_hours",
    ),
    Guard(
        "old plays that come in late and are not seen",
        "listening/selectors/firsts.py",
        "by_id(plays_in(heard.user, None), what)",
        "by_id(heard.plays, what)",
        "tests/listening/test_stats_time.py::test_a_backdated_import_appears_everywhere_at_once",
    ),
    Guard(
        "one member's many plays counted as many members",
        "club/selectors/listening.py",
        '"members": len(people),',
        '"members": sum(row["plays"] for row in people),',
        "tests/club/test_week_listening.py::test_members_are_counted_once_however_often_they_played",
    ),
    Guard(
        "listening of a member who shows it to nobody, on the week's page",
        "club/selectors/listening.py",
        "        user__in=listeners_seen_by(viewer),\n",
        "",
        "tests/club/test_week_listening.py::test_whoever_shows_their_listening_to_nobody_is_in_no_number_but_their_own",
    ),
    Guard(
        "listening of a member who shows it to nobody, in depth",
        "listening/pages/listening.py",
        "    if not may_see_listening(viewer(request), found):\n",
        "    if False:\n",
        "tests/listening/test_stats_doors.py::test_pages_and_endpoints_keep_to_the_members_own_setting",
    ),
    Guard(
        "a merged album that orphans its ratings",
        "club/services/merging.py",
        '(Nomination, "album"), (Rating, "album")):\n        move_rows',
        '(Nomination, "album")):\n        move_rows',
        "tests/club/test_merging.py::test_one_rating_of_each_member_stays_that_of_the_weeks_winner",
    ),
    Guard(
        "two ratings of one member after albums are merged",
        "club/services/merging.py",
        "        journal.drop(dropped)",
        "        pass",
        "tests/club/test_merging.py::test_without_a_winner_among_them_the_later_rating_stays",
    ),
    Guard(
        "merging two nominations of an open poll",
        "club/services/merging.py",
        "    found.conflicts += _conflicts(pair)\n",
        "",
        "tests/club/test_merging.py::test_both_nominated_in_a_week_whose_poll_is_open_is_refused",
    ),
    Guard(
        "an album named by the number of what was merged into another",
        "listening/services/catalogue.py",
        "    return found.merged_into or found\n",
        "    return found\n",
        "tests/club/test_merging.py::test_who_nominates_or_names_an_alias_means_what_it_is_now",
    ),
    Guard(
        "listens that come in under the name of what was merged",
        "listening/services/resolving.py",
        "now or pk",
        "pk",
        "tests/listening/test_merging.py::test_the_names_and_ids_of_the_loser_lead_to_the_winner",
    ),
    Guard(
        "undoing a merge that overwrites what was changed since",
        "listening/services/journal.py",
        "model._default_manager.filter(pk__in=line.rows, **{line.field: line.new})",
        "model._default_manager.filter(pk__in=line.rows)",
        "tests/club/test_merging.py::test_what_changed_since_the_merge_is_left_alone_by_its_undoing",
    ),
    Guard(
        "an alias of an alias after merging",
        "listening/services/merging_catalogue.py",
        '    journal.move(model, "merged_into", list(aliases), loser, winner)  # no chains\n',
        "",
        "tests/listening/test_merging.py::test_aliases_of_the_loser_lead_to_the_winner_without_a_chain",
    ),
    Guard(
        "undoing an earlier merge under a later one",
        "listening/services/merging.py",
        "    _must_be_the_last(merge, pair)\n",
        "",
        "tests/listening/test_merging.py::test_aliases_of_the_loser_lead_to_the_winner_without_a_chain",
    ),
    Guard(
        "a merge that begins while another still moves the same plays",
        "listening/services/merging.py",
        "    if _open_merges(pair):",
        "    if False:",
        "tests/listening/test_merging.py::test_while_plays_are_being_moved_no_other_merge_begins",
    ),
    Guard(
        "a member at the moderators' review of what to merge",
        "listening/pages/merging.py",
        "        if not actor(request).is_moderator:",
        "        if False:",
        "tests/listening/test_merging_pages.py::test_only_moderators_find_anything_here",
    ),
    Guard(
        "clocks that change at night",
        "listening/selectors/heard.py",
        "known = offsets(self.period.zone, start, end)",
        "known = offsets(self.period.zone, start, start)",
        "tests/listening/test_stats_time.py::test_half_past_two_comes_twice_in_autumn_and_never_in_spring",
    ),
    Guard(
        "days of UTC instead of the listener's",
        "listening/periods.py",
        "    today = now.astimezone(zone).date()",
        "    today = now.date()",
        "tests/pure/test_periods.py::test_weeks_begin_on_monday_in_the_listeners_zone",
    ),
    Guard(
        "today taken for the last 24 hours",
        "listening/periods.py",
        "    return Period(key, midnight(begin, zone), midnight(_next(key, begin), zone), now, zone)",
        "    return Period(key, now - timedelta(days=1), None, now, zone)",
        "tests/listening/test_stats_time.py::test_today_is_not_the_last_24_hours",
    ),
    Guard(
        "old plays that come in late and are not seen",
        "listening/selectors/firsts.py",
        "by_id(plays_in(heard.user, None), what)",
        "by_id(heard.plays, what)",
        "tests/listening/test_stats_time.py::test_a_backdated_import_appears_everywhere_at_once",
    ),
    Guard(
        "one member's many plays counted as many members",
        "club/selectors/listening.py",
        '"members": len(people),',
        '"members": sum(row["plays"] for row in people),',
        "tests/club/test_week_listening.py::test_members_are_counted_once_however_often_they_played",
    ),
    Guard(
        "listening of a member who shows it to nobody, on the week's page",
        "club/selectors/listening.py",
        "        user__in=listeners_seen_by(viewer),\n",
        "",
        "tests/club/test_week_listening.py::test_whoever_shows_their_listening_to_nobody_is_in_no_number_but_their_own",
    ),
    Guard(
        "listening of a member who shows it to nobody, in depth",
        "listening/pages/listening.py",
        "    if not may_see_listening(viewer(request), found):\n",
        "    if False:\n",
        "tests/listening/test_stats_doors.py::test_pages_and_endpoints_keep_to_the_members_own_setting",
    ),
    Guard(
        "totals that miss what was heard since they were made",
        "listening/services/totals.py",
        "        add_to_totals(user_id, _sums(rows, zone))\n        _change_state(user_id, rows, 1)",
        "        pass",
        "tests/listening/test_totals.py",
    ),
    Guard(
        "totals that keep plays which were deleted",
        "listening/services/totals.py",
        "        take_from_totals(user_id, _sums(rows, zone))",
        "        pass",
        "tests/listening/test_totals.py",
    ),
    Guard(
        "a first play that is gone and still the first",
        "listening/services/summing.py",
        "            left[kind, item].first_at = first_at",
        "            pass",
        "tests/listening/test_totals.py",
    ),
    Guard(
        "days of a time zone the member has left",
        "listening/selectors/totals.py",
        "state.built_at, state.zone == user.time_zone)",
        "state.built_at, True)",
        "tests/listening/test_totals.py",
    ),
    Guard(
        "plays put on the wrong side of a change of the clock",
        "listening/selectors/quarters.py",
        "        return self._through(quarter * _QUARTER, _QUARTER) if offset is None else offset",
        "        return self._at(quarter * _QUARTER) if offset is None else offset",
        "tests/listening/test_totals.py",
    ),
    Guard(
        "freed duplicates that count without a word to the totals",
        "listening/services/deleting.py",
        "    count_in(user_id, [Counted(*row[:5]) for row in freed])\n",
        "",
        "tests/listening/test_recount_storm.py",
    ),
    Guard(
        "duplicates that come and go without a word to the totals",
        "listening/services/duplicates.py",
        "        count_out(user_id, [counted_of(row) for row, _ in changes if row.duplicate_of is None])\n",
        "",
        "tests/listening/test_recount_storm.py",
    ),
    Guard(
        "a refresh that writes dead tokens over those of a reconnection",
        "integrations/services/tokens.py",
        "    row = LinkedAccount.objects.filter(pk=account.pk, token_version=account.token_version)\n    stored",
        "    row = LinkedAccount.objects.filter(pk=account.pk)\n    stored",
        "tests/integrations/test_tokens.py",
    ),
    Guard(
        "a refresh token lost because the reply brought none",
        "integrations/services/tokens.py",
        "    if tokens.refresh_token:\n",
        "    if True:\n",
        "tests/integrations/test_tokens.py",
    ),
    Guard(
        "an account elsewhere taken from another member",
        "integrations/services/linking.py",
        "        _must_be_free(account, verified)\n",
        "",
        "tests/integrations/test_linking.py",
    ),
    Guard(
        "a provider asked inside a transaction",
        "integrations/http.py",
        "    _must_not_hold_a_transaction()\n    mine",
        "    mine",
        "tests/integrations/test_door.py",
    ),
    Guard(
        "a redirect followed to a host of somebody's choice",
        "integrations/transport.py",
        "allow_redirects=False",
        "allow_redirects=True",
        "tests/integrations/test_transport.py",
    ),
    Guard(
        "another member's plays stored as one's own",
        "integrations/providers/lastfm.py",
        "    if told.strip().casefold() != name.casefold():",
        "    if False:",
        "tests/integrations/test_lastfm.py",
    ),
    Guard(
        "addresses with keys in the log",
        "integrations/logs.py",
        "    return False\n",
        "    return True\n",
        "tests/integrations/test_door.py",
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
