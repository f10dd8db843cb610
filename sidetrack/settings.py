"""Settings of the site, all read from the environment (`sidetrack/env.py`, `.env.example`).

A start with no environment at all works: SQLite, keys made once in the data folder, loopback only.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.templatetags.static import static

from sidetrack import __version__
from sidetrack.env import BASE_DIR, database, declare, email, read_env_file, site_address
from sidetrack.keys import kept_key, private_folder

read_env_file()

VERSION = __version__
DEBUG: bool = declare("DEBUG", "bool", "off", "Show tracebacks in the browser. Never on a public site.")
DATA_DIR: Path = private_folder(
    BASE_DIR / declare("SIDETRACK_DATA", "str", ".data", "Folder for keys, uploads and the SQLite database.")
)
SECRET_KEY: str = declare(
    "SECRET_KEY", "str", "", "Signs sessions and links. Empty: made once and kept in the data folder."
) or kept_key(DATA_DIR, "secret_key")
SECRET_KEY_FALLBACKS: list[str] = declare(
    "SECRET_KEY_FALLBACKS", "list", "", "Former SECRET_KEYs still accepted while you rotate."
)
TOKEN_KEYS: list[str] = declare(
    "TOKEN_KEYS", "list", "", "Keys for stored provider tokens, newest first. Empty: made once in the data folder."
) or [kept_key(DATA_DIR, "token_key")]
ALLOWED_HOSTS: list[str] = declare(
    "ALLOWED_HOSTS", "list", "localhost,127.0.0.1,[::1]", "Host names this site answers to."
)
SITE_URL: str = site_address(
    declare(
        "SITE_URL", "str", "http://127.0.0.1:8000", "Public address of the site, used in links, e-mail and callbacks."
    )
)
HTTPS = SITE_URL.startswith("https://")
DEMO: bool = declare("SIDETRACK_DEMO", "bool", "off", "Demo mode: demo club and logins, loopback addresses only.")

DATABASE_URL: str = declare(
    "DATABASE_URL", "str", "", "postgres://user:password@host:5432/name. Empty: SQLite in the data folder."
)
CONN_MAX_AGE: int = declare(
    "CONN_MAX_AGE", "int", "60", "Seconds a connection to the database is kept open between requests."
)
_database = database(DATABASE_URL or f"sqlite:///{DATA_DIR / 'sidetrack.sqlite3'}")
if _database["ENGINE"].endswith("sqlite3"):
    # WAL lets readers go on while one writes; IMMEDIATE takes the write lock at the start, so that
    # no transaction finds the database locked half-way. Foreign keys are on by Django's own hand.
    # The cache (KiB) holds all pages that a batch of listens writes, and the log several batches, so
    # that neither is written twice.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        "PRAGMA cache_size=-32000; PRAGMA wal_autocheckpoint=4000;",
    }
else:
    _database["CONN_HEALTH_CHECKS"] = True
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# On SQLite too: opening the file anew reads the whole schema, which costs more than most answers.
_database["CONN_MAX_AGE"] = CONN_MAX_AGE
DATABASES: dict[str, Any] = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = declare(
    "REDIS_URL", "str", "", "redis://:password@host:6379/0 for cache and limits. Empty: the database holds them."
)
CACHES: dict[str, Any] = {
    # Shared by all processes: limits and cluster statistics.
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "sidetrack_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    # Per process, for answers whose key carries the version of all they show.
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 500}},
}

INSTALLED_APPS = [
    "sidetrack.apps.SidetrackConfig",
    "integrations.apps.IntegrationsConfig",
    "listening.apps.ListeningConfig",
    "club.apps.ClubConfig",
    "taste.apps.TasteConfig",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "integrations.signin.discord",
    "integrations.signin.spotify",
    "social_django",
    "csp",
    "django_htmx",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]
MIDDLEWARE = [
    "sidetrack.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sidetrack.middleware.OthersScriptsMiddleware",
    "sidetrack.middleware.BannedMiddleware",
    "sidetrack.middleware.PrivateMiddleware",
    "sidetrack.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sidetrack.middleware.LimitMiddleware",
]
ROOT_URLCONF = "sidetrack.urls"
WSGI_APPLICATION = "sidetrack.wsgi.application"
APPEND_SLASH = True
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sidetrack.context.site",
            ],
        },
    }
]

AUTH_USER_MODEL = "sidetrack.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "integrations.signin.lastfm.LastFm",  # signs nobody in; social-auth finds it here
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "integrations.signin.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = declare(
    "ACCOUNT_EMAIL_VERIFICATION",
    "str",
    "optional",
    "Must a new address be confirmed?",
    choices=("none", "optional", "mandatory"),
)
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {"signup": "sidetrack.forms.SignUpForm", "add_email": "sidetrack.forms.AddEmailForm"}
ACCOUNT_PRESERVE_USERNAME_CASING = False
SOCIALACCOUNT_ADAPTER = "integrations.signin.adapter.Adapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIAL_AUTH_PIPELINE = ("integrations.signin.lastfm.link",)

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / (
    declare("STATIC_ROOT", "str", "", "Folder of the collected static files. Empty: in the data folder.")
    or DATA_DIR / "static"
)
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "uploads"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
UPLOAD_LIMIT_MB: int = declare("UPLOAD_LIMIT_MB", "int", "512", "Largest history file a member may upload, in MB.")
FILE_UPLOAD_HANDLERS = [
    "sidetrack.uploads.BoundedUpload",  # first: refuses before anything is written
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
EXPORT_DAYS: int = declare("EXPORT_DAYS", "int", "7", "Days a copy of a member's data can be downloaded.")
UPLOADS_AT = ("/imports", "/api/v1/imports")  # nowhere else is a file taken in
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

EMAIL_URL: str = declare("EMAIL_URL", "str", "consolemail://", "smtp+tls://user:password@host:587; default: the log.")
globals().update(email(EMAIL_URL))
DEFAULT_FROM_EMAIL: str = declare("DEFAULT_FROM_EMAIL", "str", "sidetrack@localhost", "Sender of the site's e-mail.")

# --- the outside world (integrations). Every provider is optional.
CONTACT: str = declare(
    "CONTACT", "str", "", "Mail or web address sent to providers with every request. Empty: SITE_URL."
)
PROVIDER_SANDBOX: str = declare(
    "PROVIDER_SANDBOX",
    "str",
    "",
    "Address of `manage.py sandbox`, which then stands in for every provider. Never public.",
).rstrip("/")
PROVIDER_RATES: list[str] = declare(
    "PROVIDER_RATES", "list", "", "Own budgets instead of the documented limits: spotify=90/30, musicbrainz=1/1, ..."
)


def _provider_url(name: str, real: str, path: str) -> str:
    """The provider's address, or its place in the sandbox where that stands in for all."""
    url: str = declare(name, "str", "", f"Where this provider answers. Empty: {real}")
    return url or (f"{PROVIDER_SANDBOX}{path}" if PROVIDER_SANDBOX else real)


def _credential(name: str, help: str) -> str:
    return declare(name, "str", "", help) or (f"sandbox-{name.lower().replace('_', '-')}" if PROVIDER_SANDBOX else "")


SPOTIFY_CLIENT_ID = _credential("SPOTIFY_CLIENT_ID", "Of your app at developer.spotify.com.")
SPOTIFY_CLIENT_SECRET = _credential("SPOTIFY_CLIENT_SECRET", "Its secret.")
SPOTIFY_API_URL = _provider_url("SPOTIFY_API_URL", "https://api.spotify.com/v1", "/spotify/v1")
SPOTIFY_ACCOUNTS_URL = _provider_url("SPOTIFY_ACCOUNTS_URL", "https://accounts.spotify.com", "/spotify-accounts")
LASTFM_API_KEY = _credential("LASTFM_API_KEY", "Of your API account at last.fm/api.")
LASTFM_API_SECRET = _credential("LASTFM_API_SECRET", "Its shared secret.")
LASTFM_API_URL = _provider_url("LASTFM_API_URL", "https://ws.audioscrobbler.com/2.0/", "/lastfm/2.0/")
LASTFM_AUTH_URL = _provider_url("LASTFM_AUTH_URL", "https://www.last.fm/api/auth/", "/lastfm/api/auth/")
LISTENBRAINZ_API_URL = _provider_url("LISTENBRAINZ_API_URL", "https://api.listenbrainz.org", "/listenbrainz")
MUSICBRAINZ_API_URL = _provider_url("MUSICBRAINZ_API_URL", "https://musicbrainz.org/ws/2", "/musicbrainz/ws/2")
COVERART_URL = _provider_url("COVERART_URL", "https://coverartarchive.org", "/coverart")
RECCOBEATS_API_URL = _provider_url("RECCOBEATS_API_URL", "https://api.reccobeats.com", "/reccobeats")
DEEZER_API_URL = _provider_url("DEEZER_API_URL", "https://api.deezer.com", "/deezer")
ITUNES_API_URL = _provider_url("ITUNES_API_URL", "https://itunes.apple.com", "/itunes")
DISCORD_CLIENT_ID = _credential("DISCORD_CLIENT_ID", "Of your application at discord.com/developers.")
DISCORD_CLIENT_SECRET = _credential("DISCORD_CLIENT_SECRET", "Its OAuth2 secret.")
DISCORD_API_URL = _provider_url("DISCORD_API_URL", "https://discord.com/api", "/discord/api")
DISCORD_AUTHORIZE_URL = _provider_url(
    "DISCORD_AUTHORIZE_URL", "https://discord.com/oauth2/authorize", "/discord/oauth2/authorize"
)
DISCORD_GUILD_ID: str = declare(
    "DISCORD_GUILD_ID", "str", "", "Server of your club: who is in it is admitted when they sign in with Discord."
)
ANTHROPIC_API_URL = _provider_url("ANTHROPIC_API_URL", "https://api.anthropic.com", "/anthropic")

# --- the club's own rules
CLUB_NAME: str = declare("CLUB_NAME", "str", "Album Club", "Name of the club, shown on every page.")
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{CLUB_NAME}] "
CLUB_PUBLIC: bool = declare("CLUB_PUBLIC", "bool", "on", "May visitors read weeks and winners? off: members only.")
CLUB_NOMINATIONS_PER_MEMBER: int = declare(
    "CLUB_NOMINATIONS_PER_MEMBER", "int", "0", "Nominations a member may make in one week; 0: as many as they like."
)
CLUB_VOTE_OWN: bool = declare("CLUB_VOTE_OWN", "bool", "on", "May members vote for their own nomination?")
CLUB_DISCUSSION_DAYS: int = declare(
    "CLUB_DISCUSSION_DAYS",
    "int",
    "7",
    "Days after the discussion (or a later close of the poll) until a week is closed.",
)

# --- the moderators' desk
UNFOLD = {
    "SITE_TITLE": CLUB_NAME,
    "SITE_HEADER": CLUB_NAME,
    "SITE_SUBHEADER": "The moderators' desk",
    "SITE_URL": "/",
    "SITE_SYMBOL": "album",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("favicon.svg")}],
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,  # our audit log tells more
    "DASHBOARD_CALLBACK": "sidetrack.admin.waiting.dashboard",
    "SIDEBAR": {"show_search": True, "show_all_applications": False},
}

# --- the API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "sidetrack.api.auth.ServiceTokenAuthentication",
        "sidetrack.api.auth.MemberSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["sidetrack.api.renderers.SafeJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["sidetrack.api.parsers.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "sidetrack.api.paging.Pages",
    "DEFAULT_SCHEMA_CLASS": "sidetrack.api.schema.SidetrackSchema",
    "DEFAULT_THROTTLE_CLASSES": ["sidetrack.api.throttles.PerActor"],
    "EXCEPTION_HANDLER": "sidetrack.api.errors.answer",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
RATE_LIMIT_WRITES: int = declare("RATE_LIMIT_WRITES", "int", "120", "Writes a member may make in a minute.")
RATE_LIMIT_SEARCHES: int = declare("RATE_LIMIT_SEARCHES", "int", "60", "Searches a person may make in a minute.")
RATE_LIMIT_UPLOADS: int = declare("RATE_LIMIT_UPLOADS", "int", "20", "Files a member may upload in an hour.")
RATE_LIMIT_SERVICE: int = declare("RATE_LIMIT_SERVICE", "int", "6000", "Requests a service token may make in a minute.")
SPECTACULAR_SETTINGS = {
    "TITLE": "Sidetrack",
    "DESCRIPTION": "What bots, workers and web clients build on.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "LinkAsk": "integrations.scopes.ASK_NAMES",
        "ImportState": "listening.models.ListenImport.State",
        "RemovalState": "listening.models.Removal.State",
        "ExportState": "sidetrack.models.DataExport.State",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "sidetrack.api.schema.as_addressed"],
}

# --- background work: django-q2 carries, our JobRun rows are the truth (sidetrack/jobs)
WEB_WORKERS: int = declare("WEB_WORKERS", "int", "2", "Processes of the web server, of four threads each.")
WORKERS: int = declare("WORKERS", "int", "2", "Worker processes of each cluster.")
Q_CLUSTER: dict[str, Any] = {
    "name": "default",
    "orm": "default",
    "broker_class": "sidetrack.jobs.bells.PriorityBroker",
    "workers": WORKERS,
    "queue_limit": WORKERS,
    "bulk": 1,
    # A bell that was not acknowledged is delivered again, which does nothing when its run is under way.
    "timeout": 3600,
    "retry": 4000,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "poll": 0.2,
    "recycle": 200,
    "guard_cycle": 1,
    # Cluster statistics stay in the process; health looks at runs.
    "cache": "local",
}

# --- security
DEFAULT_EXCEPTION_REPORTER_FILTER = "sidetrack.reporting.SecretsStayHidden"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS: list[str] = declare(
    "CSRF_TRUSTED_ORIGINS", "list", "", "Further origins that may post forms, with scheme, behind a reverse proxy."
) or [SITE_URL]
TRUST_PROXY: bool = declare(
    "TRUST_PROXY", "bool", "off", "Believe X-Forwarded-Proto, -Host and -For. Only behind your own reverse proxy."
)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


CONTENT_SECURITY_POLICY = {
    # The desk and the API's browser get a looser policy of their own (sidetrack/middleware.py).
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "https:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        # Signing in is a form of ours that is answered with a redirect, which browsers hold to this rule too.
        "form-action": [
            "'self'",
            *dict.fromkeys(map(_origin, (DISCORD_AUTHORIZE_URL, SPOTIFY_ACCOUNTS_URL, LASTFM_AUTH_URL))),
        ],
        "frame-ancestors": ["'none'"],
    },
}

LOG_LEVEL: str = declare(
    "LOG_LEVEL",
    "str",
    "INFO",
    "How much is logged.",
    choices=("DEBUG", "INFO", "WARNING", "ERROR"),
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["console"], "level": LOG_LEVEL, "propagate": False},
        # Strangers who try host names are answered with 400; a traceback each would fill the log.
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
        "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Its DEBUG lines show the addresses asked for, with what stands in them.
        "urllib3": {"level": "WARNING"},
    },
}
