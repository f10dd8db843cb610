"""Reads settings from the environment: each with a type, a default and a sentence when it is wrong.

Every setting is declared once, in `SETTINGS`; `.env.example` lists the same names (a test compares
them). A secret may also be given as `NAME_FILE`, the path of a file that holds it.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Setting:
    """One environment variable: `kind` is str, bool, int or list, `default` as text."""

    name: str
    kind: str
    default: str
    help: str
    choices: tuple[str, ...] = ()


SETTINGS: dict[str, Setting] = {}


def declare(name: str, kind: str, default: str, help: str, *, choices: tuple[str, ...] = ()) -> Any:
    """Declare a setting and return its value from the environment."""
    SETTINGS[name] = Setting(name, kind, default, help, choices)
    raw = _raw(name, default)
    if choices and raw not in choices:
        _refuse(f"{name}={raw!r} is not one of {', '.join(choices)}. {help}")
    try:
        return _parse(kind, raw)
    except ValueError:
        _refuse(f"{name}={raw!r} is not {_KINDS[kind]}. {help}")


_KINDS = {
    "str": "text",
    "bool": "on or off (on, off, true, false, 1, 0)",
    "int": "a whole number",
    "list": "a comma-separated list",
}
_TRUE, _FALSE = {"1", "true", "on", "yes"}, {"0", "false", "off", "no", ""}


def _raw(name: str, default: str) -> str:
    path = os.environ.get(f"{name}_FILE", "")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            _refuse(f"{name}_FILE={path!r} cannot be read: {error.strerror}.")
        except UnicodeDecodeError:
            _refuse(f"{name}_FILE={path!r} is not a text file.")
    return os.environ.get(name, "").strip() or default


def _parse(kind: str, raw: str) -> Any:
    if kind == "bool":
        if raw.lower() not in _TRUE | _FALSE:
            raise ValueError(raw)
        return raw.lower() in _TRUE
    if kind == "int":
        return int(raw)
    if kind == "list":
        return [part.strip() for part in raw.split(",") if part.strip()]
    return raw


def database(url: str) -> dict[str, Any]:
    """A Django database from a URL: postgres://user:password@host:5432/name or sqlite:////path."""
    try:
        config: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, KeyError, TypeError) as error:
        _refuse(f"DATABASE_URL cannot be read ({error}). It looks like postgres://user:password@host:5432/name.")
    if config.get("ENGINE") not in ("django.db.backends.postgresql", "django.db.backends.sqlite3"):
        _refuse("DATABASE_URL must name postgres:// or sqlite:///; other engines are not supported.")
    return config


def site_address(url: str) -> str:
    """As browsers and providers write it: scheme and host in small letters, no port that goes without saying, no slash
    at the end. What is no address is left as it is, for the checks to name."""
    try:
        parts = urlsplit(url)
        usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    except ValueError:
        return url
    place = parts.netloc.lower()
    place = place.removesuffix(usual) if usual else place
    return parts._replace(netloc=place).geturl().rstrip("/")


def email(url: str) -> dict[str, Any]:
    """Django's e-mail settings from a URL: smtp+tls://user:password@host:587 or consolemail://."""
    try:
        config: dict[str, Any] = environ.Env.email_url_config(url)
    except (ImproperlyConfigured, ValueError, KeyError, TypeError):
        _refuse("EMAIL_URL cannot be read. It looks like smtp+tls://user:password@host:587, or consolemail://.")
    return config


def _refuse(sentence: str) -> NoReturn:
    raise ImproperlyConfigured(sentence)


def read_env_file() -> None:
    """Take `.env` beside manage.py into the environment; what is set already stays."""
    path = BASE_DIR / ".env"
    if path.exists():
        environ.Env.read_env(str(path))
