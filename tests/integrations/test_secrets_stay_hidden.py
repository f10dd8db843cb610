"""A canary stands for every token: through linking, refreshing, failing and showing, nothing ever tells it."""

from __future__ import annotations

import io
import json
import logging
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter, get_default_exception_reporter_filter

from integrations.errors import MustReconnect, ProviderError, Unavailable
from integrations.http import Call, Patience, patience, send
from integrations.models import LinkedAccount
from integrations.providers import PROVIDERS
from integrations.secret import Secret
from integrations.services.calling import call_as
from integrations.services.tokens import access_of, keep_tokens, refresh
from integrations.types import Access, Tokens
from sidetrack.actors import Actor
from sidetrack.models import JobRun
from sidetrack.reporting import CARRIERS
from sidetrack.services.exporting import ask_for_export
from tests.integrations.accounts import link
from tests.integrations.tokenserver import TokenServer, as_provider_code, judge, token_server
from tests.jobs import drain

# Cut in two, so that a page of source lines does not hold it either.
CANARY = "".join(("canary", "-Zq81"))
ACCESS, REFRESH = f"{CANARY}-access", f"{CANARY}-refresh"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    quick = Patience(attempts=1, total=5.0, pause=0.0, connect=1.0, read=2.0, waits_for_budget=0.0)
    with token_server() as server, patience(quick):
        server.rotates, server.prefix = True, CANARY
        monkeypatch.setitem(PROVIDERS, "spotify", server.provider())
        yield server


@pytest.fixture
def account(ann: Any, server: TokenServer) -> LinkedAccount:
    account = link(ann)
    keep_tokens(account, Tokens(Secret(ACCESS), 3600, Secret(REFRESH), ("listen",)), consented=True)
    return account


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "django.db.backends", "integrations", "sidetrack"):
        caplog.set_level(logging.DEBUG, logger=name)


def crash_reports(crash: Callable[[], object]) -> str:
    """What is said of an exception: the log with its traceback, Django's page for errors with all local variables."""
    try:
        crash()
    except Exception as error:
        logging.getLogger("test").exception("It crashed: %s, %r", error, error)
        request = RequestFactory().post("/x", {"api_token": ACCESS}, headers={"Authorization": f"Bearer {ACCESS}"})
        reporter = ExceptionReporter(request, *sys.exc_info())
        return reporter.get_traceback_html() + reporter.get_traceback_text()
    raise AssertionError("it did not crash")


def parses_wrongly(server: TokenServer) -> Callable[[Secret], Tokens]:
    """A provider with a bug: the reply with its tokens, and the form, stand in local variables when it crashes."""

    def refreshes(token: Secret) -> Tokens:
        form = {"refresh_token": token.reveal()}
        reply = send(Call("spotify", server.url, "POST", form=form, repeatable=True), judge).json()
        raise KeyError(f"no such field among {len(reply)}")

    return as_provider_code(refreshes)


def calls_with_token(url: str) -> Callable[[Access], object]:
    def work(access: Access) -> object:
        headers = {"Authorization": f"Bearer {access.token.reveal()}"}
        return send(Call("spotify", url, "POST", headers=headers, form={"t": access.token.reveal()}), judge)

    return as_provider_code(work)


@pytest.mark.parametrize("debug", [True, False], ids=["debug", "production"])
def test_no_log_line_traceback_or_page_of_an_error_tells(account, server, settings, caplog, monkeypatch, debug):
    settings.DEBUG = debug
    connection.force_debug_cursor = True
    reports = []
    try:
        refresh(account)
        server.replies = [(503, {})]
        reports.append(crash_reports(lambda: refresh(account)))
        reports.append(crash_reports(lambda: call_as(account, calls_with_token("http://127.0.0.1:9/v1/me"))))
        reports.append(crash_reports(lambda: call_as(account, calls_with_token("http://127.0.0.1:bad/v1/me"))))
        reports.append(crash_reports(lambda: call_as(account, lambda _access: 1 // 0)))
        broken = replace(server.provider(), refresh=parses_wrongly(server))
        monkeypatch.setitem(PROVIDERS, "spotify", broken)
        reports.append(crash_reports(lambda: refresh(account)))
        monkeypatch.setitem(PROVIDERS, "spotify", server.provider())
        server.replies = [(400, {"error": "invalid_grant"})]
        reports.append(crash_reports(lambda: refresh(account)))
    finally:
        connection.force_debug_cursor = False
    assert len(server.asked) == 4
    assert all("Traceback" in report for report in reports)
    assert [number for number, report in enumerate(reports) if CANARY in report] == []
    assert CANARY not in caplog.text
    assert CANARY not in json.dumps([query["sql"] for query in connection.queries_log])


def test_without_the_filter_the_page_for_errors_would_tell(account, server, settings):
    """The canary sings at all: otherwise the test above proves nothing."""
    settings.DEFAULT_EXCEPTION_REPORTER_FILTER = "django.views.debug.SafeExceptionReporterFilter"
    settings.DEBUG = True
    get_default_exception_reporter_filter.cache_clear()
    try:
        told = crash_reports(lambda: call_as(account, calls_with_token("http://127.0.0.1:9/v1/me")))
    finally:
        get_default_exception_reporter_filter.cache_clear()
    assert CANARY in told


def test_secrets_are_revealed_in_the_guarded_packages_only():
    """The filter knows frames by their package, so the plain text of a token must not leave it."""
    root = Path(apps.get_app_config("sidetrack").path).parent
    revealing = {path.relative_to(root).parts[0] for path in root.glob("*/**/*.py") if ".reveal()" in path.read_text()}
    assert revealing - {"tests"} == {"integrations"}
    assert "integrations" in CARRIERS


def test_a_job_that_fails_keeps_no_token_in_its_run(account, server, monkeypatch):
    server.replies = [(400, {"error": "invalid_grant"})]
    with pytest.raises(MustReconnect):
        refresh(account)
    drain()
    assert JobRun.objects.exists()
    assert CANARY not in everything_in("sidetrack")


def test_the_database_holds_ciphertext_only(account, server):
    refresh(account)
    assert CANARY not in everything_in("sidetrack", "integrations")


def everything_in(*labels: str) -> str:
    """All columns of all rows of these apps' tables, as they stand in the database."""
    found = []
    with connection.cursor() as cursor:
        for label in labels:
            for model in apps.get_app_config(label).get_models():
                cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608
                found += [repr(row) for row in cursor.fetchall()]
    assert found
    return "\n".join(found)


def test_no_dump_tells(account):
    for kind in ("json", "jsonl", "xml"):
        out = io.StringIO()
        call_command("dumpdata", "integrations", format=kind, stdout=out)
        assert "ann-id" in out.getvalue()
        assert CANARY not in out.getvalue()


def test_no_copy_of_a_members_data_tells(account, ann, settings, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path
    export = ask_for_export(by=Actor(user=ann))
    drain()
    export.refresh_from_db()
    with default_storage.open(export.file.name) as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert "ann-id" in files["linked_accounts.jsonl"]
    assert [name for name, text in files.items() if CANARY in text] == []


def test_no_page_of_the_desk_tells(account, web, olga):
    browser = web(olga)
    for model in [model for model in admin.site._registry if model._meta.app_label in ("integrations", "sidetrack")]:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_changelist"), f"{reverse(f'{name}_changelist')}?q=canary"]
        addresses += [reverse(f"{name}_change", args=[row.pk]) for row in model._default_manager.all()[:5]]
        addresses += [reverse(f"{name}_history", args=[row.pk]) for row in model._default_manager.all()[:5]]
        for address in addresses:
            assert CANARY not in browser.get(address, follow=True).content.decode(), address


def test_no_answer_of_the_api_and_no_page_tells(account, web, api, ann):
    for address in ("/api/v1/users/me", "/api/v1/auth/links", f"/api/v1/users/{ann.pk}", "/api/v1/schema"):
        assert CANARY not in api(ann).get(address).content.decode(), address
    assert api(ann).get("/api/v1/users/me").status_code == 200
    for address in ("/settings/", "/settings/connections/", "/settings/data/"):
        assert CANARY not in web(ann).get(address, follow=True).content.decode(), address


def test_no_error_holds_what_it_was_about(account, server):
    """Errors are kept, shown and logged: their texts, arguments and attributes tell nothing."""
    errors: list[ProviderError] = []
    for reply in ((503, {"refresh_token": REFRESH}), (400, {"error": REFRESH})):
        server.replies = [reply]
        with pytest.raises((Unavailable, MustReconnect)) as raised:
            access_of(account) if account.health != "ok" else refresh(account)
        errors.append(raised.value)
    for error in errors:
        assert CANARY not in f"{error} {error!r} {error.args} {vars(error)}"
