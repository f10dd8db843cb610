"""Jobs of history files."""

from __future__ import annotations

from listening.services.caretaking import tidy
from listening.services.imports import fail_import, run_import
from sidetrack.jobs import Run, every, job

GAVE_UP = "Something went wrong on our side, several times. You can try again; nothing is lost or doubled by it."


@job("import_listens", queue="default", timeout=3600, retries=5)
def import_listens(run: Run, *, import_id: int) -> dict[str, int]:
    """Reads an uploaded history file into its member's listens."""
    try:
        return run_import(import_id, keep=run.keep)
    except Exception:
        if run.last_attempt:
            fail_import(import_id, GAVE_UP)
        raise


@job("tidy_imports", queue="cleanup", timeout=600, retries=0, schedule=every(seconds=300))
def tidy_imports(run: Run) -> dict[str, int]:
    """Goes on with imports and removals nobody works on, and deletes what is no longer needed of them."""
    return tidy()
