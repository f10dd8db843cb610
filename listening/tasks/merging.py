"""Jobs of merging."""

from __future__ import annotations

from listening.services.lookalikes import find_lookalikes as find
from listening.services.merging import ask_for_stalled, run_merge
from sidetrack.jobs import Run, daily, every, job


@job("merge_entries", queue="default", timeout=3600, retries=5)
def merge_entries(run: Run, *, merge_id: int) -> dict[str, int]:
    """Moves the plays of a merged artist, album or track to what it is now, or back."""
    return run_merge(merge_id, keep=run.keep)


@job("tidy_merges", queue="cleanup", timeout=600, retries=0, schedule=every(seconds=300))
def tidy_merges(run: Run) -> dict[str, int]:
    """Goes on with merges nobody works on."""
    return {"resumed": ask_for_stalled()}


@job("find_lookalikes", queue="maintenance", timeout=3600, retries=1, schedule=daily("03:40"))
def find_lookalikes(run: Run) -> dict[str, int]:
    """Looks for artists, albums and tracks that may be the same, for moderators to decide."""
    return find(keep=run.keep)
