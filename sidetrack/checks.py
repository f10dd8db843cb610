"""System checks: a wrong setting is named, with what to do about it, before anything starts.

What cannot even be read (a number that is none, a choice that is not offered) is refused earlier, by sidetrack/env.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from sidetrack.models import User

NOT_NEGATIVE = ("CLUB_NOMINATIONS_PER_MEMBER", "CLUB_DISCUSSION_DAYS", "CONN_MAX_AGE")
AT_LEAST_ONE = (
    "UPLOAD_LIMIT_MB",
    "RATE_LIMIT_WRITES",
    "RATE_LIMIT_SEARCHES",
    "RATE_LIMIT_UPLOADS",
    "RATE_LIMIT_SERVICE",
    "WORKERS",
    "WEB_WORKERS",
)
MOST_PROCESSES = 64
MOST_DAYS = 3650


@register()
def settings_make_sense(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return [*_addresses(), *_secrets(), *_numbers(), *_redis(), *_mail(), *_public_site()]


def _addresses() -> Iterator[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    if site.scheme not in ("http", "https") or not site.hostname:
        yield Error(
            f"SITE_URL is {settings.SITE_URL!r}, which is not an address.",
            hint="Write scheme and host, like https://music.example.org.",
            id="sidetrack.E001",
        )
    elif site.path.strip("/") or site.query or site.fragment:
        yield Error(
            f"SITE_URL is {settings.SITE_URL!r}; the site cannot live under a path.",
            hint=f"Write {site.scheme}://{site.netloc}.",
            id="sidetrack.E002",
        )
    for host in settings.ALLOWED_HOSTS:
        if "/" in host or re.search(r"[^\]]:\d+$", host):
            yield Error(
                f"ALLOWED_HOSTS has {host!r}, which is not a host name.",
                hint="Leave out scheme, port and path: music.example.org.",
                id="sidetrack.E003",
            )


def _secrets() -> Iterator[CheckMessage]:
    for name, keys in (("SECRET_KEY", [settings.SECRET_KEY]), ("TOKEN_KEYS", settings.TOKEN_KEYS)):
        if any(len(key) < 32 for key in keys):
            yield Error(
                f"{name} is shorter than 32 characters.",
                hint="Leave it empty to have one made, or make one: python -c 'import secrets; "
                "print(secrets.token_urlsafe(50))'.",
                id="sidetrack.E010",
            )


def _numbers() -> Iterator[CheckMessage]:
    for names, least in ((NOT_NEGATIVE, 0), (AT_LEAST_ONE, 1)):
        for name in names:
            if getattr(settings, name) < least:
                yield Error(
                    f"{name} is {getattr(settings, name)}.", hint=f"It is at least {least}.", id="sidetrack.E020"
                )
    for name, most in (
        ("WORKERS", MOST_PROCESSES),
        ("WEB_WORKERS", MOST_PROCESSES),
        ("CLUB_DISCUSSION_DAYS", MOST_DAYS),
    ):
        if getattr(settings, name) > most:
            yield Error(f"{name} is {getattr(settings, name)}.", hint=f"It is at most {most}.", id="sidetrack.E021")


def _redis() -> Iterator[CheckMessage]:
    if settings.REDIS_URL and urlsplit(settings.REDIS_URL).scheme not in ("redis", "rediss", "unix"):
        yield Error(
            "REDIS_URL does not start with redis://, rediss:// or unix://.",
            hint="Write redis://:password@host:6379/0, or leave it empty.",
            id="sidetrack.E031",
        )


def _mail() -> Iterator[CheckMessage]:
    if "@" not in parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
        yield Error(
            f"DEFAULT_FROM_EMAIL is {settings.DEFAULT_FROM_EMAIL!r}, which is not an e-mail address.",
            hint="Write club@example.org or Album Club <club@example.org>.",
            id="sidetrack.E040",
        )


def _public_site() -> Iterator[CheckMessage]:
    """A site with an https SITE_URL is a public one."""
    if not settings.HTTPS:
        return
    if settings.DEMO:
        yield Error(
            "SIDETRACK_DEMO is on for a public site; everybody knows the demo passwords.",
            hint="Unset SIDETRACK_DEMO, or SITE_URL to try the demo on this machine.",
            id="sidetrack.E050",
        )
    if settings.DEBUG:
        yield Error(
            "DEBUG is on for a public site; error pages would show its insides.",
            hint="Unset DEBUG.",
            id="sidetrack.E051",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS is * on a public site.", hint="Name the host of SITE_URL.", id="sidetrack.E052")
    elif not _is_allowed(urlsplit(settings.SITE_URL).hostname or ""):
        yield Error(
            f"ALLOWED_HOSTS does not hold the host of SITE_URL, {urlsplit(settings.SITE_URL).hostname}.",
            hint="Add it; the site refuses every request otherwise.",
            id="sidetrack.E053",
        )


def _is_allowed(host: str) -> bool:
    return any(host == name or (name.startswith(".") and host.endswith(name)) for name in settings.ALLOWED_HOSTS)


@register(Tags.security, deploy=True)
def deployment_makes_sense(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(
            Warning(
                "The site runs on SQLite: one machine, and one writer at a time.",
                hint="Set DATABASE_URL to a PostgreSQL server.",
                id="sidetrack.W001",
            )
        )
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        found.append(
            Warning(
                "E-mail goes to the log, so nobody can reset a password.",
                hint="Set EMAIL_URL to your mail server.",
                id="sidetrack.W002",
            )
        )
    if settings.DATA_DIR.stat().st_mode & 0o007:
        found.append(
            Warning(
                f"Others on this machine may look into {settings.DATA_DIR}, where keys, uploads and database lie.",
                hint=f"chmod o-rwx {settings.DATA_DIR}",
                id="sidetrack.W003",
            )
        )
    return found


@register(Tags.database, deploy=True)
def no_demo_accounts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """With `check --deploy --database default`; `up` and `worker` ask the same before they start."""
    sentence = demo_on_a_public_site() if kwargs.get("databases") else ""
    return [Error(sentence, hint="Take them out: manage.py demo remove.", id="sidetrack.E054")] if sentence else []


def demo_on_a_public_site() -> str:
    """Why this site must not start, or ""."""
    if settings.HTTPS and User.objects.filter(is_demo=True).exists():
        return "There are demo accounts on this public site, and everybody knows their passwords."
    return ""


def sandbox_on_a_public_site() -> str:
    """Why this site must not start, or "": in the sandbox everybody may sign in as anybody."""
    if settings.HTTPS and settings.PROVIDER_SANDBOX:
        return "PROVIDER_SANDBOX is set for a public site, and with it anybody could sign in as anybody. Unset it."
    return ""
