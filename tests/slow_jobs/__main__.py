"""`enqueue NUMBER [--job slow] [--seconds 1]` or `runs`, in the database of the site under test."""

import argparse
import json

import django

django.setup()

from sidetrack.jobs import enqueue  # noqa: E402
from sidetrack.models import JobRun  # noqa: E402

parser = argparse.ArgumentParser()
acts = parser.add_subparsers(dest="act", required=True)
acts.add_parser("runs")
want = acts.add_parser("enqueue")
want.add_argument("number", type=int)
want.add_argument("--job", default="slow")
want.add_argument("--seconds", type=float, default=1.0)
options = parser.parse_args()
if options.act == "runs":
    rows = JobRun.objects.filter(job__name__in=["slow", "poison"]).order_by("pk")
    print(json.dumps([[run.state, run.attempts] for run in rows]))
else:
    for _ in range(options.number):
        enqueue(options.job, {"seconds": options.seconds})
