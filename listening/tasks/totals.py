"""Jobs of the totals of all time."""

from __future__ import annotations

from listening.services import totals
from sidetrack.jobs import Run, daily, every, job


@job("build_totals", queue="maintenance", timeout=1800, retries=3)
def build_totals(run: Run, *, user_id: int) -> dict[str, int]:
    """Makes a member's totals of all time, or makes their days and hours anew in the zone they moved to."""
    return {"standing": int(totals.build_totals(user_id))}


@job("find_totals", queue="maintenance", timeout=1800, retries=1, schedule=daily("03:40"))
def find_totals(run: Run) -> dict[str, int]:
    """Finds members who heard so much that they need totals of all time."""
    return {"asked": totals.ask_for_all()}


@job("keep_totals", queue="maintenance", timeout=300, retries=0, schedule=every(seconds=300))
def keep_totals(run: Run) -> dict[str, int]:
    """Finds totals of members who moved to another time zone, or who have few listens left."""
    return {"asked": totals.ask_for_changed()}
