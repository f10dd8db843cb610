"""Where the tests of throttling find a Redis: a database of their own, one for each process that tests."""

import os
from urllib.parse import urlsplit, urlunsplit

_given = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")
_number = 8 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 6
REDIS = urlunsplit(urlsplit(_given)._replace(path=f"/{_number}"))
