"""Behind a reverse proxy: what it says is believed with TRUST_PROXY only."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

ASK = """
import json, django
django.setup()
from django.test import Client, RequestFactory
headers = {"X-Forwarded-Proto": PROTO, "X-Forwarded-Host": "club.example.org", "Host": "inner"}
request = RequestFactory(headers=headers).get("/weeks/")
answer = Client(headers=headers).get("/admin/login/?next=/admin/")
print(json.dumps({
    "absolute": request.build_absolute_uri(), "secure": request.is_secure(),
    "location": answer.headers["Location"], "hsts": answer.headers.get("Strict-Transport-Security", ""),
}))
"""
"""Asked of a process of its own, since settings are read once."""


@pytest.mark.parametrize(
    ("trust", "proto", "absolute", "location"),
    [
        ("on", "https", "https://club.example.org/weeks/", "/accounts/login/?next=%2Fadmin%2F"),
        ("on", "http", "http://club.example.org/weeks/", "https://club.example.org/admin/login/?next=/admin/"),
        ("off", "https", "http://inner/weeks/", "https://inner/admin/login/?next=/admin/"),
    ],
)
def test_redirects_and_addresses_come_out_right(tmp_path, trust, proto, absolute, location):
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "DJANGO_SETTINGS_MODULE": "sidetrack.settings",
        "SIDETRACK_DATA": str(tmp_path),
        "SITE_URL": "https://club.example.org",
        "ALLOWED_HOSTS": "club.example.org,inner",
        "TRUST_PROXY": trust,
        "LOG_LEVEL": "ERROR",
    }
    asked = subprocess.run(
        [sys.executable, "-c", f"PROTO = {proto!r}\n{ASK}"], env=environment, capture_output=True, text=True, check=True
    )
    answer = json.loads(asked.stdout.splitlines()[-1])
    assert answer["absolute"] == absolute
    assert answer["location"] == location
    assert answer["secure"] == bool(answer["hsts"]) == (absolute.startswith("https"))
