"""Jobs of listens taken back."""

from __future__ import annotations

from listening.services.removing import fail_removal, run_removal
from sidetrack.jobs import Run, job

GAVE_UP = "Something went wrong on our side, several times. You can ask for it again; it goes on where it stopped."


@job("remove_listens", queue="default", timeout=3600, retries=5)
def remove_listens(run: Run, *, removal_id: int) -> dict[str, int]:
    """Deletes the listens of an import or a source that its member takes back."""
    try:
        return run_removal(removal_id, keep=run.keep)
    except Exception:
        if run.last_attempt:
            fail_removal(removal_id, GAVE_UP)
        raise
