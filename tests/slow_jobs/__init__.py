"""An app of jobs that take their time, for tests that kill workers."""
