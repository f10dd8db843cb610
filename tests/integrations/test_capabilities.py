"""What providers let this app do is remembered for all processes, cheaply."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.utils import timezone

from integrations.capabilities import SEEN_AGAIN, forget, is_open, note_closed, note_open
from integrations.models import Capability

pytestmark = pytest.mark.django_db


def test_what_is_unknown_may_be_tried():
    assert is_open("spotify", "tracks_batch")


def test_a_closed_one_is_closed_for_all_until_it_is_asked_again():
    note_closed("spotify", "tracks_batch", "refused")
    caches["local"].clear()  # as another process, or this one half a minute later
    assert not is_open("spotify", "tracks_batch")
    assert is_open("spotify", "albums_batch")
    Capability.objects.update(ask_again_at=timezone.now())
    caches["local"].clear()
    assert is_open("spotify", "tracks_batch")


def test_opening_again_forgets_why_it_was_closed():
    note_closed("spotify", "tracks_batch", "refused" * 100)
    note_open("spotify", "tracks_batch")
    kept = Capability.objects.get()
    assert (kept.is_open, kept.detail, kept.ask_again_at) == (True, "", None)


def test_forgetting_lets_it_be_tried():
    note_closed("spotify", "tracks_batch")
    forget("spotify", "tracks_batch")
    assert is_open("spotify", "tracks_batch")


def test_asking_and_telling_again_costs_no_query(django_assert_num_queries: Any):
    note_open("spotify", "tracks_batch")
    with django_assert_num_queries(0):
        for _ in range(5):
            assert is_open("spotify", "tracks_batch")
            note_open("spotify", "tracks_batch")


def test_an_open_one_is_written_down_anew_once_a_day():
    note_open("spotify", "tracks_batch")
    long_ago = timezone.now() - SEEN_AGAIN - timedelta(seconds=1)
    Capability.objects.update(seen_at=long_ago)
    caches["local"].clear()
    note_open("spotify", "tracks_batch")
    assert Capability.objects.get().seen_at > long_ago
