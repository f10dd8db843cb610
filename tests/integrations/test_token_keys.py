"""Keys of stored tokens: rotated while the site works, and what no key opens asks for a reconnection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from integrations.errors import MustReconnect
from integrations.http import Patience, patience
from integrations.models import LinkedAccount
from integrations.providers import PROVIDERS
from integrations.secret import Secret, Unreadable
from integrations.services import rotation
from integrations.services.refreshing import refresh_expiring
from integrations.services.rotation import Rotated, rotate_tokens
from integrations.services.tokens import access_of, keep_tokens, refresh
from integrations.types import Tokens
from sidetrack.models import User
from tests.conftest import make_person
from tests.integrations.accounts import link, link_expired
from tests.integrations.tokenserver import TokenServer, token_server

OLD, NEW = "the old key of thirty-two letters", "the new key of thirty-two letters"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    quick = Patience(attempts=1, total=5.0, pause=0.0, connect=1.0, read=2.0, waits_for_budget=0.0)
    with token_server() as server, patience(quick):
        monkeypatch.setitem(PROVIDERS, "spotify", server.provider())
        yield server


def stored(account: LinkedAccount) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM integrations_linkedaccount WHERE id = %s", [account.pk])
        return cursor.fetchone()


def damage(account: LinkedAccount, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_linkedaccount SET access_token = %s, refresh_token = %s WHERE id = %s",
            [text, text, account.pk],
        )


def again(account: LinkedAccount) -> LinkedAccount:
    return LinkedAccount.objects.get(pk=account.pk)


def rotate() -> str:
    out = StringIO()
    call_command("rotate_token_keys", stdout=out)
    return out.getvalue()


def test_after_a_rotation_the_old_key_may_be_dropped(ann, bea, settings):
    settings.TOKEN_KEYS = [OLD]
    account, other = link(ann), link(bea)
    LinkedAccount.objects.create(user=ann, provider="discord", external_id="1")
    settings.TOKEN_KEYS = [NEW, OLD]
    before = stored(account)
    assert again(account).access_token.reveal() == "old-access"
    assert rotate() == "2 accounts encrypted anew, 0 were already.\n"
    assert rotate() == "0 accounts encrypted anew, 2 were already.\n"
    settings.TOKEN_KEYS = [NEW]
    assert stored(account) != before
    for one in (again(account), again(other)):
        assert (one.access_token.reveal(), one.refresh_token.reveal()) == ("old-access", "old-refresh")
        assert one.token_version == 1


def test_a_rotation_killed_midway_goes_on_where_it_stopped(settings, monkeypatch, db):
    settings.TOKEN_KEYS = [OLD]
    for number in range(5):
        link(make_person(f"member{number}"))
    settings.TOKEN_KEYS = [NEW, OLD]
    monkeypatch.setattr(rotation, "PIECE", 2)
    original = rotation._rotate
    done = []

    def killed(account_id: int) -> str:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(account_id)
        return original(account_id)

    monkeypatch.setattr(rotation, "_rotate", killed)
    with pytest.raises(KeyboardInterrupt):
        rotate_tokens()
    monkeypatch.setattr(rotation, "_rotate", original)
    assert rotate_tokens() == Rotated(changed=2, newest=3)


def test_a_refresh_during_a_rotation_is_stored_and_not_overwritten(ann, settings, server, monkeypatch):
    """Rotation reads the row, the refresh ends, rotation writes: over the new tokens it must not."""
    settings.TOKEN_KEYS = [OLD]
    server.rotates = True
    account = link(ann)
    settings.TOKEN_KEYS = [NEW, OLD]
    original = rotation._stored
    acts = [lambda: refresh(again(account))]

    def slow(account_id: int) -> object:
        row = original(account_id)
        if acts:
            acts.pop()()
        return row

    monkeypatch.setattr(rotation, "_stored", slow)
    assert rotate_tokens() == Rotated(newest=1)
    assert again(account).refresh_token.reveal() == "new-refresh-1"


def test_a_rotation_during_a_refresh_does_not_lose_what_the_refresh_gets(ann, settings, server, monkeypatch):
    settings.TOKEN_KEYS = [OLD]
    server.rotates = True
    account = link(ann)
    settings.TOKEN_KEYS = [NEW, OLD]
    entry = server.provider()
    rotated = []

    def slow(token: Secret) -> Tokens:
        tokens = entry.refresh(token)
        rotated.append(rotate_tokens())
        return tokens

    monkeypatch.setitem(PROVIDERS, "spotify", replace(entry, refresh=slow))
    refresh(account)
    settings.TOKEN_KEYS = [NEW]
    assert rotated == [Rotated(changed=1)]
    assert again(account).refresh_token.reveal() == "new-refresh-1"


def test_an_account_that_changes_all_the_time_is_named(ann, settings, monkeypatch):
    settings.TOKEN_KEYS = [OLD]
    account = link(ann)
    settings.TOKEN_KEYS = [NEW, OLD]
    original = rotation._stored

    def changes(account_id: int) -> object:
        row = original(account_id)
        settings.TOKEN_KEYS = [OLD]
        keep_tokens(again(account), Tokens(Secret("x"), 60), consented=False)
        settings.TOKEN_KEYS = [NEW, OLD]
        return row

    monkeypatch.setattr(rotation, "_stored", changes)
    with pytest.raises(CommandError, match="1 changed all the time"):
        rotate()


@pytest.mark.parametrize("garbage", ["not encrypted at all", "gAAAAA", "ü" * 20])
def test_garbage_is_counted_left_alone_and_asks_for_a_reconnection(ann, bea, garbage, server):
    account, well = link_expired(ann), link(bea)
    damage(account, garbage)
    assert isinstance(again(account).access_token, Unreadable)
    assert "1 hold tokens that none of TOKEN_KEYS opens" in rotate()
    assert stored(account) == (garbage, garbage)
    with pytest.raises(MustReconnect, match="connected again"):
        access_of(again(account))
    assert again(account).health == "needs_reconnect"
    assert again(well).health == "ok"
    assert server.asked == []


def test_saving_a_row_whose_tokens_cannot_be_read_leaves_them_as_they_are(ann, settings):
    settings.TOKEN_KEYS = [OLD]
    account = link(ann)
    before = stored(account)
    settings.TOKEN_KEYS = [NEW]
    unread = again(account)
    unread.external_name = "Another"
    unread.save()
    assert stored(account) == before
    settings.TOKEN_KEYS = [OLD]
    assert again(account).access_token.reveal() == "old-access"


def test_what_ends_before_the_next_run_is_refreshed_and_nothing_else(ann, server):
    now = timezone.now()
    people = {name: make_person(name) for name in ("soon", "later", "long", "lost", "quiet", "out", "bare")}
    link(people["soon"], access_expires_at=now + timedelta(minutes=4))
    link(people["later"], access_expires_at=now + timedelta(minutes=34))
    link(people["long"], access_expires_at=now + timedelta(minutes=36))
    link(people["lost"], access_expires_at=now, health="needs_reconnect")
    link(people["quiet"], access_expires_at=now, health="quarantined", probe_at=now)
    link(people["out"], access_expires_at=now)
    User.objects.filter(username="out").update(status=User.Status.BANNED)
    link(people["bare"], access_expires_at=now, refresh_token=Secret())
    link(ann, "listenbrainz", expires_in=None)
    assert refresh_expiring(now) == {"refreshed": 2, "lost": 0, "later": 0}
    assert refresh_expiring(now) == {"refreshed": 0, "lost": 0, "later": 0}
    assert len(server.asked) == 2


def test_tokens_of_an_hour_never_end_between_runs(ann, server):
    """A day of runs every 30 minutes, some of them late: the token always has time left, at one call a run at most."""
    account = link(ann)
    for late in (0, 4, 0, 2, 4, 0, 0, 3):
        ends = again(account).access_expires_at - timedelta(minutes=30 + late)
        LinkedAccount.objects.filter(pk=account.pk).update(access_expires_at=ends)
        assert ends > timezone.now()
        refresh_expiring(timezone.now())
    assert len(server.asked) <= 8


def test_one_account_in_trouble_does_not_stop_the_others(ann, bea, mo, server):
    server.replies = [(400, {"error": "invalid_grant"}), (503, {})]
    for person in (ann, bea, mo):
        link_expired(person)
    assert refresh_expiring(timezone.now()) == {"refreshed": 1, "lost": 1, "later": 1}
