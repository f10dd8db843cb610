"""All providers, in one table."""

from __future__ import annotations

from integrations.providers.base import Provider

PROVIDERS: dict[str, Provider] = {}

__all__ = ["PROVIDERS", "Provider"]
