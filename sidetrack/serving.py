"""gunicorn's settings (`gunicorn -c python:sidetrack.serving`)."""

import os

from django.conf import settings

from sidetrack.processes import whole_family_dies_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sidetrack.settings")

wsgi_app = "sidetrack.wsgi:application"
worker_class = "gthread"
workers = settings.WEB_WORKERS
threads = 4
preload_app = True
timeout = 60
graceful_timeout = 5
keepalive = 5
accesslog = None
loglevel = "warning"
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - gunicorn's own heartbeat files
# Whether a proxy is believed is Django's setting TRUST_PROXY; gunicorn believes none.
forwarded_allow_ips = ""

if os.environ.get("SIDETRACK_SUPERVISED"):
    whole_family_dies_with_parent()
