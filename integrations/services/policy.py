"""What the site's owner decided about data that comes from Spotify, and the guard that holds it."""

from __future__ import annotations

from django.db import transaction

from integrations.models import DataPolicy
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import NotAllowed

SWITCHES = ("spotify_in_profiles", "spotify_to_model", "delete_on_unlink")


def policy() -> DataPolicy:
    """The one row; the defaults where nobody decided yet (that one is not saved)."""
    return DataPolicy.objects.filter(pk=1).first() or DataPolicy(pk=1)


@transaction.atomic
def change_policy(
    *,
    by: Actor,
    spotify_in_profiles: bool | None = None,
    spotify_to_model: bool | None = None,
    delete_on_unlink: bool | None = None,
) -> DataPolicy:
    """Set what is not None. For owners; what changed is in the audit log."""
    by.must_own()
    DataPolicy.objects.get_or_create(pk=1)
    row = DataPolicy.objects.select_for_update().get(pk=1)
    asked = dict(zip(SWITCHES, (spotify_in_profiles, spotify_to_model, delete_on_unlink), strict=True))
    after = {name: value for name, value in asked.items() if value is not None and value != getattr(row, name)}
    if after:
        before = {name: getattr(row, name) for name in after}
        for name, value in after.items():
            setattr(row, name, value)
        row.save(update_fields=[*after, "updated_at"])
        audit.record("policy.change", row, by=by, before=before, after=after)
    return row


def must_allow_model(source: str) -> None:
    """Before anything of this source is sent to a language model. NotAllowed where the owner did not open that."""
    if source == "spotify" and not policy().spotify_to_model:
        raise NotAllowed(
            "What comes from Spotify is not sent to a language model here. The site's owner can allow it.",
            code="spotify_to_model",
        )
