"""What the site itself keeps about a member: account, addresses, follows, invites, tokens, jobs, the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet

from sidetrack.actors import SITE
from sidetrack.models import AuditEvent, DataExport, Follow, Invite, Job, JobRun, ServiceToken, User
from sidetrack.rights import PIECE, Handler, Section, clear_piece, delete_piece, in_pieces
from sidetrack.services.exporting import drop_export
from sidetrack.services.people import take_keys

COVERS = (
    "sidetrack.auditevent",
    "sidetrack.dataexport",
    "sidetrack.erasure",
    "sidetrack.follow",
    "sidetrack.invite",
    "sidetrack.job",
    "sidetrack.jobrun",
    "sidetrack.servicetoken",
    "sidetrack.user_groups",
    "sidetrack.user_user_permissions",
    "admin.logentry",
    "account.emailaddress",
    "socialaccount.socialaccount",
)
FORMER = "Former member"

# What may stay in before and after of an audit row about somebody who left: nothing they wrote.
_KEPT = frozenset(
    {"album", "album_id", "first_place_votes", "hidden", "keep_words", "role", "second_place_votes", "status", "week"}
)

_ACCOUNT = {
    "id": "your number here",
    "username": "in the address of your page",
    "display_name": "what others call you",
    "email": "your main e-mail address",
    "has_password": "whether you have a password; it is kept as a digest only, which is not in here",
    "status": "whether you are a member of the club",
    "role": "what you may do there",
    "visibility": "who may see your listening",
    "hide_name_on_reviews": "whether your name is kept off your reviews",
    "time_zone": "the zone of your statistics",
    "groups": "groups you were put in; none, as a rule",
    "permissions": "single permissions you were given; none, as a rule",
    "created_at": "when you signed up, or were met first",
    "updated_at": "when any of this last changed",
    "last_login": "when you last signed in",
}


def export(person: User) -> list[Section]:
    return [
        Section("account.jsonl", "You and your settings, one line.", _ACCOUNT, lambda: iter([_account(person)])),
        _table(
            "emails.jsonl",
            "Your e-mail addresses.",
            EmailAddress.objects.filter(user=person),
            {"email": "the address", "verified": "whether you confirmed it", "primary": "whether it is the main one"},
        ),
        _table(
            "sign_ins.jsonl",
            "Accounts elsewhere that sign you in here.",
            SocialAccount.objects.filter(user=person),
            {
                "provider": "where",
                "uid": "your id there",
                "date_joined": "when you connected it",
                "last_login": "when it last signed you in",
            },
        ),
        Section(
            "follows.jsonl",
            "Whom you follow and who follows you, by number; their names are theirs.",
            {"direction": "you follow, or follows you", "person_id": "the other's number", "created_at": "since when"},
            lambda: _follows(person),
        ),
        _table(
            "invites.jsonl",
            "Invites you made, without the link.",
            Invite.objects.filter(created_by=person),
            {
                "note": "what you noted down",
                "uses_left": "how many may still come in by it",
                "created_at": "when you made it",
                "expires_at": "when it ends",
                "withdrawn_at": "when it was withdrawn",
            },
        ),
        _table(
            "service_tokens.jsonl",
            "Tokens for bots that you made, without the secret.",
            ServiceToken.objects.filter(created_by=person),
            {
                "name": "its name",
                "scopes": "what it may do",
                "created_at": "when you made it",
                "expires_at": "when it ends",
                "revoked_at": "when it was revoked",
                "last_used_at": "when it was last used",
            },
        ),
        Section(
            "done_to_you.jsonl",
            "What was done to you and to what you wrote, from the audit log. Moderators are not named.",
            {
                "at": "when",
                "what": "what was done",
                "object_type": "to what kind of thing",
                "object_id": "its number",
                "object_name": "its name",
                "by_you": "whether you did it yourself",
                "reason": "the reason given",
                "before": "how it was",
                "after": "what it became",
            },
            lambda: _done_to(person),
        ),
        Section(
            "done_by_you.jsonl",
            "What you did that the audit log keeps.",
            {
                "at": "when",
                "what": "what you did",
                "object_type": "to what kind of thing",
                "object_id": "its number",
                "reason": "the reason you gave",
            },
            lambda: _renamed(
                AuditEvent.objects.filter(actor=person), {"verb": "what"}, "at", "object_type", "object_id", "reason"
            ),
        ),
        Section(
            "desk.jsonl",
            "What you changed at the moderators' desk, as its own log keeps it.",
            {
                "at": "when",
                "kind": "the kind of thing",
                "object_id": "its number",
                "change": "1 added, 2 changed, 3 deleted",
            },
            lambda: _renamed(
                LogEntry.objects.filter(user=person),
                {"action_time": "at", "content_type__model": "kind", "action_flag": "change"},
                "object_id",
            ),
        ),
        Section(
            "jobs.jsonl",
            "Work in the background that you set off, or paused.",
            {
                "job": "its name",
                "what": "asked for, or paused",
                "at": "when",
                "state": "how it ended",
                "note": "what you noted",
            },
            lambda: _jobs(person),
        ),
        _table(
            "copies.jsonl",
            "Copies of your data that you asked for, this one among them.",
            DataExport.objects.filter(user=person),
            {"state": "how it went", "created_at": "when you asked", "finished_at": "when it was made"},
        ),
    ]


def _table(name: str, about: str, rows: QuerySet[Any], fields: dict[str, str]) -> Section:
    return Section(name, about, fields, lambda: _renamed(rows, {}, *fields))


def _renamed(rows: QuerySet[Any], names: dict[str, str], *same: str) -> Iterator[dict[str, Any]]:
    for row in in_pieces(rows.values("pk", *names, *same), "pk"):
        yield {name: row[name] for name in same} | {new: row[old] for old, new in names.items()}


def _account(person: User) -> dict[str, Any]:
    fresh = User.objects.get(pk=person.pk)
    special = {
        "has_password": fresh.has_usable_password(),
        "groups": list(fresh.groups.order_by("name").values_list("name", flat=True)),
        "permissions": list(fresh.user_permissions.order_by("codename").values_list("codename", flat=True)),
    }
    return {name: special[name] if name in special else getattr(fresh, name) for name in _ACCOUNT}


def _follows(person: User) -> Iterator[dict[str, Any]]:
    directions = (("you follow", "follower", "followed_id"), ("follows you", "followed", "follower_id"))
    for direction, own, other in directions:
        for row in in_pieces(Follow.objects.filter(**{own: person}).values("pk", other, "created_at"), "pk"):
            yield {"direction": direction, "person_id": row[other], "created_at": row["created_at"]}


def _done_to(person: User) -> Iterator[dict[str, Any]]:
    same = ("at", "object_type", "object_id", "object_name", "reason", "before", "after")
    for row in in_pieces(AuditEvent.objects.filter(subject=person).values("pk", "verb", "actor", "token", *same), "pk"):
        by_you = row["actor"] == person.pk and row["token"] is None
        yield {name: row[name] for name in same} | {"what": row["verb"], "by_you": by_you}


def _jobs(person: User) -> Iterator[dict[str, Any]]:
    for run in in_pieces(JobRun.objects.filter(asked_by=person).values("pk", "job__name", "queued_at", "state"), "pk"):
        yield {"job": run["job__name"], "what": "asked for", "at": run["queued_at"], "state": run["state"], "note": ""}
    for job in in_pieces(Job.objects.filter(paused_by=person).values("pk", "name", "paused_at", "paused_reason"), "pk"):
        note = job["paused_reason"]
        yield {"job": job["name"], "what": "paused", "at": job["paused_at"], "state": "paused", "note": note}


def leave(person: User) -> None:
    """Doors they hold are shut: tokens and invites they made, the addresses and accounts that sign them in."""
    take_keys(person, by=SITE, why="Made by somebody who left.")
    EmailAddress.objects.filter(user=person).delete()
    SocialAccount.objects.filter(user=person).delete()
    Follow.objects.filter(Q(follower=person) | Q(followed=person)).delete()


def erase(person: User, keep_words: bool) -> int:
    """One bounded piece of what is left."""
    return next((gone for step in _STEPS if (gone := _step(step, person))), 0)


@transaction.atomic
def _step(step: Callable[[User], int], person: User) -> int:
    return step(person)


def _drop_exports(person: User) -> int:
    exports = list(DataExport.objects.filter(user=person).order_by("pk")[:20])
    for each in exports:
        drop_export(each)
    return len(exports)


def _drop_sessions(person: User) -> int:
    """They open nothing any more; a session does not tell whose it is before it is read."""
    own = [each.pk for each in Session.objects.iterator(chunk_size=PIECE) if _whose(each) == str(person.pk)]
    for start in range(0, len(own), PIECE):
        Session.objects.filter(pk__in=own[start : start + PIECE]).delete()
    return len(own)


def _whose(session: Session) -> str:
    return str(session.get_decoded().get("_auth_user_id", ""))


def _drop_rights(person: User) -> int:
    gone = person.groups.count() + person.user_permissions.count()
    person.groups.clear()
    person.user_permissions.clear()
    return gone


def _drop_log_entries(person: User) -> int:
    """The desk's own log: what they did, and what was done to them under the name they had."""
    them = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk))
    return delete_piece(LogEntry.objects.filter(Q(user=person) | them))


def _blank_audit(person: User) -> int:
    """The log keeps what was done, when and by whom; names they had and words they wrote go out of it.

    The one place that writes to rows of the log. A reason stays where somebody else gave it.
    """
    about = Q(subject=person) | Q(object_type="sidetrack.user", object_id=str(person.pk))
    about |= Q(actor=person, object_type="sidetrack.invite")  # their note
    events = list(AuditEvent.objects.filter(about).exclude(object_name=FORMER).order_by("pk")[:PIECE])
    for event in events:
        own = event.actor_id in (None, person.pk)
        AuditEvent.objects.filter(pk=event.pk).update(
            # The mark that a row is done, too.
            object_name=FORMER,
            reason="" if own else event.reason,
            before={key: value for key, value in event.before.items() if key in _KEPT},
            after={key: value for key, value in event.after.items() if key in _KEPT},
        )
    return len(events)


_STEPS: tuple[Callable[[User], int], ...] = (
    _drop_exports,
    _drop_sessions,
    _drop_rights,
    _drop_log_entries,
    lambda person: delete_piece(EmailAddress.objects.filter(user=person)),
    lambda person: delete_piece(SocialAccount.objects.filter(user=person)),
    lambda person: delete_piece(Follow.objects.filter(Q(follower=person) | Q(followed=person))),
    lambda person: clear_piece(Invite.objects.filter(created_by=person), created_by=None, note=""),
    lambda person: clear_piece(ServiceToken.objects.filter(created_by=person), created_by=None),
    lambda person: clear_piece(Job.objects.filter(paused_by=person), paused_by=None, paused_reason=""),
    lambda person: clear_piece(JobRun.objects.filter(asked_by=person), asked_by=None, error=""),
    _blank_audit,
)

HANDLER = Handler("sidetrack", COVERS, export, erase, leave)
