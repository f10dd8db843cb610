"""A member nominates an album in a week once, says more about it later, and may take it back."""

from __future__ import annotations

import pytest

from club.models import ExternalMessageRef, Nomination, Vote, Week
from club.services.nominations import nominate, withdraw_nomination
from club.services.polls import close_poll
from club.services.weeks import change_week, create_week
from listening.models import Album, AlbumTag
from listening.services.catalogue import AlbumRef
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed, NotFound
from sidetrack.models import AuditEvent
from tests.club.conftest import DAY, HOUR, MONDAY, as_

BLUE = AlbumRef(title="Blue", artist="Joni Mitchell", year=1971)


def test_nominating_twice_is_nominating_once(week, ann):
    first = nominate(week, by=as_(ann), album=BLUE, pitch="So sad.")
    again = nominate(week, by=as_(ann), album=BLUE, pitch="So sad.")
    assert (first.created, again.created) == (True, False)
    assert first.nomination.pk == again.nomination.pk
    assert first.nomination.updated_at == again.nomination.updated_at
    assert Nomination.objects.count() == Album.objects.count() == 1


def test_the_same_post_again_does_not_raise_the_version(week, ann):
    for _ in range(2):
        nominate(
            week, by=as_(ann), album=BLUE, tags={"genres": ["folk"]}, message={"channel_id": "1", "message_id": "2"}
        )
    assert Week.objects.get().version == week.version + 1


def test_what_is_posted_again_is_changed_and_the_rest_stays(week, ann):
    nominate(week, by=as_(ann), album=BLUE, pitch="First.", pitch_track_url="https://example.com/a")
    nominate(week, by=as_(ann), album=BLUE, pitch="Second.")
    only = Nomination.objects.get()
    assert (only.pitch, only.pitch_track_url) == ("Second.", "https://example.com/a")
    assert Week.objects.get().version == week.version + 2


def test_two_members_may_nominate_the_same_album(week, ann, bea):
    nominate(week, by=as_(ann), album=BLUE)
    nominate(week, by=as_(bea), album=BLUE)
    assert Nomination.objects.values("album").distinct().count() == 1
    assert Nomination.objects.count() == 2


def test_tags_are_kept_with_the_nomination_and_told_to_the_catalogue(week, ann):
    said = {"genres": ["Folk", "folk"], "decade": "70s", "country": "Canada"}
    nomination = nominate(week, by=as_(ann), album=BLUE, tags=said).nomination
    assert nomination.tags == {"genres": ["Folk"], "decade": "1970s", "country": "CA"}
    told = AlbumTag.objects.filter(source="nomination").values_list("tag__name", flat=True)
    assert sorted(told) == ["1970s", "CA", "Folk"]


def test_html_is_kept_as_typed_and_tricks_are_taken_out(week, ann):
    nomination = nominate(week, by=as_(ann), album=BLUE, pitch="<b>Listen</b>\u202e @everyone\u200b").nomination
    assert nomination.pitch == "<b>Listen</b> @everyone"


@pytest.mark.parametrize(
    ("field", "value", "attr"),
    [
        ("pitch", "x" * 4001, "pitch"),
        ("pitch", "a\x00b", "pitch"),
        ("pitch_track_url", "javascript:alert(1)", "pitch_track_url"),
        ("pitch_track_url", "https://user:pass@example.com/", "pitch_track_url"),
        ("tags", {"genres": ["x"] * 11}, "tags.genres"),
        ("tags", {"decade": "soon"}, "tags.decade"),
        ("tags", {"country": "Nowhere"}, "tags.country"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(week, ann, field, value, attr):
    with pytest.raises(Invalid) as refusal:
        nominate(week, by=as_(ann), album=BLUE, **{field: value})
    assert refusal.value.attr == attr
    assert (Nomination.objects.count(), Album.objects.count()) == (0, 0)


def test_the_message_is_kept_once_and_follows_the_post(week, ann):
    for message_id in ("2", "2", "3"):
        nominate(week, by=as_(ann), album=BLUE, message={"channel_id": "1", "message_id": message_id})
    ref = ExternalMessageRef.objects.get()
    assert (ref.kind, ref.channel_id, ref.external_id) == ("message", "1", "3")


def test_a_member_makes_no_more_nominations_than_the_club_allows(week, ann, bea, put_forward, settings):
    settings.CLUB_NOMINATIONS_PER_MEMBER = 1
    put_forward(ann, 0)
    put_forward(ann, 0, pitch="The same one again.")
    with pytest.raises(Conflict):
        put_forward(ann, 1)
    put_forward(bea, 1)


def test_an_album_nominated_or_won_before_comes_with_a_warning(won, ann, mo, albums):
    later, _ = create_week(number=4, date_discussion=MONDAY + 7 * DAY, by=as_(mo))
    won_before = nominate(later, by=as_(ann), album=AlbumRef(id=albums[0].pk)).warnings
    assert [(note.code, note.week) for note in won_before] == [("won_before", 3)]
    nominated = nominate(later, by=as_(ann), album=AlbumRef(id=albums[1].pk)).warnings
    assert [(note.code, note.detail) for note in nominated] == [
        ("nominated_before", "This album was nominated in week 3.")
    ]
    assert nominate(later, by=as_(ann), album=AlbumRef(id=albums[2].pk)).warnings == []


def test_nominations_end_with_their_deadline(week, ann, mo, put_forward):
    change_week(week, {"nominations_close_at": MONDAY}, by=as_(mo))
    with pytest.raises(Conflict) as refusal:
        put_forward(ann, 0)
    assert refusal.value.code == "nominations_closed"


def test_nominations_end_with_the_poll_and_leave_no_album_behind(week, ann, mo):
    close_poll(week, by=as_(mo))
    with pytest.raises(Conflict):
        nominate(week, by=as_(ann), album=BLUE)
    assert not Album.objects.exists()


def test_strangers_nominate_nothing(week, carl, mo, bea):
    bea.status = "banned"
    bea.save()
    for actor in (as_(carl), Actor(), as_(bea)):
        with pytest.raises(NotAllowed):
            nominate(week, by=actor, album=BLUE)
    assert not Album.objects.exists()


def test_withdrawing_takes_the_votes_along_and_the_log_keeps_what_was_lost(week, ann, bea, put_forward, vote):
    nomination = put_forward(ann, 0, pitch="Loud.")
    vote(bea, 1, nomination)
    vote(ann, 2, nomination)
    withdraw_nomination(week, nomination.pk, by=as_(ann))
    assert not Vote.objects.exists()
    row = AuditEvent.objects.get(verb="nomination.withdraw")
    assert (row.actor, row.subject) == (ann, ann)
    assert row.before["pitch"] == "Loud."
    assert (row.before["first_place_votes"], row.before["second_place_votes"]) == (1, 1)
    assert str(bea) not in str(row.before)


def test_a_withdrawn_nomination_can_be_made_again(week, ann, put_forward):
    nomination = put_forward(ann, 0)
    withdraw_nomination(week, nomination.pk, by=as_(ann))
    assert put_forward(ann, 0).pk != nomination.pk


def test_only_the_nominator_or_a_moderator_withdraws(week, ann, bea, carl, mo, put_forward, make_token):
    nomination = put_forward(ann, 0)
    for actor in (as_(bea), as_(carl), Actor(user=mo, token=make_token("club:write")[0])):
        with pytest.raises(NotAllowed):
            withdraw_nomination(week, nomination.pk, by=actor)
    withdraw_nomination(week, nomination.pk, by=as_(mo), reason="Not an album.")
    assert AuditEvent.objects.get(verb="nomination.withdraw").reason == "Not an album."


def test_nothing_is_withdrawn_after_the_poll_or_from_another_week(won, ann, mo):
    nomination = Nomination.objects.get(user=ann)
    for lost_or_won in Nomination.objects.filter(week=won):
        with pytest.raises(Conflict):
            withdraw_nomination(won, lost_or_won.pk, by=as_(mo))
    other, _ = create_week(number=4, date_discussion=MONDAY + HOUR, by=as_(mo))
    with pytest.raises(NotFound):
        withdraw_nomination(other, nomination.pk, by=as_(ann))
