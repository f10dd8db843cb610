"""One django-q2 cluster as the watchdog starts it: `python -m sidetrack.cluster`.

Its workers learn of a stop through one shared byte, so that a long run that calls `keep()` goes
back to the queue at once; the whole family dies with the watchdog.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from sidetrack.processes import whole_family_dies_with_parent


def main() -> None:
    whole_family_dies_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sidetrack.settings")
    import django

    django.setup()
    from django_q.cluster import Cluster

    from sidetrack.jobs import stopping

    class StoppableCluster(Cluster):  # type: ignore[misc]
        def sig_handler(self, signum: int, frame: Any) -> None:
            stopping.ask_to_stop()
            super().sig_handler(signum, frame)

    cluster = StoppableCluster()
    cluster.start()
    cluster.sentinel.join()


if __name__ == "__main__":
    main()
    sys.exit(0)
