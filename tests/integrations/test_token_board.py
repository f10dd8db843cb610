"""The token board at the desk: who sees what, and that the policy is the owner's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import Capability, DataPolicy, LinkedAccount, ProviderBlock
from integrations.secret import Secret
from integrations.services.policy import policy
from sidetrack.models import AuditEvent

pytestmark = pytest.mark.django_db

BOARD = "/admin/integrations/linkedaccount/"


@pytest.fixture
def link(ann):
    account = LinkedAccount.objects.create(
        user=ann,
        provider="spotify",
        external_id="1",
        external_name="Annie",
        health="degraded",
        failures=3,
        last_error="Spotify stopped answering.",
        last_error_at=timezone.now(),
        authorised_at=timezone.now() - timedelta(days=160),
        access_token=Secret("hush-access"),
        refresh_token=Secret("hush-refresh"),
    )
    ProviderBlock.objects.create(key="spotify:search:", provider="spotify", group="search", until=timezone.now())
    Capability.objects.create(provider="spotify", name="audio_features", is_open=False, detail="closed")
    return account


def test_the_board_tells_how_accounts_fare_and_never_a_token(web, mo, link):
    for address in (BOARD, f"{BOARD}{link.pk}/change/"):
        page = web(mo).get(address).content.decode()
        for told in ("Annie", "failing now and then", "Spotify stopped answering."):
            assert told in page, address
        assert "hush" not in page
        assert ">21<" in page.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(("ends", "shown"), [("30", True), ("7", False), ("over", False), ("nonsense", True)])
def test_it_is_filtered_by_the_end_of_the_consent(web, mo, link, ends, shown):
    page = web(mo).get(BOARD, {"ends": ends}).content.decode()
    assert ("Annie" in page) is shown


def test_what_providers_let_us_do_is_read_only(web, mo, olga, link):
    for model in ("providerblock", "capability", "linkedaccount"):
        for who in (mo, olga):
            assert web(who).get(f"/admin/integrations/{model}/").status_code == 200
            assert web(who).get(f"/admin/integrations/{model}/add/").status_code == 403


def test_tokens_are_no_filter_of_the_board(web, mo, link):
    for lookup in ("access_token__startswith", "refresh_token", "user__password__startswith"):
        assert web(mo).get(BOARD, {lookup: "h"}).status_code in (302, 400)


def test_only_the_owner_changes_the_policy_at_the_desk(web, mo, olga):
    add = "/admin/integrations/datapolicy/add/"
    assert web(mo).post(add, {"spotify_to_model": "on"}).status_code == 403
    assert not policy().spotify_to_model
    assert web(olga).post(add, {"spotify_to_model": "on", "delete_on_unlink": "on"}).status_code == 302
    decided = DataPolicy.objects.get()
    assert (decided.spotify_to_model, decided.delete_on_unlink, decided.spotify_in_profiles) == (True, True, False)
    assert AuditEvent.objects.filter(verb="policy.change", actor=olga).exists()
    change = "/admin/integrations/datapolicy/1/change/"
    assert web(olga).post(change, {"spotify_in_profiles": "on"}).status_code == 302
    assert web(mo).get(change).status_code == 200
    assert web(mo).post(change, {"spotify_to_model": "on"}).status_code == 403
    assert not policy().spotify_to_model
