"""Mail to members about their accounts elsewhere: each notice once, and again only where sending it failed.

`warned_days` of an account says what its member was told last: 30 or 7 days before the end of their consent, 0 that
it must be connected again. It is set, by one of many processes, before the mail goes out, and put back where it fails.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import models
from django.urls import reverse
from django.utils import timezone

from integrations.models import LinkedAccount
from integrations.models.accounts import CONSENT_LASTS
from integrations.selectors.syncable import of_members
from sidetrack.models import User
from sidetrack.moments import day_of

log = logging.getLogger(__name__)

STEPS = (7, 30)
"""Days before the end of a consent, the nearest first."""
TOLD_LOST = 0


class NotTold(Exception):
    """The mail did not go out; it will be tried again."""


def tell_of_lost(account_id: int) -> bool:
    """Tell the member that this account must be connected again, if nobody did. NotTold where the mail failed."""
    account = of_members().filter(pk=account_id, health=LinkedAccount.Health.NEEDS_RECONNECT).first()
    return account is not None and account.warned_days != TOLD_LOST and _tell(account, TOLD_LOST)


def tell_of_taken(person_id: int, provider: str) -> bool:
    """Tell a member that an account they had only named went to who proved that it is theirs. NotTold as above."""
    person = User.objects.members().filter(pk=person_id).first()
    if person is None:
        return False
    label = str(LinkedAccount.Provider(provider).label)
    try:
        _send(person, f"{label} is no longer connected", _taken_words(label))
    except (SMTPException, OSError) as error:
        log.warning("A notice for person %s did not go out: %s", person_id, type(error).__name__)
        raise NotTold(f"person {person_id}") from None
    return True


def remind_of_consent(now: datetime | None = None) -> dict[str, int]:
    """Notices that are due: consents that end, and links that were lost without their member being told."""
    now = now or timezone.now()
    counts = {"reminded": 0, "told": 0, "failed": 0}
    for account in _ending(now) + _untold():
        step = TOLD_LOST if account.health == LinkedAccount.Health.NEEDS_RECONNECT else _step(account, now)
        if step is None:
            continue
        try:
            counts["told" if step == TOLD_LOST else "reminded"] += _tell(account, step)
        except NotTold:
            counts["failed"] += 1
    return counts


def _ending(now: datetime) -> list[LinkedAccount]:
    """Accounts whose consent ends within the longest step."""
    ends = models.Q()
    for provider, lasts in CONSENT_LASTS.items():
        soon = now + timedelta(days=max(STEPS)) - lasts
        ends |= models.Q(provider=provider, authorised_at__gt=now - lasts, authorised_at__lte=soon)
    healthy = of_members().exclude(health=LinkedAccount.Health.NEEDS_RECONNECT)
    return list(healthy.filter(ends).order_by("pk"))


def _untold() -> list[LinkedAccount]:
    told = models.Q(warned_days=TOLD_LOST, warned_days__isnull=False)
    lost = of_members().filter(health=LinkedAccount.Health.NEEDS_RECONNECT)
    return list(lost.exclude(told).order_by("pk"))


def _step(account: LinkedAccount, now: datetime) -> int | None:
    """The notice that is due, in days before the end; None where it was given."""
    ends = account.consent_ends_at
    due = next((step for step in STEPS if ends and ends - now <= timedelta(days=step)), None)
    told = account.warned_days
    return None if due is None or (told is not None and told <= due) else due


def _tell(account: LinkedAccount, step: int) -> bool:
    """Send the notice, once over all processes; False where another did. Who has no address reads it on the page."""
    before, label = account.warned_days, account.get_provider_display()
    row = LinkedAccount.objects.filter(pk=account.pk, authorised_at=account.authorised_at)
    if not row.filter(warned_days=before).update(warned_days=step):
        return False
    subject, words = _lost_words(label) if step == TOLD_LOST else _ending_words(account, label)
    try:
        _send(account.user, subject, words)
    except (SMTPException, OSError) as error:
        row.filter(warned_days=step).update(warned_days=before)
        log.warning("A notice about account %s did not go out: %s", account.pk, type(error).__name__)
        raise NotTold(f"account {account.pk}") from None
    return True


def _send(person: User, subject: str, words: str) -> None:
    if not person.email:
        return
    page = f"{settings.SITE_URL}{reverse('connections')}"
    text = f"Hello {person.name},\n\n{words}\n\n{page}\n\n{settings.CLUB_NAME}\n"
    title = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}".replace("\n", " ")
    send_mail(title, text, None, [person.email])


def _lost_words(label: str) -> tuple[str, str]:
    return (
        f"Please connect {label} again",
        f"{label} no longer lets {settings.CLUB_NAME} read what you listen to, so nothing new comes in from there.\n"
        "Nothing that is here is lost. It takes one click to connect it again:",
    )


def _ending_words(account: LinkedAccount, label: str) -> tuple[str, str]:
    ends = account.consent_ends_at
    day = day_of(ends.astimezone(account.user.zone)) if ends else "soon"
    return (
        f"Your connection to {label} ends on {day}",
        f"{label} asks you every six months whether {settings.CLUB_NAME} may go on reading what you listen to.\n"
        f"Your last yes is good until {day}. Say it again before then and nothing is missed:",
    )


def _taken_words(label: str) -> str:
    return (
        f"the {label} account that you named at {settings.CLUB_NAME} was connected by somebody who showed that it is\n"
        f"theirs, so it is no longer read for you. What it brought you so far is still here.\n\n"
        f"If it is your account, connect it with the button that asks {label}:"
    )
