"""What Django's page for errors (DEBUG) and its mails to admins may show of a frame: nothing that may hold a secret.

Values of names that sound secret are starred everywhere. Of frames that carry tokens in the clear on their way to or
from a provider (our provider code and the libraries beneath it), no value is shown at all.
"""

from __future__ import annotations

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

CARRIERS = (
    "integrations",
    "requests",
    "urllib3",
    "http",
    "json",
    "oauthlib",
    "requests_oauthlib",
    "social_core",
    "social_django",
    "allauth",
    "cryptography",
)
"""Packages whose frames carry tokens."""


class SecretsStayHidden(SafeExceptionReporterFilter):
    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        found = dict(super().get_traceback_frame_variables(request, tb_frame))
        if str(tb_frame.f_globals.get("__name__", "")).partition(".")[0] in CARRIERS:
            return dict.fromkeys(found, self.cleansed_substitute).items()
        return {name: self._cleansed(name, value) for name, value in found.items()}.items()

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {name: self._cleansed(name, value) for name, value in super().get_post_parameters(request).items()}

    def _cleansed(self, name: str, value: Any) -> Any:
        return self.cleansed_substitute if self.hidden_settings.search(name) else value
