"""A live site for the tests that need real sockets and threads."""

from __future__ import annotations

import pytest

from tests.api.site import running_site


@pytest.fixture
def site(transactional_db, tmp_path):
    """The address of a gunicorn that serves the test database."""
    with running_site(tmp_path) as url:
        yield url
