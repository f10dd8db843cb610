"""Jobs of records of the same play."""

from __future__ import annotations

from listening.services.rematching import rematch, rematch_outdated
from sidetrack.jobs import Run, daily, job


@job("match_listens", queue="maintenance", timeout=3600, retries=3, schedule=daily("04:10"))
def match_listens(run: Run, *, user_id: int | None = None) -> dict[str, int]:
    """Matches histories anew that an older version of the rule matched, or one member's in any case."""
    if user_id is None:
        return rematch_outdated(keep=run.keep)
    return {"members": 1, "changed": rematch(user_id, keep=run.keep)}
