"""A member's rights over their data: what the apps know of them is covered, exported, erased."""

from __future__ import annotations

import pytest
from django.apps import apps

from sidetrack.models import User
from sidetrack.rights import handlers

pytestmark = pytest.mark.django_db


def keys_to_people() -> set[str]:
    """Every model with a key to a person, also those that Django and allauth bring."""
    return {
        model._meta.label_lower
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.concrete and not field.many_to_many and field.related_model is User
    }


def test_every_model_with_a_key_to_a_person_is_covered_once():
    covered = [label for handler in handlers() for label in handler.covers]
    assert sorted(covered) == sorted(keys_to_people())


def test_handlers_stand_in_the_order_of_the_line_of_apps():
    assert [handler.app for handler in handlers()] == ["sidetrack", "integrations", "listening", "club"]
