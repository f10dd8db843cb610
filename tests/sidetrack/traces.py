"""A member who has left something in every table that has a key to members."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils import timezone
from social_django.models import UserSocialAuth

from club.models import Nomination, Rating, Vote, Week
from integrations.models import LinkedAccount
from integrations.types import Play
from listening.models import (
    Album,
    ForgottenListen,
    ImportReject,
    ListenEvent,
    ListenImport,
    ListenTotal,
    LookAlike,
    MatchState,
    Merge,
    Removal,
    TotalsState,
)
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.journal import Journal
from listening.services.listens import record_plays
from sidetrack import audit
from sidetrack.actors import SITE, Actor
from sidetrack.models import DataExport, Follow, Invite, Job, JobRun, ServiceToken, User
from tests.conftest import make_person

HEARD = datetime(2025, 3, 1, 12, tzinfo=UTC)


def keys_to_people() -> dict[str, list[str]]:
    """{label of a model with a key to a person: its keys}, also those that Django and allauth bring."""
    found: dict[str, list[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if field.concrete and not field.many_to_many and field.related_model is User:
                found.setdefault(model._meta.label_lower, []).append(field.name)
    return found


def rows_about(person: User, label: str) -> int:
    """How many rows of this model have a key to the person."""
    about = Q()
    for name in keys_to_people()[label]:
        about |= Q(**{name: person.pk})
    return int(apps.get_model(label)._base_manager.filter(about).count())


def leave_traces(person: User, words: str) -> None:
    """`words` stand wherever a member can write something."""
    _account(person, words)
    _listening(person, words)
    _club(person, words)


def _account(person: User, words: str) -> None:
    other = make_person(f"friend{person.pk}")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    SocialAccount.objects.create(user=person, provider="discord", uid=f"{words} uid")
    UserSocialAuth.objects.create(user=person, provider="lastfm", uid=f"{words} fm")
    LinkedAccount.objects.create(
        user=person, provider="discord", external_id=f"918273645546{person.pk}", external_name=words
    )
    Follow.objects.create(follower=person, followed=other)
    Follow.objects.create(follower=other, followed=person)
    Invite.objects.create(created_by=person, note=words, expires_at=timezone.now() + timedelta(days=3))
    ServiceToken.objects.create(
        created_by=person, name=f"bot of {person.pk}", prefix="st_x", secret_hash=f"hash {person.pk}", scopes=[]
    )
    job, _ = Job.objects.get_or_create(name=f"job of {person.pk}")
    Job.objects.filter(pk=job.pk).update(paused_by=person, paused_at=timezone.now(), paused_reason=words)
    JobRun.objects.create(job=job, asked_by=person, state="done")
    audit.record("person.rename", person, by=Actor(user=person), subject=person, before={"display_name": words})
    audit.record("person.welcome", person, by=SITE, subject=person, reason=f"Met by a bot as {words}")
    DataExport.objects.create(user=person, state="expired", created_at=timezone.now() - timedelta(days=30))
    person.groups.add(Group.objects.get_or_create(name=f"Group {person.pk}")[0])
    person.user_permissions.add(Permission.objects.order_by("pk")[0])
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=person, content_type=kind, object_id=str(person.pk), object_repr=words, action_flag=CHANGE
    )
    session = SessionStore()
    session["_auth_user_id"] = str(person.pk)
    session.save()


def _listening(person: User, words: str) -> None:
    first = Play(f"{words} song", f"{words} band", f"{words} album", HEARD, "a", 180_000)
    other = Play(f"{words} tune", f"{words} band", f"{words} album", HEARD + timedelta(hours=1), "b", 180_000)
    record_plays(person, [first, other], source="spotify")
    told = ListenEvent.objects.get(user=person, source="spotify", source_key="a")
    again = ListenEvent.objects.get(pk=told.pk)
    again.pk, again.source, again.duplicate_of = None, "lastfm", told
    again.save(force_insert=True)
    history = ListenImport(user=person, file_name=f"{words} history.json", state="done")
    history.file.save(f"{words}.json", ContentFile(b"[]"))
    ImportReject.objects.create(listen_import=history, row=1, code="x", detail="not readable")
    Removal.objects.create(user=person, source="librefm", state="done")
    ForgottenListen.objects.create(user=person, source="spotify", source_key="z", kept={"track": words})
    MatchState.objects.update_or_create(user=person, defaults={"version": 1})
    TotalsState.objects.update_or_create(user=person, defaults={"zone": "UTC"})
    item = {"user": person, "kind": "artist", "item": told.artist_id}
    ListenTotal.objects.update_or_create(**item, defaults={"plays": 2})
    Merge.objects.create(
        kind="track", loser_id=person.pk, winner_id=10**6, loser_name=words, winner_name=words, by=person
    )
    LookAlike.objects.create(
        kind="track", first_id=person.pk, second_id=10**6, why="names", state="dismissed", decided_by=person
    )


def _club(person: User, words: str) -> None:
    """A week that is over, and one whose poll is open."""
    for number, open_ in ((2 * person.pk, False), (2 * person.pk + 1, True)):
        album, _ = ensure_album(AlbumRef(title=f"{words} album", artist=f"{words} band"), by=SITE, source="test")
        now = timezone.now()
        decided: dict[str, Any] = (
            {} if open_ else {"poll_closed_at": now, "winner_album": album, "decided_at": now, "decided_by": "votes"}
        )
        week = Week.objects.create(number=number, label=f"Week {number}", date_discussion=now, **decided)
        nomination = Nomination.objects.create(week=week, user=person, album=album, pitch=f"{words} pitch")
        Vote.objects.create(week=week, user=person, nomination=nomination, rank=1)
        if not open_:
            Rating.objects.create(week=week, user=person, album=album, halves=9, review=f"{words} review")
            _set_aside(person, week, album, f"{words} former review")
            audit.record(
                "review.hide", person.ratings.get(), by=SITE, subject=person, before={"review": f"{words} review"}
            )


def _set_aside(person: User, week: Week, album: Album, review: str) -> None:
    """A rating of another album that became this one."""
    other, _ = ensure_album(AlbumRef(title=f"Other of {person.pk}", artist="Somebody"), by=SITE, source="test")
    aside = Rating.objects.create(week=week, user=person, album=other, halves=4, review=review)
    Journal(Merge.objects.get(by=person)).drop(aside)
