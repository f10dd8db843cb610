"""Mail about accounts elsewhere: 30 and 7 days before a consent ends and when it is lost, each once."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.core import mail
from django.utils import timezone

from integrations.models import LinkedAccount
from integrations.models.accounts import CONSENT_LASTS
from integrations.secret import Secret
from integrations.services.notices import NotTold, remind_of_consent, tell_of_lost
from integrations.services.tokens import keep_tokens
from integrations.types import Tokens
from sidetrack.jobs import enqueue
from sidetrack.models import JobRun, User
from tests.integrations.accounts import link
from tests.jobs import drain
from tests.threads import together

LASTS = CONSENT_LASTS["spotify"]


def ending_in(person: User, days: float, **fields: object) -> LinkedAccount:
    return link(person, authorised_at=timezone.now() - LASTS + timedelta(days=days), **fields)


def days_pass(account: LinkedAccount, days: float) -> None:
    account.refresh_from_db()
    LinkedAccount.objects.filter(pk=account.pk).update(authorised_at=account.authorised_at - timedelta(days=days))


def test_a_member_is_told_30_and_7_days_before_the_end_once_each(ann):
    account = ending_in(ann, 31)
    sent = []
    for _ in range(33):
        remind_of_consent()
        sent.append(len(mail.outbox))
        days_pass(account, 1)
    assert sent == [0, *[1] * 23, *[2] * 9]


def test_the_notice_says_the_day_in_the_members_zone_and_where_to_go(ann, settings):
    User.objects.filter(pk=ann.pk).update(time_zone="Pacific/Auckland")
    account = ending_in(ann, 6.9)
    remind_of_consent()
    letter = mail.outbox[0]
    ends = account.consent_ends_at.astimezone(User.objects.get(pk=ann.pk).zone)
    day = f"{ends.day} {ends:%b %Y}"
    assert letter.to == ["ann@example.com"]
    assert letter.subject == f"[Album Club] Your connection to Spotify ends on {day}"
    assert "Hello Ann Arbor" in letter.body
    assert f"{settings.SITE_URL}/settings/connections/" in letter.body


def test_a_site_that_slept_sends_the_nearest_notice_only(ann):
    ending_in(ann, 3)
    assert remind_of_consent() == {"reminded": 1, "told": 0, "failed": 0}
    assert remind_of_consent() == {"reminded": 0, "told": 0, "failed": 0}


def test_consenting_anew_begins_anew(ann):
    account = ending_in(ann, 20)
    remind_of_consent()
    keep_tokens(account, Tokens(Secret("a"), 3600, Secret("b")), consented=True)
    assert remind_of_consent()["reminded"] == 0
    days_pass(account, 160)
    assert remind_of_consent()["reminded"] == 1
    assert len(mail.outbox) == 2


def test_nobody_is_told_whose_consent_does_not_end_or_who_is_no_member(ann, bea, carl):
    link(ann, "lastfm", authorised_at=timezone.now() - timedelta(days=175))
    ending_in(carl, 5)
    ending_in(bea, 5)
    User.objects.filter(pk=bea.pk).update(status=User.Status.BANNED)
    assert remind_of_consent() == {"reminded": 0, "told": 0, "failed": 0}
    assert mail.outbox == []


def test_who_has_no_address_is_told_by_the_page_alone(ann):
    User.objects.filter(pk=ann.pk).update(email="")
    account = ending_in(ann, 5)
    remind_of_consent()
    account.refresh_from_db()
    assert account.warned_days == 7
    assert mail.outbox == []


def test_a_mail_that_fails_is_tried_again(ann, bea, monkeypatch):
    ending_in(ann, 5)
    ending_in(bea, 5)
    monkeypatch.setattr("integrations.services.notices.send_mail", refuse_ann)
    assert remind_of_consent() == {"reminded": 1, "told": 0, "failed": 1}
    monkeypatch.undo()
    assert remind_of_consent() == {"reminded": 1, "told": 0, "failed": 0}
    assert [letter.to for letter in mail.outbox] == [["bea@example.com"], ["ann@example.com"]]


def refuse_ann(subject: str, text: str, sender: None, to: list[str]) -> None:
    if to == ["ann@example.com"]:
        raise SMTPException("The mail server is away.")
    mail.send_mail(subject, text, sender, to)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_notice(ann):
    ending_in(ann, 5)
    together([remind_of_consent] * 4)
    assert len(mail.outbox) == 1


def test_a_lost_link_is_told_once_by_its_job(ann):
    account = link(ann, health="needs_reconnect")
    for _ in range(2):
        enqueue("tell_of_lost_link", {"account_id": account.pk})
        drain()
    assert tell_of_lost(account.pk) is False
    assert [letter.subject for letter in mail.outbox] == ["[Album Club] Please connect Spotify again"]
    assert remind_of_consent() == {"reminded": 0, "told": 0, "failed": 0}


def test_a_lost_link_whose_telling_failed_is_told_by_the_daily_job(ann, monkeypatch):
    account = link(ann, health="needs_reconnect", warned_days=30)
    monkeypatch.setattr("integrations.services.notices.send_mail", refuse_ann)
    with pytest.raises(NotTold):
        tell_of_lost(account.pk)
    monkeypatch.undo()
    enqueue("remind_of_consent")
    drain()
    run = JobRun.objects.get(job__name="remind_of_consent")
    assert run.counts == {"reminded": 0, "told": 1, "failed": 0}
    account.refresh_from_db()
    assert account.warned_days == 0


def test_an_account_that_was_connected_again_is_not_told(ann):
    account = link(ann)
    assert tell_of_lost(account.pk) is False
    assert tell_of_lost(0) is False
    assert mail.outbox == []
