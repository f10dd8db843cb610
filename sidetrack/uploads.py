"""Bounds what any request may upload, while it comes in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest


def may_bring_files(request: HttpRequest | None) -> bool:
    """Only members and service clients, and only to settings.UPLOADS_AT: else any form of the site fills the disk."""
    if request is None or request.path.rstrip("/") not in settings.UPLOADS_AT:
        return False
    return "Authorization" in request.headers or getattr(request.user, "is_member", False)


class BoundedUpload(FileUploadHandler):
    """Stops keeping files once a request brought more than UPLOAD_LIMIT_MB of them; at once where none has a use.

    Django reads forms before any view (the CSRF check does), so a view alone would refuse too late:
    with the file on the disk already. The view finds the file missing.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self._left = settings.UPLOAD_LIMIT_MB * 1024 * 1024 if may_bring_files(self.request) else 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._left -= len(raw_data)
        if self._left < 0:
            raise StopUpload
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
