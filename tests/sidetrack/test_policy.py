"""What browsers are told about every page."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("address", ["/accounts/login/", "/settings/", "/api/v1/users/me", "/no/such/page"])
def test_our_pages_run_our_scripts_only(web, ann, address):
    answer = web(ann).get(address)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"


def test_the_desk_and_the_browser_of_the_api_stay_on_the_site(web, mo):
    for address in ("/admin/", "/api/v1/docs/"):
        answer = web(mo).get(address)
        assert answer.status_code == 200
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy.replace("https:", "")


def test_the_document_of_the_api_is_there(client, db):
    document = client.get("/api/v1/schema/").json()
    assert document["info"]["title"] == "Sidetrack"
    assert document["components"]["securitySchemes"].keys() == {"serviceToken", "session"}
    assert client.get("/api/v1/schema").status_code == 200


def test_cookies_are_for_the_site_only(client, ann):
    client.post("/accounts/login/", {"login": "ann", "password": "correct horse battery staple"})
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
