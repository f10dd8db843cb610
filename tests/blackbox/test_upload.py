"""Whom an upload is for, said in a form."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from listening.models import ListenImport

pytestmark = pytest.mark.django_db

ROW = {
    "ts": "2025-01-01T00:00:00Z",
    "ms_played": 200_000,
    "master_metadata_track_name": "Idioteque",
    "master_metadata_album_artist_name": "Radiohead",
    "master_metadata_album_album_name": "Kid A",
    "spotify_track_uri": "spotify:track:3aJ2aJz5xL03hpaqdPS7Ah",
}


@pytest.fixture(autouse=True)
def _own_uploads(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def upload(client, **form):
    file = SimpleUploadedFile("history.json", json.dumps([ROW]).encode())
    return client.post("/api/v1/imports", {"file": file} | form, format="multipart")


def test_the_person_may_be_json_in_a_form_field(bot, ann):
    assert upload(bot, user=json.dumps({"id": ann.pk})).status_code == 202
    assert ListenImport.objects.get().user == ann


def test_a_member_names_nobody_else_in_a_form_field(api, ann, bea):
    assert upload(api(ann), user=json.dumps({"id": bea.pk})).status_code == 403
    assert upload(api(ann), user=json.dumps({"id": ann.pk})).status_code == 202


@pytest.mark.parametrize("said", ["7", "ann", "[]", "null", "[" * 1500, '{"id": "x"}', '"'])
def test_a_form_field_that_names_nobody_is_refused(bot, said):
    answer = upload(bot, user=said)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"].startswith("user")
    assert not ListenImport.objects.exists()
