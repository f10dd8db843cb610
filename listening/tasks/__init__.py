"""The jobs of listening, a module for each noun."""

from listening.tasks import catalogue, imports, merging, removing, totals

__all__ = ["catalogue", "imports", "merging", "removing", "totals"]
