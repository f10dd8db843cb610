from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SidetrackConfig(AppConfig):
    name = "sidetrack"

    def ready(self) -> None:
        from sidetrack import checks  # noqa: F401 - registers them
        from sidetrack.jobs import registry
        from sidetrack.rights import register
        from sidetrack.services.own_rights import HANDLER

        registry.load()
        register(HANDLER)
        post_migrate.connect(_write_job_rows, sender=self)


def _write_job_rows(using: str, **_: Any) -> None:
    from django.db import connections

    from sidetrack.jobs.ticking import write_jobs
    from sidetrack.models import Job

    # The table is gone after `migrate sidetrack zero`.
    if Job._meta.db_table in connections[using].introspection.table_names():
        write_jobs()
