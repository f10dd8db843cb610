"""People, jobs and the wiring of the site: the leftmost app of the line."""

__version__ = "0.1.0"
