"""Token buckets shared by all processes: `try_take` for who must not wait, `take` for a worker."""

from integrations.throttle.buckets import take, try_take

__all__ = ["take", "try_take"]
