"""Reads whose plan the database keeps."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from sidetrack.models import User
from sidetrack.planned import fetch, fetch_rows, ids_among, sent_ids

pytestmark = pytest.mark.django_db


def test_ids_are_one_parameter_however_many(ann: User, bea: User) -> None:
    sql = f"SELECT id FROM sidetrack_user WHERE {ids_among('id')} ORDER BY id"  # noqa: S608
    ids = sorted([ann.pk, bea.pk])
    assert [pk for (pk,) in fetch(sql, [sent_ids(ids)])] == ids
    assert fetch(sql, [sent_ids([])]) == []


def test_the_statement_is_kept_and_others_are_not() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's driver keeps statements by itself")
    for number in range(3):
        assert fetch("SELECT %s::bigint + 41", [number]) == [(number + 41,)]
        User.objects.filter(pk=number).exists()
    kept = [statement for (statement,) in fetch("SELECT statement FROM pg_prepared_statements")]
    assert "SELECT $1::bigint + 41" in kept
    assert not any("LIMIT 1" in statement for statement in kept)


def test_after_an_error_the_connection_is_as_before(ann: User) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        fetch("SELECT nothing_such")
    query = User.objects.order_by("pk").values_list("pk", "username")
    assert fetch_rows(query) == list(query)
    assert getattr(connection.connection, "prepare_threshold", None) is None
