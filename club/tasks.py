"""The club's jobs."""

from __future__ import annotations

from club.services.polls import decide_due_polls as decide
from sidetrack.jobs import Run, every, job


@job("decide_due_polls", queue="default", timeout=300, retries=3, schedule=every(seconds=60))
def decide_due_polls(run: Run) -> dict[str, int]:
    """Closes every poll whose deadline has passed and decides its winner."""
    return {"decided": decide()}
