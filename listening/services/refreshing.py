"""Asks for an album's metadata to be made anew."""

from __future__ import annotations

from django.db import transaction

from sidetrack.actors import Actor
from sidetrack.jobs import enqueue
from sidetrack.models import JobRun


@transaction.atomic
def ask_for_refresh(album_id: int, *, by: Actor) -> JobRun:
    """Queues the job `refresh_album`; one that waits already is returned instead."""
    return enqueue("refresh_album", {"album_id": album_id}, key=f"album-{album_id}", by=by.user)
