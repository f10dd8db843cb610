"""Takes a picture of every page: `python -m tests.screenshots [--out screenshots] [--only week] [--port 8078]`.

Both themes, three widths, three people (a visitor, a member, a moderator), against a server and a demo
database it makes itself and throws away. Says which pages scroll sideways and what axe finds; ends
with status 1 if there is anything serious.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
WIDTHS = (360, 768, 1280)
THEMES = ("light", "dark")
HEIGHT = 800
BROWSER_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
SERIOUS = ("serious", "critical")

VISITOR = {
    "home": "/",
    "winners": "/weeks/",
    "winners-empty": "/weeks/?q=zzzz",
    "week-voting": "/weeks/{voting}/",
    "week-discussing": "/weeks/{discussing}/",
    "album": "/albums/{album}/",
    "search": "/search/?q=a",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "sign-in-spotify": "/accounts/spotify/login/",
    "sign-in-failed": "/accounts/discord/login/callback/?state=old",
    "password-reset": "/accounts/password/reset/",
    "not-found": "/weeks/999999/",
}
MEMBER = {
    "home": "/",
    "week-voting": "/weeks/{voting}/",
    "week-discussing": "/weeks/{discussing}/",
    "week-closed": "/weeks/3/",
    "nominate": "/weeks/{voting}/nominate/?q=the",
    "search-start": "/search/",
    "search": "/search/?q=blue",
    "me": "/people/{me}/",
    "me-all-time": "/people/{me}/?period=all",
    "somebody": "/people/tomasz/",
    "listening": "/people/{me}/listening/?period=year",
    "listening-none": "/people/tomasz/listening/?from=2019-01-01&to=2019-01-31",
    "listening-top": "/people/{me}/listening/albums/?period=all",
    "members": "/members/",
    "settings": "/settings/",
    "connections": "/settings/connections/",
    "disconnect": "/settings/connections/spotify/disconnect/",
    "your-data": "/settings/data/",
    "delete-account": "/settings/data/delete/",
    "imports": "/imports/",
    "duplicates": "/listening/duplicates/",
    "import": "/imports/{import}/",
    "import-undo": "/imports/{import}/undo/",
    "sources": "/listening/sources/",
    "source-delete": "/listening/sources/{source}/delete/",
    "removal": "/listening/removals/{removal}/",
    "play-delete": "/listening/plays/{listen}/delete/",
    "plays-deleted": "/listening/plays/deleted/",
    "e-mail": "/accounts/email/",
    "password": "/accounts/password/change/",
    "sign-out": "/accounts/logout/",
    "refused": "/weeks/1/rating/delete/",
}
MODERATOR = {
    "merging": "/merging/",
    "merging-with": "/merging/album/{album}/?q=a",
    "merging-pair": "/merging/album/{other}/{album}/",
    "merging-history": "/merging/history/",
}
OWNER = {"connections-empty": "/settings/connections/", "spotify-policy": "/settings/spotify-policy/"}
WAITING = {"home": "/", "week-voting": "/weeks/{voting}/", "me": "/people/{me}/"}


def chromium() -> str | None:
    """Debian's browser, or whatever is called chromium here."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


@contextmanager
def server(port: int) -> Iterator[tuple[str, Any]]:
    """A demo site of its own: its address, and `ask(code)` that runs Python in it and returns what it printed."""
    folder = tempfile.mkdtemp(prefix="sidetrack-pictures-")
    url = f"http://127.0.0.1:{port}"
    env = {**os.environ, "SIDETRACK_DATA": folder, "SIDETRACK_DEMO": "on", "SITE_URL": url, "DATABASE_URL": ""}
    env["PROVIDER_SANDBOX"] = "http://127.0.0.1:9"  # every provider is set up, and none is asked

    def manage(*words: str) -> str:
        done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr or done.stdout)
        return done.stdout

    def ask(code: str) -> str:
        return manage("shell", "--no-imports", "-c", code).strip().splitlines()[-1]

    running = None
    try:
        for words in (["migrate"], ["createcachetable"], ["collectstatic", "--noinput"], ["demo", "load"]):
            manage(*words)
        running = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(f"{url}/health")
        yield url, ask
    finally:
        if running:
            running.terminate()
            running.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(address: str, seconds: int = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            urlopen(address, timeout=2)  # noqa: S310 - our own address
            return
        except (URLError, OSError):
            time.sleep(0.3)
    raise SystemExit(f"{address} did not answer.")


def facts(ask: Any) -> dict[str, str]:
    """Numbers that addresses need: the week with an open poll, the newest with a winner, its album."""
    line = ask(
        "from club.models import Week\n"
        "won = Week.objects.filter(winner_album__isnull=False).order_by('-number').first()\n"
        "voting = Week.objects.order_by('-number').first()\n"
        "other = Week.objects.filter(winner_album__isnull=False).order_by('number').first()\n"
        "print(voting.number, won.number, won.winner_album_id, other.winner_album_id)"
    )
    return dict(zip(("voting", "discussing", "album", "other"), line.split(), strict=True))


def brought(ask: Any, member: str) -> dict[str, str]:
    """An import with rejected rows, a removal and a deleted play of this member; the ids their pages need."""
    line = ask(
        "from listening.models import ImportReject, ListenEvent, ListenImport, Removal\n"
        "from listening.services.forgetting import forget_listen\n"
        "from sidetrack.actors import Actor\n"
        "from sidetrack.models import User\n"
        f"user = User.objects.get(username={member!r})\n"
        "own = ListenEvent.objects.filter(user=user)\n"
        "row = ListenImport.objects.create(user=user, file_name='Streaming_History_Audio_2024.json', state='done',"
        " format='spotify_extended', rows_done=1234, rows_total=1234, inserted=1200, rejected_count=30,"
        " skipped={'podcast': 4})\n"
        "ImportReject.objects.bulk_create(ImportReject(listen_import=row, row=n, code='missing',"
        " detail='The time is missing.') for n in range(30))\n"
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "from integrations.models import LinkedAccount\n"
        "for provider, more in {'spotify': {'scopes': ['user-read-recently-played'],"
        " 'authorised_at': timezone.now() - timedelta(days=165), 'last_good_at': timezone.now()},"
        " 'lastfm': {'verified': False, 'health': 'degraded', 'last_error': 'Last.fm stopped answering.'},"
        " 'listenbrainz': {'health': 'needs_reconnect',"
        " 'last_error': 'ListenBrainz does not know this token.'}}.items():\n"
        "    LinkedAccount.objects.create(user=user, provider=provider, external_id=user.username, **more)\n"
        "gone = Removal.objects.create(user=user, source='maloja', state='running', found=900, removed=300)\n"
        "forget_listen(own.first().pk, by=Actor(user=user))\n"
        "print(row.pk, gone.pk, own.first().pk, own.first().source)"
    )
    return dict(zip(("import", "removal", "listen", "source"), line.split(), strict=True))


def logins(ask: Any) -> dict[str, str]:
    """{what they are: username} of the demo."""
    rows = ask("from club.demo import logins\nprint('|'.join(f'{row[2]}={row[0]}={row[1]}' for row in logins()))")
    return {row.split("=")[0]: "=".join(row.split("=")[1:]) for row in rows.split("|")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="screenshots")
    parser.add_argument("--only", default="")
    parser.add_argument("--port", type=int, default=8078)
    parser.add_argument("--no-axe", action="store_true")
    options = parser.parse_args()
    browser = chromium()
    if browser is None:
        print("There is no chromium here; install it (apt-get install chromium) to take pictures.")
        return 2
    out = ROOT / options.out
    out.mkdir(exist_ok=True)
    with server(options.port) as (url, ask):
        known, people = facts(ask), logins(ask)
        known |= brought(ask, people["member"].partition("=")[0])
        shots = Shots(browser, url, out, options.only, known, axe=not options.no_axe)
        shots.take("visitor", None, VISITOR)
        shots.take("member", people.get("member"), MEMBER)
        shots.take("moderator", people.get("moderator"), MODERATOR)
        shots.take("owner", people.get("owner"), OWNER)
        shots.take("waiting", people.get("waiting to be admitted"), WAITING)
    print(f"{shots.taken} pictures in {out}")
    for line in shots.found:
        print(line)
    return 1 if shots.found else 0


class Shots:
    def __init__(self, browser: str, url: str, out: Path, only: str, known: dict[str, str], *, axe: bool) -> None:
        self.browser, self.url, self.out, self.only, self.known = browser, url, out, only, known
        self.axe, self.taken = axe, 0
        self.found: list[str] = []

    def take(self, who: str, login: str | None, pages: dict[str, str]) -> None:
        from playwright.sync_api import sync_playwright

        wanted = {name: path for name, path in pages.items() if self.only in name}
        if not wanted:
            return
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=self.browser, args=BROWSER_ARGS)
            for theme in THEMES:
                context = browser.new_context(color_scheme=theme, viewport={"width": WIDTHS[0], "height": HEIGHT})
                page = context.new_page()
                page.on("console", lambda said: self._heard(said))
                if login:
                    self._sign_in(page, login)
                for name, path in wanted.items():
                    for width in WIDTHS:
                        self._one(page, f"{who}-{name}", path.format(**self.known), theme, width)
                context.close()
            browser.close()

    def _sign_in(self, page: Any, login: str) -> None:
        name, _, password = login.partition("=")
        self.known["me"] = name
        page.goto(f"{self.url}/accounts/login/")
        page.fill("input[name=login]", name)
        page.fill("input[name=password]", password)
        page.click("main button")
        page.wait_for_load_state()

    def _one(self, page: Any, name: str, path: str, theme: str, width: int) -> None:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        answer = page.goto(self.url + path)
        size = len(answer.body())
        page.screenshot(path=self.out / f"{name}-{theme}-{width}.png", full_page=True)
        self.taken += 1
        if answer.status >= 500:
            self.found.append(f"{name}: answered {answer.status}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            self.found.append(f"{name} at {width}: scrolls sideways")
        if size > 100_000:
            self.found.append(f"{name}: {size // 1000} kB")
        if self.axe and width != WIDTHS[1]:
            self._axe(page, f"{name} {theme} {width}")

    def _axe(self, page: Any, name: str) -> None:
        from axe_playwright_python.sync_playwright import Axe

        for problem in Axe().run(page).response["violations"]:
            if problem["impact"] in SERIOUS:
                where = problem["nodes"][0]["html"][:140]
                self.found.append(f"{name}: {problem['id']} ({problem['impact']}), {len(problem['nodes'])}x, {where}")

    def _heard(self, said: Any) -> None:
        if said.type == "error" and "status of 40" not in said.text:
            self.found.append(f"console: {said.text[:200]}")


if __name__ == "__main__":
    sys.exit(main())
