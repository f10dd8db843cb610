"""Jobs of the catalogue."""

from __future__ import annotations

from listening.services.repairing import refresh_album as make_anew
from sidetrack.jobs import Run, job


@job("refresh_album", queue="default", timeout=300, retries=2)
def refresh_album(run: Run, *, album_id: int) -> dict[str, int]:
    """Makes an album's matching keys and decade anew."""
    return {"changed": len(make_anew(album_id))}
