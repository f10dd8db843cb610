"""Work that must not be lost: a row with a state (`JobRun`), carried by django-q2, held by a lease."""

from sidetrack.jobs.queue import cancel, enqueue
from sidetrack.jobs.registry import job
from sidetrack.jobs.runner import Permanent, Run, Stopped
from sidetrack.jobs.schedules import daily, every

__all__ = ["Permanent", "Run", "Stopped", "cancel", "daily", "enqueue", "every", "job"]
