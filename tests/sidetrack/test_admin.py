"""The moderators' desk: who comes in, what it writes and through what, and what it never shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils import timezone

from integrations.models import LinkedAccount
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.admin.base import ServiceAdmin
from sidetrack.models import AuditEvent, Follow, Invite, Job, JobRun, ServiceToken, User
from tests.conftest import make_person

WRITES = {
    "sidetrack.user": {"change"},
    "sidetrack.invite": {"add"},
}
"""What the desk writes, each through a service. A new entry needs a test of its own."""
OTHER_APPS = {"listening", "club", "taste"}  # their own tests say what they write


def models():
    import sidetrack.urls  # noqa: F401 - the desk is tidied with the addresses

    return sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


def page(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def everything(ann, mo, carl):
    """A row of every model of sidetrack and integrations."""
    audit.record("person.ban", carl, by=Actor(user=mo), reason="why", subject=carl, before={"a": 1}, after={"a": 2})
    job, _ = Job.objects.get_or_create(name="heartbeat")
    JobRun.objects.create(
        job=job, args={"import_id": 7, "token": "hush-hush"}, error="Bearer hush-hush", state="failed"
    )
    Invite.objects.create(created_by=mo, expires_at=timezone.now() + timedelta(days=1))
    ServiceToken.objects.create(name="bot", prefix="st_abc", secret_hash="hush-hush", scopes=["club:write"])
    LinkedAccount.objects.create(user=ann, provider="discord", external_id="1", external_name="annie")
    Follow.objects.create(follower=ann, followed=mo)


def pages(everything=None):
    """Every list and every form of the desk, and a form for each kind of row that exists."""
    yield reverse("admin:index")
    for model in models():
        yield page(model, "changelist")
        row = model._default_manager.first()
        if row is not None:
            yield page(model, "change", quote(row.pk))
            yield page(model, "history", quote(row.pk))
            yield page(model, "delete", quote(row.pk))
        yield page(model, "add")


def test_only_our_own_models_are_at_the_desk(db):
    assert {model._meta.app_label for model in models()} <= {"sidetrack", *OTHER_APPS, "integrations"}
    assert all(isinstance(admin.site._registry[model], ServiceAdmin) for model in models())


def test_moderators_read_every_page(web, mo, everything):
    browser = web(mo)
    for address in pages():
        answer = browser.get(address)
        writes = address.endswith(("/add/", "/delete/"))
        assert answer.status_code in ((200, 403) if writes else (200,)), address
        assert b"hush-hush" not in answer.content, address


@pytest.mark.parametrize("who", ["ann", "carl", "visitor", "banned moderator"])
def test_nobody_else_opens_any(request, web, who, everything):
    banned = make_person("bad", role="moderator", status="banned", is_staff=True)
    person = {"visitor": None, "banned moderator": banned}.get(who) if " " in who or who == "visitor" else None
    browser = web(person or (request.getfixturevalue(who) if who in ("ann", "carl") else None))
    for address in [*pages(), "/admin/login/", "/admin/search/?s=ann", "/admin/password_change/", "/admin/jsi18n/"]:
        for answer in (browser.get(address), browser.post(address, {"reason": "x"})):
            assert answer.status_code in (302, 403, 404), address
            if answer.status_code == 302:
                assert "/login/" in answer["Location"], address


def test_a_demoted_moderator_is_out_at_once(web, mo):
    browser = web(mo)
    assert browser.get("/admin/").status_code == 200
    User.objects.filter(pk=mo.pk).update(role="member")  # is_staff is stale
    assert browser.get("/admin/").status_code == 302


def test_the_desk_is_entered_by_the_sign_in_of_the_site(web, db):
    answer = web(None).get("/admin/login/?next=/admin/sidetrack/")
    assert answer["Location"].startswith("/accounts/login/?next=")


def test_the_desk_writes_only_what_a_service_stands_behind(rf, mo):
    request = rf.get("/admin/")
    request.user = mo
    for model in models():
        if model._meta.app_label in OTHER_APPS:
            continue
        desk = admin.site._registry[model]
        may = {name for name in ("add", "change", "delete") if getattr(desk, f"has_{name}_permission")(request)}
        assert may == WRITES.get(model._meta.label_lower, set()), model


def test_a_desk_that_may_write_calls_a_service(rf, mo):
    for model, desk in admin.site._registry.items():
        if {"add", "change"} & desk.writes:
            assert type(desk).save_model is not ServiceAdmin.save_model, model
        if "delete" in desk.writes:
            assert type(desk).delete_model is not ServiceAdmin.delete_model, model


def test_nothing_is_deleted_in_bulk(rf, web, mo, everything):
    request = rf.get("/admin/")
    request.user = mo
    browser = web(mo)
    for model in models():
        assert "delete_selected" not in admin.site._registry[model].get_actions(request), model
        assert not admin.site._registry[model].list_editable, model
        before = model._default_manager.count()
        rows = [str(pk) for pk in model._default_manager.values_list("pk", flat=True)]
        browser.post(page(model, "changelist"), {"action": "delete_selected", "_selected_action": rows, "post": "yes"})
        assert model._default_manager.count() == before, model


def test_a_page_that_is_read_only_takes_no_post(web, mo, everything):
    event = AuditEvent.objects.latest("pk")
    answer = web(mo).post(page(AuditEvent, "change", event.pk), {"reason": "forged"})
    assert answer.status_code == 403
    event.refresh_from_db()
    assert event.reason == "why"


@pytest.mark.parametrize("pk", ["0", "x", "9" * 30, "%00", "../1", "1' or '1'='1"])
def test_a_row_that_is_none_is_no_error(web, mo, pk):
    browser = web(mo)
    for rest in ("change/", "ban/", "history/", "delete/"):
        assert browser.get(f"/admin/sidetrack/user/{pk}/{rest}").status_code in (302, 403, 404)


def test_lists_ask_the_same_few_questions_however_long(web, mo, django_assert_max_num_queries):
    browser = web(mo)
    for number in range(30):
        person = make_person(f"p{number}")
        audit.record("person.ban", person, by=Actor(user=person), subject=person)
        Invite.objects.create(created_by=person, expires_at=timezone.now())
        LinkedAccount.objects.create(user=person, provider="discord", external_id=str(number))
    for model in (User, AuditEvent, Invite, LinkedAccount, ServiceToken, JobRun, Job):
        with django_assert_max_num_queries(10):
            browser.get(page(model, "changelist"))


def test_the_desk_says_what_waits(web, mo, carl, everything):
    waiting = web(mo).get("/admin/").context["waiting"]
    assert (waiting[0].count, waiting[0].what) == (1, "person waits to be admitted")
    for one in waiting:
        assert web(mo).get(one.address).status_code == 200
    User.objects.filter(pk=carl.pk).update(status="member")
    assert "wait" not in str([one.what for one in web(mo).get("/admin/").context["waiting"]])


# --- people


def act(browser, person, name, **data):
    return browser.post(f"/admin/sidetrack/user/{person.pk}/{name}/", data)


def test_a_moderator_admits_and_bans_with_a_reason(web, mo, carl):
    browser = web(mo)
    assert browser.get(f"/admin/sidetrack/user/{carl.pk}/admit/").status_code == 200
    assert act(browser, carl, "admit").status_code == 302
    carl.refresh_from_db()
    assert carl.is_member
    unexplained = act(browser, carl, "ban")
    assert unexplained.status_code == 200
    assert "reason" in unexplained.context["form"].errors
    act(browser, carl, "ban", reason="spam")
    carl.refresh_from_db()
    assert carl.status == "banned"
    event = AuditEvent.objects.get(verb="person.ban")
    assert (event.actor, event.reason, event.subject) == (mo, "spam", carl)
    act(browser, carl, "unban")
    carl.refresh_from_db()
    assert carl.is_member


def test_a_refusal_of_a_service_is_said_on_the_form(web, mo, olga):
    answer = act(web(mo), olga, "ban", reason="coup")
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors() == ["Only an owner of the site may do this."]
    olga.refresh_from_db()
    assert olga.is_owner


def test_only_an_owner_sets_roles(web, mo, olga, ann):
    assert act(web(mo), ann, "set-role", role="owner").status_code == 403
    assert act(web(olga), ann, "set-role", role="moderator", reason="helps").status_code == 302
    ann.refresh_from_db()
    assert ann.is_moderator
    last = act(web(olga), olga, "set-role", role="member")
    assert "last owner" in last.content.decode()


def test_an_action_by_a_stranger_does_nothing(web, ann, carl):
    for who in (None, ann, carl):
        for name in ("admit", "ban", "unban", "set-role"):
            assert act(web(who), ann, name, reason="x", role="owner").status_code in (302, 403)
    ann.refresh_from_db()
    assert (ann.status, ann.role) == ("member", "member")
    assert not AuditEvent.objects.exists()


def test_many_are_admitted_at_once(web, mo, carl):
    dee = make_person("dee", status="pending")
    web(mo).post("/admin/sidetrack/user/", {"action": "admit_selected", "_selected_action": [carl.pk, dee.pk, mo.pk]})
    assert User.objects.members().count() == 3
    assert AuditEvent.objects.filter(verb="person.admit").count() == 2


def test_a_rename_goes_through_the_service(web, mo, ann, bea):
    browser = web(mo)
    taken = browser.post(page(User, "change", ann.pk), {"username": "admin", "display_name": "Ann"})
    assert taken.status_code == 200
    assert "username" in taken.context["adminform"].form.errors
    done = browser.post(
        page(User, "change", ann.pk),
        {"username": "anna", "display_name": "Anna", "role": "owner", "status": "banned", "is_superuser": "on"},
    )
    assert done.status_code == 302
    ann.refresh_from_db()
    assert (ann.username, ann.role, ann.status, ann.is_superuser) == ("anna", "member", "member", False)
    assert AuditEvent.objects.get(verb="person.rename").actor == mo


# --- invites and tokens


def test_an_invite_is_made_and_withdrawn(web, mo):
    browser = web(mo)
    wrong = browser.post(page(Invite, "add"), {"uses_left": 0, "days": 400, "note": ""})
    assert wrong.context["adminform"].form.errors.keys() == {"uses_left", "days"}
    assert browser.post(page(Invite, "add"), {"uses_left": 5, "days": 7, "note": "spring"}).status_code == 302
    invite = Invite.objects.get()
    assert (invite.uses_left, invite.note, invite.created_by) == (5, "spring", mo)
    assert f"/invite/{invite.code}/" in browser.get(page(Invite, "changelist")).content.decode()
    browser.post(f"/admin/sidetrack/invite/{invite.pk}/withdraw/", {"reason": ""})
    invite.refresh_from_db()
    assert not invite.is_open
    assert invite.code not in browser.get(page(Invite, "change", invite.pk)).content.decode()


def test_a_token_is_shown_once(web, mo, api, bea):
    browser = web(mo)
    address = "/admin/sidetrack/servicetoken/make/"
    assert browser.get(address).status_code == 200
    wrong = browser.post(address, {"name": "", "scopes": ["everything"], "expires_in_days": "0"})
    assert wrong.context["form"].errors.keys() == {"name", "scopes", "expires_in_days"}
    made = browser.post(address, {"name": "Discord bot", "scopes": ["club:write"], "expires_in_days": "30"})
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    token = ServiceToken.objects.get()
    assert (token.scopes, token.created_by) == (["club:write"], mo)
    for later in (page(ServiceToken, "changelist"), page(ServiceToken, "change", token.pk), "/admin/"):
        assert secret not in browser.get(later).content.decode()
    assert secret not in str(list(AuditEvent.objects.values()))
    again = browser.post(address, {"name": "Discord bot", "scopes": ["club:write"]})
    assert "name" in again.context["form"].errors
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    body = {"user": {"discord_id": "1"}}
    assert client.post(f"/api/v1/users/{bea.pk}/follow", body).status_code == 201
    browser.post(f"/admin/sidetrack/servicetoken/{token.pk}/revoke/", {"reason": "leaked"})
    assert client.post(f"/api/v1/users/{bea.pk}/follow", body).status_code == 401
    assert AuditEvent.objects.get(verb="token.revoke").reason == "leaked"


def test_nobody_else_makes_a_token(web, ann, carl):
    for who in (None, ann, carl):
        answer = web(who).post("/admin/sidetrack/servicetoken/make/", {"name": "x", "scopes": ["moderate"]})
        assert answer.status_code in (302, 403)
    assert not ServiceToken.objects.exists()
