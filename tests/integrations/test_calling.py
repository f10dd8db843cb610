"""Calls for an account: refreshed once when its token is refused, and its health kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.errors import (
    ComeBackLater,
    Expired,
    Forbidden,
    MustReconnect,
    NotThere,
    ProviderError,
    Rejected,
    Unavailable,
)
from integrations.http import Patience, patience
from integrations.models import LinkedAccount
from integrations.providers import PROVIDERS
from integrations.selectors.syncable import accounts_to_sync
from integrations.services.calling import call_as
from integrations.services.health import note
from integrations.types import Access
from sidetrack.models import JobRun, User
from tests.conftest import make_person
from tests.integrations.accounts import link
from tests.integrations.tokenserver import TokenServer, token_server
from tests.threads import together


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    quick = Patience(attempts=1, total=5.0, pause=0.0, connect=1.0, read=2.0, waits_for_budget=0.0)
    with token_server() as server, patience(quick):
        monkeypatch.setitem(PROVIDERS, "spotify", server.provider())
        yield server


@pytest.fixture
def account(ann: User, server: TokenServer) -> LinkedAccount:
    return link(ann)


class Work:
    """A call that ends as told, one after the other, and remembers with which tokens."""

    def __init__(self, *ends: ProviderError | str) -> None:
        self.ends = list(ends)
        self.tokens: list[str] = []

    def __call__(self, access: Access) -> str:
        self.tokens.append(access.token.reveal())
        end = self.ends.pop(0)
        if isinstance(end, ProviderError):
            raise end
        return end


def test_the_answer_comes_back_and_the_account_is_well(account):
    assert call_as(account, Work("plays")) == "plays"
    account.refresh_from_db()
    assert account.health == "ok"
    assert timezone.now() - account.last_good_at < timedelta(minutes=1)


def test_a_refused_token_is_refreshed_once_and_the_call_made_again(account, server):
    work = Work(Expired("spotify", "Too old."), "plays")
    assert call_as(account, work) == "plays"
    assert work.tokens == ["old-access", "new-access-1"]
    assert len(server.asked) == 1


def test_a_provider_that_refuses_its_newest_token_is_not_asked_in_circles(account, server):
    with pytest.raises(Unavailable):
        call_as(account, Work(Expired("spotify", "Too old."), Expired("spotify", "Too old.")))
    account.refresh_from_db()
    assert (account.failures, account.has_token) == (1, True)
    assert len(server.asked) == 1


def test_failures_are_counted_said_and_forgotten_after_a_success(account):
    for _ in range(3):
        with pytest.raises(Unavailable):
            call_as(account, Work(Unavailable("spotify", "It is broken.")))
    account.refresh_from_db()
    assert (account.health, account.failures, account.last_error) == ("degraded", 3, "It is broken.")
    assert timezone.now() - account.health_since < timedelta(minutes=1)
    call_as(account, Work("plays"))
    account.refresh_from_db()
    assert (account.health, account.failures) == ("ok", 0)


@pytest.mark.parametrize(
    "error",
    [
        ComeBackLater("spotify", ".", until=timezone.now()),
        Forbidden("spotify", ".", reason="closed"),
        Forbidden("spotify", ".", reason="scope"),
        NotThere("spotify", "."),
        Rejected("spotify", "."),
    ],
    ids=lambda error: getattr(error, "reason", type(error).__name__),
)
def test_what_is_not_the_accounts_fault_does_not_count(account, error):
    with pytest.raises(type(error)):
        call_as(account, Work(error))
    account.refresh_from_db()
    assert (account.health, account.failures) == ("ok", 0)


def test_a_member_who_is_not_on_the_apps_list_is_left_alone_and_stays_connected(account):
    with pytest.raises(Forbidden):
        call_as(account, Work(Forbidden("spotify", "Not on the list.", reason="allowlist")))
    account.refresh_from_db()
    assert (account.health, account.has_token) == ("quarantined", True)
    assert account.probe_at > timezone.now()


def test_a_session_key_that_died_ends_the_link_and_is_told_once(account, server):
    for _ in range(3):
        with pytest.raises(MustReconnect):
            call_as(account, Work(MustReconnect("spotify", "The permission was taken back.")))
    account.refresh_from_db()
    assert (account.health, account.has_token) == ("needs_reconnect", False)
    assert account.last_error == "The permission was taken back."
    assert JobRun.objects.filter(job__name="tell_of_lost_link").count() == 1


def test_a_bug_of_ours_is_raised_and_says_nothing_of_the_account(account):
    def broken(access: Access) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call_as(account, broken)
    account.refresh_from_db()
    assert (account.health, account.failures, account.last_good_at) == ("ok", 0, None)


def test_a_late_success_does_not_bring_back_a_lost_grant(account):
    LinkedAccount.objects.filter(pk=account.pk).update(health="needs_reconnect")
    note(account.pk, None)
    note(account.pk, Unavailable("spotify", "."))
    account.refresh_from_db()
    assert (account.health, account.failures) == ("needs_reconnect", 0)


@pytest.mark.django_db(transaction=True)
def test_failures_at_the_same_time_are_all_counted(account):
    error = Unavailable("spotify", "It is broken.")
    found = together([lambda: note(account.pk, error)] * 7)
    assert found == [None] * 7
    account.refresh_from_db()
    assert (account.health, account.failures) == ("degraded", 7)


def test_a_backfill_of_many_calls_writes_its_success_once_a_minute(account):
    note(account.pk, None)
    before = LinkedAccount.objects.get(pk=account.pk).last_good_at
    note(account.pk, None)
    assert LinkedAccount.objects.get(pk=account.pk).last_good_at == before
    note(account.pk, None, timezone.now() + timedelta(minutes=2))
    assert LinkedAccount.objects.get(pk=account.pk).last_good_at > before


def test_accounts_are_synced_healthy_first_and_the_lost_never(db):
    now = timezone.now()
    hour = timedelta(hours=1)
    for name, fields in {
        "ok-late": {"last_good_at": now},
        "ok-early": {"last_good_at": now - hour},
        "new": {},
        "degraded": {"health": "degraded", "last_good_at": now - hour},
        "due": {"health": "quarantined", "probe_at": now - hour},
        "waiting": {"health": "quarantined", "probe_at": now + hour},
        "lost": {"health": "needs_reconnect"},
    }.items():
        link(make_person(name), **fields)
    link(make_person("banned", status=User.Status.BANNED))
    link(make_person("pending", status=User.Status.PENDING))
    link(make_person("left", is_active=False))
    link(make_person("elsewhere"), "lastfm")
    found = [account.user.username for account in accounts_to_sync("spotify", now)]
    assert found == ["new", "ok-early", "ok-late", "degraded", "due"]


def test_who_allowed_listening_only_is_synced_and_calls_work(ann, bea, server):
    """Playlists are asked for separately; nobody needs them to have their listens read."""
    listening = link(ann, scopes=["user-read-recently-played"])
    link(bea, scopes=["playlist-modify-private"])
    assert accounts_to_sync("spotify", timezone.now(), "user-read-recently-played") == [listening]
    assert call_as(listening, Work("plays")) == "plays"
    assert not listening.has_scopes("user-read-recently-played", "playlist-modify-private")
