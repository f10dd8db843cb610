"""Tokens: one refresh at a time, the newer stand, a grant that is gone is asked for no more."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections, transaction
from django.utils import timezone

from integrations.errors import ComeBackLater, MustReconnect, Unavailable
from integrations.http import Patience, patience
from integrations.models import LinkedAccount
from integrations.providers import PROVIDERS, Provider
from integrations.secret import Secret
from integrations.services import tokens
from integrations.services.tokens import (
    IN_LEASE,
    LEASE,
    LONGEST_WAIT,
    access_of,
    end_grant,
    forget_tokens,
    keep_tokens,
    refresh,
)
from integrations.types import Tokens
from sidetrack.models import JobRun
from tests.integrations.accounts import link, link_expired
from tests.integrations.tokenserver import TokenServer, judge, probe, token_server
from tests.jobs import drain
from tests.threads import together

QUICK = Patience(attempts=1, total=5.0, pause=0.0, connect=1.0, read=2.0, waits_for_budget=0.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    with token_server() as server, patience(QUICK):
        monkeypatch.setitem(PROVIDERS, "spotify", server.provider())
        yield server


def test_a_good_token_is_given_out_without_asking(ann, server):
    access = access_of(link(ann))
    assert access.token.reveal() == "old-access"
    assert access.name == "Ann Arbor"
    assert server.asked == []


def test_a_token_that_ends_within_a_minute_is_refreshed_first(ann, server):
    account = link(ann, expires_in=50)
    assert access_of(account).token.reveal() == "new-access-1"
    assert server.asked == ["old-refresh"]
    assert account.access_token.reveal() == "new-access-1"
    assert timedelta(minutes=59) < account.access_expires_at - timezone.now() <= timedelta(hours=1)


def test_a_reply_without_a_refresh_token_keeps_the_old_one(ann, server):
    account = link_expired(ann)
    access_of(account)
    assert account.refresh_token.reveal() == "old-refresh"


def test_a_reply_with_a_new_refresh_token_stores_it_and_the_next_refresh_uses_it(ann, server):
    server.rotates = True
    account = link_expired(ann)
    refresh(account)
    refresh(account)
    assert server.asked == ["old-refresh", "new-refresh-1"]
    assert account.refresh_token.reveal() == "new-refresh-2"


def test_who_holds_an_older_token_gets_the_newer_without_a_call(ann, server):
    account = link(ann)
    earlier = LinkedAccount.objects.get(pk=account.pk)
    refresh(account)
    assert refresh(earlier, stale=Secret("old-access")).token.reveal() == "new-access-1"
    assert refresh(account, stale=Secret("old-access")).token.reveal() == "new-access-1"
    assert len(server.asked) == 1


def test_a_row_read_before_a_refresh_and_saved_after_it_brings_no_dead_tokens_back(ann, server):
    server.rotates = True
    account = link(ann)
    earlier, partly = LinkedAccount.objects.get(pk=account.pk), LinkedAccount.objects.only("external_name").get()
    refresh(account)
    for row in (earlier, partly):
        row.external_name = "Renamed"
        row.save()
        account.refresh_from_db()
        assert (account.refresh_token.reveal(), account.token_version) == ("new-refresh-1", 2)
        assert account.external_name == "Renamed"


def test_refreshing_does_not_prolong_the_consent(ann, server):
    consented = timezone.now() - timedelta(days=100)
    account = link_expired(ann, authorised_at=consented, warned_days=30)
    access_of(account)
    assert (account.authorised_at, account.warned_days) == (consented, 30)


@pytest.mark.django_db(transaction=True)
def test_twenty_refreshes_at_once_make_one_call_and_all_get_the_new_token(ann, server):
    account = link_expired(ann)
    server.gate.clear()
    threading.Timer(0.4, server.gate.set).start()
    rows = [LinkedAccount.objects.get(pk=account.pk) for _ in range(20)]
    found = together([lambda row=row: access_of(row).token.reveal() for row in rows])
    assert found == ["new-access-1"] * 20
    assert server.asked == ["old-refresh"]
    account.refresh_from_db()
    assert (account.token_version, account.refresh_lease_until) == (2, None)


@pytest.mark.django_db(transaction=True)
def test_twenty_refreshes_at_once_make_one_call_of_spotifys_own_module(ann, settings):
    with token_server() as there:
        settings.SPOTIFY_ACCOUNTS_URL = there.url.removesuffix("/api/token")
        settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET = "id", "secret"
        account = link_expired(ann)
        rows = [LinkedAccount.objects.get(pk=account.pk) for _ in range(20)]
        found = together([lambda row=row: access_of(row).token.reveal() for row in rows])
        assert found == ["new-access-1"] * 20
        assert there.asked == ["old-refresh"]
        there.replies = [(400, {"error": "invalid_grant", "error_description": "Refresh token revoked"})]
        account.refresh_from_db()
        with pytest.raises(MustReconnect):
            refresh(account)
    account.refresh_from_db()
    assert (account.health, account.has_token) == ("needs_reconnect", False)


@pytest.mark.django_db(transaction=True)
def test_twenty_callers_whose_token_was_refused_make_one_call(ann, server):
    server.rotates = True
    account = link(ann)
    rows = [LinkedAccount.objects.get(pk=account.pk) for _ in range(20)]
    stale = Secret("old-access")
    found = together([lambda row=row: refresh(row, stale=stale).token.reveal() for row in rows])
    assert found == ["new-access-1"] * 20
    assert server.asked == ["old-refresh"]


def test_the_lease_of_a_killed_process_is_taken_up_when_it_is_over(ann, server):
    account = link_expired(ann, refresh_lease_until=timezone.now() + timedelta(seconds=0.3))
    assert access_of(account).token.reveal() == "new-access-1"
    assert len(server.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_a_refresh_killed_midway_is_made_by_the_next(ann, server, monkeypatch):
    """A process of its own is killed (SIGKILL) while the provider answers; its lease stays behind."""
    account = link_expired(ann)
    monkeypatch.setattr("integrations.services.tokens.LEASE", timedelta(seconds=1))
    server.gate.clear()
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            access_of(LinkedAccount.objects.get(pk=account.pk))
        finally:
            os._exit(1)
    assert server.entered.wait(5)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    server.gate.set()
    account.refresh_from_db()
    assert account.refresh_lease_until is not None
    assert account.access_token.reveal() == "old-access"
    assert access_of(account).token.reveal() == "new-access-2"
    assert server.asked == ["old-refresh", "old-refresh"]


@pytest.mark.django_db(transaction=True)
def test_who_cannot_wait_for_a_slow_refresh_is_told_so_and_makes_no_second_call(ann, server):
    account = link_expired(ann)
    server.gate.clear()
    first = threading.Thread(target=lambda: together([lambda: access_of(LinkedAccount.objects.get(pk=account.pk))]))
    first.start()
    assert server.entered.wait(5)
    hurried = Patience(attempts=1, total=0.3, pause=0.0, connect=0.3, read=0.3, waits_for_budget=0.0)
    with patience(hurried), pytest.raises(Unavailable, match="slow to answer"):
        access_of(LinkedAccount.objects.get(pk=account.pk))
    server.gate.set()
    first.join()
    assert len(server.asked) == 1
    assert access_of(account).token.reveal() == "new-access-1"


@pytest.mark.django_db(transaction=True)
def test_when_the_one_who_asks_fails_the_waiting_do_not_ask_one_after_the_other(ann, server, monkeypatch):
    account = link_expired(ann)
    server.replies = [(503, {})] * 20
    server.gate.clear()
    take, tried = tokens._take_lease, set()

    def counted(row):
        lease = take(row)
        tried.add(threading.get_ident())
        if len(tried) == 8:  # all others wait by now
            server.gate.set()
        return lease

    monkeypatch.setattr(tokens, "_take_lease", counted)

    def hurried():
        with patience(QUICK):
            return access_of(LinkedAccount.objects.get(pk=account.pk))

    found = together([hurried] * 8)
    assert all(isinstance(one, Unavailable) for one in found), found
    assert len(server.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_a_refresh_that_has_just_failed_does_not_ask_again(ann, server, monkeypatch):
    """The lease is given back between being read and being asked for."""
    account = link_expired(ann, refresh_lease_until=timezone.now() + timedelta(seconds=20))
    take = tokens._take_lease

    def given_back_before(row):
        LinkedAccount.objects.filter(pk=row.pk).update(refresh_lease_until=None)
        return take(row)

    monkeypatch.setattr(tokens, "_take_lease", given_back_before)
    with patience(QUICK), pytest.raises(Unavailable):
        access_of(account)
    assert server.asked == []


def meanwhile(server: TokenServer, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let `act` happen once, between the provider's answer and its being stored."""
    entry = server.provider()
    acts = [act]

    def asked(token: Secret) -> Tokens:
        try:
            return entry.refresh(token)
        finally:
            for one in acts[:]:
                acts.remove(one)
                one()

    monkeypatch.setitem(PROVIDERS, "spotify", replace(entry, refresh=asked))


def reconnect(account: LinkedAccount) -> None:
    anew = Tokens(Secret("consented-access"), 3600, Secret("consented-refresh"), ("listen", "playlists"))
    keep_tokens(LinkedAccount.objects.get(pk=account.pk), anew, consented=True)


def test_tokens_of_a_reconnection_during_a_refresh_stand(ann, server, monkeypatch):
    server.rotates = True
    account = link_expired(ann)
    meanwhile(server, monkeypatch, lambda: reconnect(account))
    assert access_of(account).token.reveal() == "consented-access"
    assert account.refresh_token.reveal() == "consented-refresh"
    assert account.scopes == ["listen", "playlists"]
    assert len(server.asked) == 1


def test_an_old_grant_found_dead_during_a_reconnection_does_not_end_the_new_one(ann, server, monkeypatch):
    server.replies = [(400, {"error": "invalid_grant"})]
    account = link_expired(ann)
    meanwhile(server, monkeypatch, lambda: reconnect(account))
    assert access_of(account).token.reveal() == "consented-access"
    assert account.health == "ok"
    assert not JobRun.objects.filter(job__name="tell_of_lost_link").exists()


def test_an_account_disconnected_during_a_refresh_gets_no_tokens_back(ann, server, monkeypatch):
    account = link_expired(ann)
    meanwhile(server, monkeypatch, lambda: forget_tokens(LinkedAccount.objects.get(pk=account.pk)))
    with pytest.raises(MustReconnect):
        access_of(account)
    account.refresh_from_db()
    assert not account.has_token


def test_an_account_deleted_during_a_refresh_must_be_connected_anew(ann, server, monkeypatch):
    account = link_expired(ann)
    meanwhile(server, monkeypatch, lambda: LinkedAccount.objects.filter(pk=account.pk).delete())
    with pytest.raises(MustReconnect, match="not connected any more"):
        access_of(account)


def test_a_dead_grant_drops_the_tokens_tells_once_and_is_never_asked_again(ann, server):
    server.replies = [(400, {"error": "invalid_grant"})]
    account = link_expired(ann)
    with pytest.raises(MustReconnect, match="taken back"):
        access_of(account)
    for _ in range(5):
        with pytest.raises(MustReconnect, match="connected again"):
            access_of(LinkedAccount.objects.get(pk=account.pk))
        with pytest.raises(MustReconnect):
            refresh(LinkedAccount.objects.get(pk=account.pk))
    account.refresh_from_db()
    assert (account.health, account.has_token) == ("needs_reconnect", False)
    assert server.asked == ["old-refresh"]
    drain()
    drain()
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [
        (["ann@example.com"], "[Album Club] Please connect Spotify again")
    ]
    reconnect(account)
    assert access_of(account).token.reveal() == "consented-access"


@pytest.mark.django_db(transaction=True)
def test_a_dead_grant_met_by_many_at_once_is_told_once(ann, server):
    server.replies = [(400, {"error": "invalid_grant"})] * 20
    account = link_expired(ann)
    rows = [LinkedAccount.objects.get(pk=account.pk) for _ in range(10)]
    found = together([lambda row=row: access_of(row) for row in rows])
    assert all(isinstance(one, MustReconnect) for one in found), found
    assert len(server.asked) == 1
    assert JobRun.objects.filter(job__name="tell_of_lost_link").count() == 1


@pytest.mark.parametrize(
    ("reply", "error"), [((503, {}), Unavailable), ((500, {}), Unavailable), ((429, {}), ComeBackLater)]
)
def test_a_provider_in_trouble_costs_no_token(ann, server, reply, error):
    server.replies, server.retry_after = [reply], "21600"
    account = link_expired(ann)
    with pytest.raises(error):
        access_of(account)
    account.refresh_from_db()
    assert account.refresh_token.reveal() == "old-refresh"
    assert (account.health, account.refresh_lease_until) == ("ok", None)


def test_a_provider_out_of_reach_costs_no_token(ann, server):
    server.url = "http://127.0.0.1:9/api/token"
    account = link_expired(ann)
    with pytest.raises(Unavailable):
        access_of(account)
    account.refresh_from_db()
    assert account.refresh_token.reveal() == "old-refresh"


def test_no_provider_is_asked_inside_a_transaction(ann, server):
    account = link_expired(ann)
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        access_of(account)
    assert server.asked == []


def test_tokens_that_cannot_be_read_any_more_ask_for_a_reconnection(ann, server, settings):
    account = link(ann)
    settings.TOKEN_KEYS = ["another key of thirty-two letters"]
    with pytest.raises(MustReconnect, match="keys have changed"):
        access_of(LinkedAccount.objects.get(pk=account.pk))
    account.refresh_from_db()
    assert account.health == "needs_reconnect"
    assert "keys have changed" in account.last_error
    assert server.asked == []


def test_keys_that_never_end_are_given_out_as_they_are(ann, monkeypatch):
    monkeypatch.setitem(PROVIDERS, "listenbrainz", never_ends("listenbrainz"))
    account = link(ann, "listenbrainz", expires_in=None)
    assert access_of(account).token.reveal() == "old-access"
    with pytest.raises(MustReconnect):
        refresh(account)


def test_a_last_fm_account_that_was_only_named_is_read_by_its_name(ann, monkeypatch):
    monkeypatch.setitem(PROVIDERS, "lastfm", never_ends("lastfm"))
    account = LinkedAccount.objects.create(
        user=ann, provider="lastfm", external_id="rj", external_name="RJ", verified=False
    )
    access = access_of(account)
    assert (access.account_id, access.name, bool(access.token)) == (account.pk, "RJ", False)


def test_an_account_that_never_had_tokens_is_not_ended(ann, server):
    """Met by the bot, or made by signing in."""
    account = LinkedAccount.objects.create(user=ann, provider="spotify", external_id="7")
    with pytest.raises(MustReconnect):
        access_of(account)
    assert not end_grant(account, "It is gone.")
    account.refresh_from_db()
    assert account.health == "ok"


def test_new_tokens_end_needs_reconnect_and_begin_the_consent_anew(ann, server):
    account = link(ann, health="needs_reconnect", failures=9, warned_days=0)
    reconnect(account)
    account.refresh_from_db()
    assert (account.health, account.failures, account.warned_days) == ("ok", 0, None)
    assert timezone.now() - account.authorised_at < timedelta(minutes=1)


def test_a_lease_outlasts_the_longest_refresh():
    assert IN_LEASE.total + IN_LEASE.read < LEASE.total_seconds() < LONGEST_WAIT


def never_ends(name: str) -> Provider:
    return Provider(name=name, label=name, judge=judge, probe=probe)
