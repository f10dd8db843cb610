"""Anthropic's Messages API: answers that follow from the prompt, in the shape that was asked for."""

from __future__ import annotations

from integrations.sandbox.anthropic import batches, messages
from integrations.sandbox.anthropic.doors import routes

__all__ = ["batches", "messages", "routes"]
