"""Jobs of accounts elsewhere."""

from __future__ import annotations

from integrations.services import notices
from sidetrack.jobs import Run, daily, job


@job("tell_of_lost_link", queue="default", timeout=120, retries=5)
def tell_of_lost_link(run: Run, *, account_id: int) -> dict[str, int]:
    """Tells a member that an account elsewhere must be connected again."""
    return {"told": int(notices.tell_of_lost(account_id))}


@job("remind_of_consent", queue="default", timeout=600, retries=2, schedule=daily("09:00"))
def remind_of_consent(run: Run) -> dict[str, int]:
    """Tells members 30 and 7 days before a connection ends, and of ended ones where telling failed."""
    return notices.remind_of_consent()


@job("tell_of_taken_link", queue="default", timeout=120, retries=5)
def tell_of_taken_link(run: Run, *, person_id: int, provider: str) -> dict[str, int]:
    """Tells a member that an account they had only named was connected by its owner."""
    return {"told": int(notices.tell_of_taken(person_id, provider))}
