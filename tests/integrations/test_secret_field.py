"""Encrypted text: a `Secret` whichever way it is read, ciphertext whichever way it is written."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from dataclasses import asdict

import pytest
from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import F
from django.forms import modelform_factory
from django.forms.models import model_to_dict
from rest_framework import serializers
from rest_framework.utils.encoders import JSONEncoder

from integrations.models import LinkedAccount
from integrations.secret import EncryptedText, Secret, Unreadable, decrypt, encrypt
from integrations.types import Access
from tests.integrations.accounts import link

CANARY = "canary-Xy7-plain"


@pytest.fixture
def account(ann) -> LinkedAccount:
    return link(ann, access_token=CANARY)


def raw(account: LinkedAccount) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token FROM integrations_linkedaccount WHERE id = %s", [account.pk])
        return cursor.fetchone()[0]


def holds(account: LinkedAccount) -> bool:
    return (
        CANARY not in raw(account)
        and decrypt(raw(account)).reveal() == CANARY
        and LinkedAccount.objects.get(pk=account.pk).access_token == Secret(CANARY)
    )


def test_every_way_of_reading_gives_a_secret(account):
    rows = LinkedAccount.objects.filter(pk=account.pk)
    found = [
        rows.get().access_token,
        rows.values("access_token")[0]["access_token"],
        rows.values_list("access_token", flat=True)[0],
        rows.values_list("access_token", named=True)[0].access_token,
        rows.annotate(copied=F("access_token"))[0].copied,
        rows.only("provider")[0].access_token,
        rows.defer("access_token")[0].access_token,
        account.user.linked_accounts.get().access_token,
        next(rows.iterator()).access_token,
        rows.in_bulk()[account.pk].access_token,
    ]
    account.refresh_from_db()
    found.append(account.access_token)
    assert found == [Secret(CANARY)] * len(found)


@pytest.mark.parametrize("value", [CANARY, Secret(CANARY)], ids=["text", "secret"])
def test_every_way_of_writing_encrypts(account, bea, mo, value):
    rows = LinkedAccount.objects
    rows.filter(pk=account.pk).update(access_token=value)
    assert holds(account)
    account.access_token = value
    account.save(update_fields=["access_token"])
    assert holds(account)
    rows.bulk_update([account], ["access_token"])
    assert holds(account)
    new = LinkedAccount(user=bea, provider="spotify", external_id="b", access_token=value)
    (made,) = rows.bulk_create([new])
    assert holds(LinkedAccount.objects.get(pk=made.pk))
    assert holds(rows.create(user=mo, provider="spotify", external_id="c", access_token=value))
    rows.filter(pk=account.pk).update(access_token="")
    rows.filter(pk=account.pk).update(refresh_token=value)
    rows.filter(pk=account.pk).update(access_token=F("refresh_token"))
    assert holds(account)


def test_what_is_set_on_an_instance_is_hidden_at_once(ann):
    account = LinkedAccount(user=ann, access_token=CANARY)
    assert CANARY not in repr(vars(account))
    account.refresh_token = CANARY
    assert CANARY not in repr(vars(account))
    assert LinkedAccount().access_token == Secret()


def test_it_cannot_be_looked_up_by_value(account):
    for look_up in ("access_token", "access_token__startswith", "access_token__in", "access_token__gt"):
        with pytest.raises(TypeError):
            LinkedAccount.objects.filter(**{look_up: "c"})
    assert LinkedAccount.objects.filter(access_token__isnull=False).count() == 1


def test_it_is_in_no_form_and_passes_full_clean(account):
    with pytest.raises(FieldError):
        modelform_factory(LinkedAccount, fields=["access_token"])
    assert "access_token" not in modelform_factory(LinkedAccount, fields="__all__").base_fields
    assert "access_token" not in model_to_dict(account)
    account.full_clean()
    assert account.access_token == Secret(CANARY)
    assert not EncryptedText(editable=True).editable


def test_a_serializer_shows_nothing_and_takes_nothing(account):
    class Everything(serializers.ModelSerializer):
        class Meta:
            model = LinkedAccount
            fields = "__all__"

    assert CANARY not in json.dumps(Everything(account).data, cls=JSONEncoder)
    known = Everything(account, data={"access_token": "x"}, partial=True)
    assert known.is_valid()
    assert "access_token" not in known.validated_data


def test_copies_of_an_instance_keep_it(account):
    for copied in (copy.copy(account), copy.deepcopy(account)):
        assert copied.access_token == Secret(CANARY)
    assert asdict(Access(1, Secret(CANARY)))["token"] == Secret(CANARY)


def test_no_way_of_writing_it_out_tells(account):
    secret = account.access_token
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>12}",
        f"{secret:>12}",
        "%s %r" % (secret, secret),  # noqa: UP031
        "{}".format(secret),  # noqa: UP032
        repr([secret, {"token": secret}]),
        repr(Access(1, secret)),
        repr(account),
    ]
    assert all(CANARY not in text and text for text in shown)
    for encoder in (json.JSONEncoder, DjangoJSONEncoder, JSONEncoder):
        with pytest.raises(TypeError) as refused:
            json.dumps({"token": secret}, cls=encoder)
        assert CANARY not in str(refused.value)
    for pickled in (secret, account, Access(1, secret)):
        with pytest.raises(TypeError):
            pickle.dumps(pickled)
    for steal in (bytes, list, len, vars):
        with pytest.raises(TypeError):
            steal(secret)


def test_a_log_line_with_a_secret_in_it_says_hidden(account, caplog):
    logging.getLogger("test").warning("the token is %s, %r", account.access_token, {"it": account.access_token})
    assert caplog.messages == ["the token is (hidden), {'it': (hidden)}"]


def test_secrets_are_equal_by_what_they_hold():
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("") != Unreadable()
    assert Unreadable("x") == Unreadable("x") != Unreadable("y")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert (bool(Secret("a")), bool(Secret()), bool(Unreadable("x"))) == (True, False, False)


def test_nothing_is_stored_as_nothing_and_the_same_text_never_alike():
    assert encrypt("") == ""
    assert encrypt(CANARY) != encrypt(CANARY)
