"""The jobs of listening, a module for each noun."""

from listening.tasks import catalogue, imports

__all__ = ["catalogue", "imports"]
