"""Signing in, guessed at."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def guess(client, password):
    return client.post("/accounts/login/", {"login": "ann", "password": password})


def test_guessing_passwords_ends_in_429_with_how_long_to_wait(ann):
    client = Client()
    answers = [guess(client, f"wrong {number}") for number in range(8)]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0
    assert "Too many wrong passwords" in answers[-1].content.decode()
    assert guess(client, PASSWORD).status_code == 429


def test_two_slips_keep_nobody_out(ann):
    client = Client()
    assert [guess(client, "wrong").status_code for _ in range(2)] == [200, 200]
    assert guess(client, PASSWORD).status_code == 302
