"""Labelled histories on which the rule for records of the same play is measured (`manage.py evaluate_duplicates`)."""
