"""Jobs and their runs, to read; arguments and errors without anything secret."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from sidetrack.admin.audit import shown
from sidetrack.admin.base import ServiceAdmin
from sidetrack.models import Job, JobRun
from sidetrack.redact import redacted


@admin.register(Job)
class JobAdmin(ServiceAdmin):
    list_display = ("name", "enabled", "paused", "paused_by", "paused_reason", "next_run_at")
    list_filter = ("enabled", "paused")
    search_fields = ("name",)
    list_select_related = ("paused_by",)


@admin.register(JobRun)
class JobRunAdmin(ServiceAdmin):
    list_display = ("id", "job", "state", "queue", "attempts", "queued_at", "started_at", "finished_at", "happened")
    list_filter = ("state", "job", "queue", "queued_at")
    search_fields = ("job__name", "key", "worker")
    list_select_related = ("job", "asked_by")
    fields = (
        "job",
        "key",
        "arguments",
        "queue",
        "state",
        "attempts",
        "max_attempts",
        "run_after",
        "lease_until",
        "worker",
        "asked_by",
        "queued_at",
        "started_at",
        "finished_at",
        "counted",
        "what_went_wrong",
    )
    readonly_fields = ("arguments", "counted", "what_went_wrong")

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobRun]:
        runs: QuerySet[JobRun] = super().get_queryset(request)
        return runs.select_related("job", "asked_by")

    @admin.display(description="arguments")
    def arguments(self, run: JobRun) -> str:
        return shown(redacted(run.args))

    @admin.display(description="counts")
    def counted(self, run: JobRun) -> str:
        return shown(redacted(run.counts))

    @admin.display(description="error")
    def what_went_wrong(self, run: JobRun) -> str:
        return str(redacted(run.error)) or "–"

    @admin.display(description="result")
    def happened(self, run: JobRun) -> str:
        """The counts, or the last line of the error, short."""
        if run.error:
            return str(redacted(run.error)).strip().splitlines()[-1][:120]
        return ", ".join(f"{name} {count}" for name, count in redacted(run.counts).items())[:120]
