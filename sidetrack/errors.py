"""The errors our services raise, each with the answer it becomes (sidetrack/api/errors.py)."""

from __future__ import annotations


class SidetrackError(Exception):
    """A refusal with a sentence for the person who asked. `attr` names the field at fault, if one is."""

    status = 400
    code = "invalid"

    def __init__(self, detail: str, *, attr: str | None = None, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.attr = attr
        if code:
            self.code = code


class Invalid(SidetrackError):
    """A value that cannot be taken: 400."""


class NotAllowed(SidetrackError):
    """What the actor may see but not do: 403."""

    status = 403
    code = "not_allowed"


class NotFound(SidetrackError):
    """Not there, or not visible to the one who asks: 404."""

    status = 404
    code = "not_found"

    def __init__(self, detail: str = "There is nothing here.", **kwargs: str | None) -> None:
        super().__init__(detail, attr=kwargs.get("attr"), code=kwargs.get("code"))


class Conflict(SidetrackError):
    """Right in itself, but not in the present state: 409."""

    status = 409
    code = "conflict"


class TooLarge(SidetrackError):
    """Over a stated limit: 413."""

    status = 413
    code = "too_large"


class Throttled(SidetrackError):
    """Too many requests: 429. `wait` in seconds becomes Retry-After."""

    status = 429
    code = "throttled"

    def __init__(self, detail: str, *, wait: float) -> None:
        super().__init__(detail)
        self.wait = wait
