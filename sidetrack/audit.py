"""Writes the audit log: called by services inside the transaction of the act."""

from __future__ import annotations

from typing import Any

from django.db import models

from sidetrack.actors import Actor
from sidetrack.models import AuditEvent, User
from sidetrack.text import clean_text


def record(
    verb: str,
    obj: models.Model,
    *,
    by: Actor,
    reason: str = "",
    subject: User | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """One row: `by` did `verb` to `obj`. `before` and `after` hold plain JSON values, never secrets."""
    return AuditEvent.objects.create(
        verb=verb,
        actor=by.user,
        token=by.token,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_name=str(obj)[:200],
        subject=subject,
        reason=clean_text(reason)[:500],
        before=before or {},
        after=after or {},
    )
