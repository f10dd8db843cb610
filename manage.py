#!/usr/bin/env python
"""Django's command line for Sidetrack; works from .venv without activating it."""

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sidetrack.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        python = Path(__file__).resolve().parent / ".venv" / "bin" / "python"
        if not python.exists() or Path(sys.executable) == python:
            sys.exit("Django is not installed here. Run `make setup` first.")
        os.execv(python, [str(python), *sys.argv])  # noqa: S606
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if os.environ.get("DEBUG") == "on":
            raise
        sys.exit(f"Sidetrack cannot start: {error}")
    except DatabaseError:
        if tables_are_there():
            raise
        sys.exit("The database has no tables yet. Run `manage.py up` once, or `manage.py migrate`.")


def tables_are_there() -> bool:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    connection.close()  # what failed may have left a broken transaction
    return MigrationRecorder(connection).has_table()


if __name__ == "__main__":
    main()
