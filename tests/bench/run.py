"""One engine measured: started by tests/bench/__main__.py with the database in the environment."""

from __future__ import annotations

from collections.abc import Collection

import django

from tests.bench.options import PARTS, options


def main() -> None:
    chosen = options()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    parts = chosen.only or PARTS
    sizes = [0, 1_000_000, 10_000_000] if chosen.large else [0, 1_000_000]
    if set(parts) & {"listens", "poll", "reads"}:
        _with_stock(parts, sizes, chosen.rounds)
    if "weeks" in parts:
        from tests.bench.weeks import measure

        measure(chosen.rounds, chosen.seconds, chosen.connections)
    if "http" in parts:
        from tests.bench.posting import measure as post

        post(chosen.rounds, chosen.seconds, chosen.connections)
    if "throttle" in parts:
        from tests.bench.throttling import measure as throttle

        throttle()


def _with_stock(parts: Collection[str], sizes: list[int], rounds: int) -> None:
    from tests.bench import ingestion, polling, reading
    from tests.bench.databases import stocked

    with stocked(sizes):
        if "listens" in parts:
            ingestion.check_reference(sizes[0])
            ingestion.measure(sizes, rounds)
        if "poll" in parts:
            polling.measure(sizes)
        if "reads" in parts:
            reading.measure(sizes[-1])


if __name__ == "__main__":
    main()
