"""Measures ours against a reference in one run: `make bench`, or `python -m tests.bench`."""
