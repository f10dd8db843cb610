"""What a run of the benchmarks can be asked for."""

from __future__ import annotations

import argparse

PARTS = ("weeks", "listens", "http", "poll", "reads", "throttle")


def options() -> argparse.Namespace:
    asked = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measures ours against a reference in one run, on a throw-away database of each engine. "
        "Takes about 6 minutes in all on two idle processors.",
    )
    asked.add_argument("--engine", choices=["sqlite", "postgresql"], action="append", help="usual: both")
    asked.add_argument("--only", choices=PARTS, action="append", help="a part; may be given several times")
    asked.add_argument("--rounds", type=int, default=5, help="measured rounds, after one that warms up")
    asked.add_argument("--seconds", type=float, default=1.5, help="how long one address is asked in one round")
    asked.add_argument("--connections", type=int, default=8)
    asked.add_argument(
        "--large",
        action="store_true",
        help="also with 10 million listens: some 5 minutes and 6 GB of disk more for each engine",
    )
    return asked.parse_args()
