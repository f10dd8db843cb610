"""Settings of the tests: the site's own, with fresh keys, files in a throw-away folder, one engine a run.

TEST_ENGINE is sqlite (default) or postgresql; the latter uses TEST_DATABASE_URL.
"""

import atexit
import os
import re
import shutil
import tempfile

from sidetrack import env

_folder = tempfile.mkdtemp(prefix="sidetrack-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
_postgresql = os.environ.get("TEST_ENGINE", "sqlite") == "postgresql"
# Neither the environment nor a .env of whoever runs the tests decides what they find.
env.read_env_file = lambda: None
for _name in re.findall(r"^#?([A-Z_]+)=", (env.BASE_DIR / ".env.example").read_text(encoding="utf-8"), re.MULTILINE):
    os.environ.pop(_name, None)
    os.environ.pop(f"{_name}_FILE", None)
os.environ["SIDETRACK_DATA"] = _folder
if _postgresql:
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")

from sidetrack.settings import *  # noqa: E402, F403
from sidetrack.settings import DATABASES, STORAGES  # noqa: E402

_run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
DATABASES["default"]["TEST"] = (
    {"NAME": f"test_sidetrack_{_run}"} if _postgresql else {"NAME": os.path.join(_folder, "test.sqlite3")}
)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shared"},
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "local"},
}
WHITENOISE_AUTOREFRESH = True  # no folder of collected files is looked for
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING = {"version": 1, "disable_existing_loggers": False}

# Nobody outside is asked: a test that talks to a provider names its own server.
for _name in [name for name in globals() if re.fullmatch("[A-Z]+_(API|ACCOUNTS)_URL|COVERART_URL", name)]:
    globals()[_name] = "http://127.0.0.1:9"
