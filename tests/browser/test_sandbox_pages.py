"""The sandbox's own pages in a real browser: consent, refusal, and the desk's buttons."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlencode

import pytest

from integrations.sandbox.server import Sandbox
from tests.integrations.sandboxes import DISCORD, LASTFM, asking

pytestmark = pytest.mark.browser


class Back(BaseHTTPRequestHandler):
    """Where apps are come back to."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def back():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Back)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/back?own=1"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(chromium):
    opened = chromium.new_page()
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


def test_people_consent_refuse_and_take_it_back(page, back):
    with Sandbox() as sandbox:
        page.goto(f"{sandbox.url}/spotify-accounts/authorize?{urlencode(asking(redirect_uri=back))}")
        page.get_by_label("Ben").check()
        page.get_by_role("button", name="Allow").click()
        assert page.url.startswith(f"{back}&code=")
        page.goto(f"{sandbox.url}/lastfm/api/auth/?{urlencode({'api_key': LASTFM[0], 'cb': back})}")
        page.get_by_role("button", name="Allow").click()
        assert page.url.startswith(f"{back}&token=")
        asked = {"response_type": "code", "client_id": DISCORD[0], "redirect_uri": back, "scope": "identify"}
        page.goto(f"{sandbox.url}/discord/oauth2/authorize?{urlencode(asked)}")
        page.get_by_role("button", name="Refuse").click()
        assert page.url == f"{back}&error=access_denied"


def test_the_desk_turns_faults_on_and_off(page):
    with Sandbox() as sandbox:
        page.goto(sandbox.url)
        page.get_by_label("Provider").select_option("deezer")
        page.get_by_label("Fault").select_option("html")
        page.get_by_role("button", name="Ask for it").click()
        assert sandbox.box.faults.rates == {"deezer": {"html": 0.2}}
        page.get_by_role("button", name="End it").click()
        assert page.get_by_text("every provider is well").is_visible()
        assert sandbox.box.faults.rates["deezer"] == {}
