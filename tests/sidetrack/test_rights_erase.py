"""The end of an account: what opens or shows it goes at once, the rest by a job, and nothing comes back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.apps import apps
from django.contrib.sessions.models import Session
from django.utils import timezone

from club.models import Nomination, Rating, Vote, Week
from integrations.models import GoneAccount, LinkedAccount
from integrations.services.gone import let_back
from integrations.services.people import PersonRef, person_for
from listening.models import ListenEvent, ListenImport
from listening.services.listens import record_plays
from sidetrack import rights
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed, NotFound
from sidetrack.models import AuditEvent, Erasure, JobRun, ServiceToken, User
from sidetrack.services.erasing import erase, leave, look_after_erasures
from sidetrack.services.invites import make_invite, use_invite
from sidetrack.services.tokens import make_token
from tests.conftest import PASSWORD, make_person
from tests.jobs import drain
from tests.listening.plays import play
from tests.sidetrack.traces import keys_to_people, leave_traces, rows_about

pytestmark = pytest.mark.django_db

STAYS = {"sidetrack.erasure", "sidetrack.auditevent", "club.nomination", "club.vote", "club.rating"}
"""Rows that may still point at the empty row of somebody who left."""


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def gone(person: User, **choices: Any) -> Erasure:
    """Ann leaves, and the job is through."""
    leave(by=Actor(user=person), confirm=person.username, password=PASSWORD, **choices)
    drain()
    person.refresh_from_db()
    return Erasure.objects.get(user=person)


def where_said(words: str) -> list[str]:
    """The tables in which these words stand anywhere."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.all().values():
            if words.lower() in json.dumps(row, default=str).lower():
                found.append(f"{model._meta.label_lower} {row}")
    return found


def test_nothing_about_them_remains_but_what_is_said_to_stay(ann, bea):
    leave_traces(ann, "Annish")
    leave_traces(bea, "Beaish")
    bea_before = {label: rows_about(bea, label) for label in keys_to_people()}
    erasure = gone(ann, keep_words=False)
    assert erasure.state == "done"
    assert {label for label in keys_to_people() if rows_about(ann, label)} == STAYS - {"club.rating"}
    assert {label: rows_about(bea, label) for label in keys_to_people()} == bea_before
    assert erasure.removed.keys() == {"sidetrack", "integrations", "listening", "club"}
    assert sorted(erasure.through) == ["club", "integrations", "listening", "sidetrack"]


def test_no_word_of_theirs_is_left_where_it_should_not_be(ann):
    leave_traces(ann, "Annish")
    gone(ann, keep_words=False)
    # Albums, artists and tracks are the catalogue's, and so is what was found about them.
    catalogue = tuple(f"listening.{name} " for name in ("album", "artist", "track", "merge", "lookalike"))
    assert [row for row in where_said("Annish") if not row.startswith(catalogue)] == []
    for words in (
        "Annish history",
        "Annish pitch",
        "Annish review",
        "Annish former review",
        "Ann Arbor",
        "ann@example.com",
        f"918273645546{ann.pk}",
    ):
        assert where_said(words) == [], words


def test_the_row_that_stays_is_empty_and_shut(ann, web):
    client = web(ann)
    gone(ann)
    assert (ann.username, ann.name, ann.email) == (f"former-{ann.pk}", f"former-{ann.pk}", "")
    assert (ann.is_active, ann.visibility, ann.role, ann.has_usable_password()) == (False, "nobody", "member", False)
    assert client.get("/settings/").status_code == 302
    assert not Session.objects.exists()


def test_words_stay_under_former_member_unless_asked_otherwise(ann, bea, web):
    leave_traces(ann, "Annish")
    gone(ann)
    week = Week.objects.exclude(poll_closed_at=None).get()
    page = web(bea).get(f"/weeks/{week.number}/").content.decode()
    assert "Annish review" in page
    assert "Annish pitch" in page
    assert "Former member" in page
    assert "Ann Arbor" not in page
    assert f"former-{ann.pk}" not in page
    assert Vote.objects.get(user=ann).week == week  # as a number; the open poll's is withdrawn


def test_words_go_when_asked(ann, bea, web):
    leave_traces(ann, "Annish")
    gone(ann, keep_words=False)
    assert not Rating.objects.filter(user=ann).exists()
    assert set(Nomination.objects.filter(user=ann).values_list("pitch", flat=True)) == {""}
    week = Week.objects.exclude(poll_closed_at=None).get()
    page = web(bea).get(f"/weeks/{week.number}/").content.decode()
    assert "Annish review" not in page
    assert "Annish pitch" not in page


def test_at_once_doors_are_shut_and_open_votes_withdrawn(ann, olga, bot, api):
    leave_traces(ann, "Annish")
    User.objects.filter(pk=ann.pk).update(role="moderator")
    ann.refresh_from_db()
    make_token("anns bot", ["club:write"], by=Actor(user=ann))
    invite = make_invite(by=Actor(user=ann))
    voted = Week.objects.get(poll_closed_at=None)
    leave(by=Actor(user=ann), confirm="ann", password=PASSWORD)
    ann.refresh_from_db()
    assert not ann.is_active
    assert not LinkedAccount.objects.filter(user=ann).exists()
    assert not ServiceToken.objects.get(name="anns bot").is_live
    with pytest.raises(Conflict):
        use_invite(invite.code, by=Actor(user=make_person("new", status="pending")))
    assert not Vote.objects.filter(week=voted).exists()
    assert Week.objects.get(pk=voted.pk).version > voted.version
    assert api(None).get(f"/api/v1/users/{ann.pk}").status_code == 404
    assert api(olga).get(f"/api/v1/users/{ann.pk}/listens/recent").status_code == 404


def test_a_bot_does_not_bring_them_back(ann, bot):
    LinkedAccount.objects.create(user=ann, provider="discord", external_id="555", external_name="Ann")
    gone(ann)
    for _ in range(2):
        with pytest.raises(NotAllowed) as refusal:
            person_for(PersonRef(discord_id="555", display_name="Ann"))
        assert refusal.value.code == "gone"
    body = {"user": {"discord_id": "555", "display_name": "Ann"}, "listens": []}
    assert bot.post("/api/v1/listens/bulk", body).status_code == 403
    assert User.objects.count() == 1
    assert "555" not in str(list(GoneAccount.objects.values("digest"))) or len(GoneAccount.objects.get().digest) == 64


def test_a_changed_secret_key_still_knows_who_left(ann, settings):
    LinkedAccount.objects.create(user=ann, provider="discord", external_id="555")
    gone(ann)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key " * 5
    with pytest.raises(NotAllowed):
        person_for(PersonRef(discord_id="555"))


def test_a_moderator_lets_them_back_as_somebody_new(ann, bea, mo):
    LinkedAccount.objects.create(user=ann, provider="discord", external_id="555")
    gone(ann)
    with pytest.raises(NotAllowed):
        let_back("discord", "555", by=Actor(user=bea))
    let_back("discord", "555", by=Actor(user=mo), reason="They asked")
    assert person_for(PersonRef(discord_id="555", display_name="Ann")).pk != ann.pk
    with pytest.raises(NotFound):
        let_back("discord", "555", by=SITE)
    assert "555" not in str(list(AuditEvent.objects.filter(verb="account.let_back").values()))


def test_they_can_sign_up_again_with_name_and_address(ann, client):
    gone(ann)
    form = {"email": "ann@example.com", "username": "ann", "password1": PASSWORD}
    assert client.post("/accounts/signup/", form).status_code == 302
    assert User.objects.get(username="ann").pk != ann.pk


def test_the_last_owner_stays(olga):
    with pytest.raises(Conflict, match="last owner"):
        leave(by=Actor(user=olga), confirm="olga", password=PASSWORD)
    make_person("otto", role="owner")
    assert gone(olga).state == "done"


@pytest.mark.parametrize(("confirm", "password", "field"), [("bea", PASSWORD, "confirm"), ("ann", "x", "password")])
def test_a_slip_deletes_nothing(ann, confirm, password, field):
    with pytest.raises(Invalid) as refusal:
        leave(by=Actor(user=ann), confirm=confirm, password=password)
    assert refusal.value.attr == field
    assert not Erasure.objects.exists()


def test_who_has_no_password_is_not_asked_for_one(ann, web):
    ann.set_unusable_password()
    ann.save()
    page = web(ann).get("/settings/data/delete/").content.decode()
    assert 'name="password"' not in page
    assert leave(by=Actor(user=ann), confirm="Ann ").keep_words


def test_a_token_ends_nobodys_account(ann, bot):
    with pytest.raises(NotAllowed):
        leave(by=Actor(user=ann, token=ServiceToken.objects.get()), confirm="ann", password=PASSWORD)
    assert bot.delete("/api/v1/users/me", {"confirm": "ann"}).status_code == 403


def test_the_page_says_what_goes_and_what_stays_and_does_it(ann, web):
    client = web(ann)
    page = client.get("/settings/data/delete/").content.decode()
    assert "What goes" in page
    assert "What stays" in page
    refused = client.post("/settings/data/delete/", {"confirm": "bea", "password": PASSWORD})
    assert (refused.status_code, "Type your username" in refused.content.decode()) == (400, True)
    form = {"confirm": "ann", "password": PASSWORD, "remove_words": "on"}
    done = client.post("/settings/data/delete/", form, follow=True)
    assert "Your account is deleted" in done.content.decode()
    assert client.get("/settings/").status_code == 302
    assert not Erasure.objects.get(user=ann).keep_words


def test_passwords_are_not_guessed_here(ann, web):
    client = web(ann)
    codes = [client.post("/settings/data/delete/", {"confirm": "ann", "password": "x"}).status_code for _ in range(11)]
    assert codes == [400] * 10 + [429]


def test_the_api_ends_an_account(ann, api):
    client = api(ann)
    assert client.delete("/api/v1/users/me", {"confirm": "ann"}).json()["errors"][0]["attr"] == "password"
    body = {"confirm": "ann", "password": PASSWORD, "keep_words": False}
    answer = client.delete("/api/v1/users/me", body)
    assert (answer.status_code, answer.json()) == (202, {"state": "queued", "keep_words": False})
    assert client.get("/api/v1/users/me").status_code == 401
    assert api(None).delete("/api/v1/users/me", body).status_code == 401


def test_twice_is_once(ann):
    stale = User.objects.get(pk=ann.pk)
    leave(by=Actor(user=ann), confirm="ann", password=PASSWORD)
    with pytest.raises(NotFound):
        leave(by=Actor(user=stale), confirm="ann", password=PASSWORD)


def test_a_free_name_is_found(ann):
    make_person(f"former-{ann.pk}")
    gone(ann)
    assert ann.username.startswith(f"former-{ann.pk}-")


def test_moderators_read_that_somebody_left_and_nothing_of_them(ann, mo, web):
    leave_traces(ann, "Annish")
    erasure = gone(ann)
    event = AuditEvent.objects.get(verb="person.leave")
    assert (event.actor, event.object_name, event.after) == (ann, "Former member", {"keep_words": True})
    addresses = [f"/admin/sidetrack/user/{ann.pk}/change/", "/admin/sidetrack/auditevent/", "/admin/sidetrack/erasure/"]
    addresses += [f"/admin/sidetrack/erasure/{erasure.pk}/change/", "/admin/sidetrack/user/"]
    for address in addresses:
        page = web(mo).get(address)
        assert page.status_code == 200, address
        for words in ("Ann Arbor", "Annish", "ann@example.com"):
            assert words not in page.content.decode(), (address, words)


def test_reasons_that_moderators_gave_stay(ann, mo):
    event = AuditEvent.objects.create(
        verb="review.hide", actor=mo, subject=ann, object_type="club.rating", object_id="1", reason="Rude",
        before={"review": "words", "hidden": False}, after={"hidden": True},
    )  # fmt: skip
    gone(ann)
    event.refresh_from_db()
    assert (event.reason, event.before, event.after) == ("Rude", {"hidden": False}, {"hidden": True})


def test_more_than_a_piece_goes(ann, monkeypatch):
    monkeypatch.setattr("listening.services.rights.PIECE", 7)
    monkeypatch.setattr(rights, "PIECE", 7)
    record_plays(ann, [play(f"Track {n}", "Band") for n in range(50)], source="spotify")
    erasure = gone(ann)
    assert not ListenEvent.objects.filter(user=ann).exists()
    assert erasure.removed["listening"] >= 50


def test_plays_of_somebody_who_left_are_refused(ann):
    stale = User.objects.get(pk=ann.pk)
    gone(ann)
    with pytest.raises(NotFound):
        record_plays(stale, [play("Track", "Band")], source="spotify")


def test_late_rows_go_for_a_day(ann):
    gone(ann)
    ListenImport.objects.create(user=ann, file_name="late.json")
    assert look_after_erasures()["late_rows"] == 1
    assert not ListenImport.objects.exists()
    Erasure.objects.update(finished_at=timezone.now() - timedelta(days=2))
    assert look_after_erasures() == {"erasures_resumed": 0, "late_rows": 0}


def test_an_erasure_nobody_works_on_is_handed_out_again(ann):
    leave(by=Actor(user=ann), confirm="ann", password=PASSWORD)
    JobRun.objects.update(state="failed")
    assert look_after_erasures()["erasures_resumed"] == 1
    assert look_after_erasures()["erasures_resumed"] == 0
    drain()
    assert Erasure.objects.get().state == "done"


def test_a_row_that_comes_in_behind_the_job_is_met_by_another_round(ann):
    """Written to listening while the site's own rows are already being removed."""
    leave_traces(ann, "Annish")
    leave(by=Actor(user=ann), confirm="ann", password=PASSWORD)
    late: list[ListenImport] = []

    def keep() -> None:
        if not late and Erasure.objects.get().through[-2:] == ["listening", "integrations"]:
            late.append(ListenImport.objects.create(user=ann, file_name="late.json"))

    erase(ann.pk, keep=keep)
    assert late
    assert not ListenImport.objects.filter(user=ann).exists()


def test_a_new_password_in_flight_brings_nobody_back(ann):
    """The form has read the account; the account ends; the form writes."""
    stale = User.objects.get(pk=ann.pk)
    leave(by=Actor(user=ann), confirm="ann", password=PASSWORD)
    get_adapter().set_password(stale, "another-password-1")
    ann.refresh_from_db()
    assert (ann.is_active, ann.email, ann.username) == (False, "", f"former-{ann.pk}")


def test_what_a_request_in_flight_wrote_to_the_row_goes_again(ann):
    stale = User.objects.get(pk=ann.pk)
    gone(ann)
    stale.save()
    assert User.objects.get(pk=ann.pk).is_active
    look_after_erasures()
    ann.refresh_from_db()
    assert (ann.is_active, ann.email, ann.display_name, ann.username) == (False, "", "", f"former-{ann.pk}")
    assert not ann.has_usable_password()
