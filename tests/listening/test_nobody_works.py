"""Pages of what is done in the background say so while nobody does it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from listening.models import ListenImport, Merge, Removal
from sidetrack.actors import Actor
from sidetrack.jobs import enqueue
from sidetrack.models import JobRun
from sidetrack.services.exporting import ask_for_export
from tests.jobs import drain

pytestmark = pytest.mark.django_db
SAID = "Nothing is being worked on in the background just now"


def test_every_page_of_something_that_waits_says_so(mo, web, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    ask_for_export(by=Actor(user=mo))
    history = ListenImport(user=mo, file_name="history.json", state="queued")
    history.file.save("history", ContentFile(b"[]"))
    removal = Removal.objects.create(user=mo, source="spotify")
    merge = Merge.objects.create(kind="album", loser_id=1, winner_id=2, loser_name="One", winner_name="Two", by=mo)
    pages = (
        "/settings/data/",
        f"/imports/{history.pk}/",
        f"/listening/removals/{removal.pk}/",
        f"/merging/merges/{merge.pk}/",
    )
    client = web(mo)
    for page in pages:
        assert SAID not in client.get(page).content.decode(), page
    JobRun.objects.update(run_after=timezone.now() - timedelta(minutes=5))
    for page in pages:
        assert SAID in client.get(page).content.decode(), page
    enqueue("heartbeat")
    drain()
    for page in pages:
        assert SAID not in client.get(page).content.decode(), page
