"""The one shape of a provider module. Each ends in a `PROVIDER`, and the table (`integrations/providers`) lists them.

What a module does beyond this is plain functions with typed values: `spotify.album(access, id) -> AlbumData`. JSON
ends inside them. They raise the errors of integrations/errors.py and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from integrations.http import Judge
from integrations.secret import Secret
from integrations.types import Access, Profile, Tokens


@dataclass(frozen=True)
class Provider:
    """`needs` names the settings without which it cannot be asked at all. `judge` reads every answer first.

    `probe` is a cheap call that says whether it answers us; `who` tells whose account an access is; `refresh` makes
    new tokens of a refresh token (`MustReconnect` where the grant is gone); `revoke` takes a grant back there, where
    the provider can.
    """

    name: str
    label: str
    judge: Judge
    probe: Callable[[Access], object]
    needs: tuple[str, ...] = ()
    who: Callable[[Access], Profile] | None = None
    refresh: Callable[[Secret], Tokens] | None = None
    revoke: Callable[[Secret], None] | None = None

    @property
    def is_configured(self) -> bool:
        return all(getattr(settings, name) for name in self.needs)
