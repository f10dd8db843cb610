"""Each writes what it does to the file SLOW_JOBS_LOG, a line at a time."""

import os
import signal
import time
from pathlib import Path

from sidetrack.jobs import Run, job

STEP = 0.1


def tell(effect: str) -> None:
    with Path(os.environ["SLOW_JOBS_LOG"]).open("a") as log:
        log.write(f"{effect}\n")


@job("slow", timeout=120, retries=5)
def slow(run: Run, *, seconds: float) -> dict[str, int]:
    tell(f"begin-{run.id}")
    for _ in range(int(seconds / STEP)):
        time.sleep(STEP)
        run.keep()
    tell(f"end-{run.id}")
    return {"slept": 1}


@job("poison", timeout=120, retries=1)
def poison(run: Run, *, seconds: float) -> dict[str, int]:
    tell("poison")
    os.kill(os.getpid(), signal.SIGKILL)
    return {}
