"""The tie ladder decides, and the same ballots in any order give the same winner."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from club.tally import Ballot, tally


def places(result):
    return [(row.nomination_id, row.points, row.firsts, row.position, row.tied) for row in result.ranking]


def test_a_poll_counted_by_hand():
    # Nominated in the order 7, 5, 9, 3. Voters 1 to 6.
    ballots = [
        Ballot(5, 1, 1), Ballot(7, 1, 2),
        Ballot(5, 2, 1), Ballot(9, 2, 2),
        Ballot(7, 3, 1), Ballot(9, 3, 2),
        Ballot(9, 4, 1), Ballot(7, 4, 2),
        Ballot(7, 5, 2),
        Ballot(9, 6, 2),
    ]  # fmt: skip
    result = tally([7, 5, 9, 3], ballots)
    # 7: 2+1+1+1 = 5 with one first; 9: 1+1+2+1 = 5 with one first; 5: 4 with two; 3: nothing.
    assert places(result) == [(7, 5, 1, 1, True), (9, 5, 1, 1, True), (5, 4, 2, 3, False), (3, 0, 0, 4, False)]
    assert (result.winner_id, result.tie_break) == (7, "earliest_nomination")
    assert (result.total_voters, result.total_points) == (6, 14)


def test_more_points_win_without_a_tie_break():
    result = tally([1, 2], [Ballot(2, 10, 1), Ballot(1, 11, 2)])
    assert (result.winner_id, result.tie_break) == (2, None)


def test_equal_points_are_decided_by_first_places():
    result = tally([1, 2], [Ballot(1, 10, 2), Ballot(1, 11, 2), Ballot(2, 12, 1)])
    assert (result.winner_id, result.tie_break) == (2, "first_place_votes")
    assert [row.position for row in result.ranking] == [1, 2]


def test_a_total_tie_goes_to_the_earlier_nomination():
    ballots = [Ballot(1, 10, 1), Ballot(2, 11, 1)]
    assert tally([1, 2], ballots).winner_id == 1
    assert tally([2, 1], ballots).winner_id == 2
    assert tally([2, 1], ballots).tie_break == "earliest_nomination"


def test_three_equal_on_points_of_which_two_on_first_places():
    ballots = [Ballot(1, 10, 1), Ballot(2, 11, 1), Ballot(3, 12, 2), Ballot(3, 13, 2)]
    result = tally([3, 2, 1], ballots)
    assert [row.nomination_id for row in result.ranking] == [2, 1, 3]
    assert [row.position for row in result.ranking] == [1, 1, 3]
    assert result.tie_break == "earliest_nomination"


def test_nothing_nominated_and_nobody_voting_have_no_winner():
    assert tally([], []).winner_id is None
    assert tally([1], []).winner_id is None
    assert tally([1, 2], []).tie_break is None


def test_one_nomination_with_one_vote_wins():
    assert tally([1], [Ballot(1, 10, 2)]).winner_id == 1


def test_ballots_for_a_withdrawn_nomination_do_not_count():
    result = tally([1], [Ballot(2, 10, 1), Ballot(1, 11, 2)])
    assert (result.winner_id, result.total_voters, result.total_points) == (1, 1, 1)


@st.composite
def polls(draw):
    """Nominations in some order, and voters with up to two ranks on two different nominations."""
    nominations = draw(st.permutations(range(1, draw(st.integers(1, 8)) + 1)))
    ballots = []
    for voter in range(draw(st.integers(0, 12))):
        chosen = draw(st.lists(st.sampled_from(nominations), unique=True, max_size=2))
        ballots += [Ballot(nomination, voter, rank) for rank, nomination in enumerate(chosen, start=1)]
    return list(nominations), ballots


@given(polls(), st.randoms())
def test_the_order_of_the_ballots_never_matters(poll, random):
    nominations, ballots = poll
    shuffled = list(ballots)
    random.shuffle(shuffled)
    assert tally(nominations, ballots) == tally(nominations, shuffled)


@given(polls())
def test_every_point_is_counted_once(poll):
    nominations, ballots = poll
    result = tally(nominations, ballots)
    assert sum(row.points for row in result.ranking) == result.total_points == sum(3 - b.rank for b in ballots)
    assert sum(row.firsts + row.seconds for row in result.ranking) == len(ballots)
    assert sorted(row.nomination_id for row in result.ranking) == sorted(nominations)


@given(polls())
def test_the_winner_is_one_and_beats_every_other_on_the_ladder(poll):
    nominations, ballots = poll
    result = tally(nominations, ballots)
    assert (result.winner_id is None) == (not ballots)
    ladder = [(-row.points, -row.firsts, nominations.index(row.nomination_id)) for row in result.ranking]
    assert ladder == sorted(ladder)
    if result.winner_id is not None:
        assert result.winner_id == result.ranking[0].nomination_id


@given(polls())
def test_positions_are_shared_and_then_skipped(poll):
    result = tally(*poll)
    for row in result.ranking:
        better = [other for other in result.ranking if (other.points, other.firsts) > (row.points, row.firsts)]
        equal = [other for other in result.ranking if (other.points, other.firsts) == (row.points, row.firsts)]
        assert row.position == len(better) + 1
        assert row.tied == (len(equal) > 1)


@given(polls(), st.integers(0, 7))
def test_withdrawing_a_nomination_is_as_if_it_had_never_been(poll, which):
    nominations, ballots = poll
    gone = nominations[which % len(nominations)]
    rest = [nomination for nomination in nominations if nomination != gone]
    assert tally(rest, ballots) == tally(rest, [ballot for ballot in ballots if ballot.nomination_id != gone])
