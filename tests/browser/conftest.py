"""A headless Chromium against a live server. Skips with a reason where there is no Chromium."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.conftest import PASSWORD


def chromium_path() -> str | None:
    """Debian's chromium, or another of that family."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium():
    path = chromium_path()
    if path is None:
        pytest.skip("There is no Chromium here (apt-get install chromium).")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    # Playwright's loop runs in this thread, which Django takes for an asynchronous caller.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chromium, live_server, settings):
    """Make a fresh browser window on the site, its console errors and failed requests kept in `page.complaints`."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.RATE_LIMIT_WRITES = 1_000_000
    contexts = []

    def make(theme: str = "light", width: int = 1280):
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 900}, color_scheme=theme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def sign_in():
    """Sign a person in by the form, as people do."""

    def do(page, username: str, password: str = PASSWORD):
        page.goto("/accounts/login/")
        page.fill("[name=login]", username)
        page.fill("[name=password]", password)
        page.click("main form button.main-action")
        page.wait_for_url(lambda url: "/accounts/login" not in url)

    return do
