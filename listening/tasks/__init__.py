"""The jobs of listening, a module for each noun."""

from listening.tasks import catalogue, duplicates, imports, merging, removing, totals

__all__ = ["catalogue", "duplicates", "imports", "merging", "removing", "totals"]
