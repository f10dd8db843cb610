"""Last.fm by social-auth: it only ever links, for somebody who is signed in. It keeps the state; the rest is ours.

Differences from social-auth's: addresses come from settings; the token is exchanged by our provider module; nothing
goes into its tables (no `UserSocialAuth`, no `extra_data`): its pipeline ends in our own step.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from social_core.actions import do_auth, do_complete
from social_core.backends.lastfm import LastFmAuth
from social_core.exceptions import AuthException, SocialAuthBaseException
from social_django.utils import psa

from integrations.errors import ProviderError
from integrations.models import LinkedAccount
from integrations.providers import lastfm
from integrations.selectors.ways import is_set_up
from integrations.services.linking import link_lastfm
from integrations.signin.refusing import (
    Failure,
    away_from_home,
    failure_of,
    is_at_home,
    lost_state,
    refused,
    refused_consent,
)
from sidetrack.errors import NotFound, SidetrackError
from sidetrack.models import User
from sidetrack.pages.doors import person_door, signed_in

LABEL = LinkedAccount.Provider.LASTFM.label
NO_REDIRECT = "after-lastfm"
"""A parameter that nobody sends, in place of `next`: after linking there is one page to go to."""


class LastFm(LastFmAuth):  # type: ignore[misc]
    """The state is a nonce in the callback's address, bound to the session and the person who began."""

    EXTRA_DATA: list[str] = []

    def auth_url(self) -> str:
        return lastfm.auth_url(self.get_redirect_uri(self.get_or_create_state()))

    def get_redirect_uri(self, state: str | None = None) -> str:
        address = f"{settings.SITE_URL}{reverse('social:complete', args=['lastfm'])}"
        return f"{address}?redirect_state={state}" if state else address

    def auth_complete(self, *args: Any, **kwargs: Any) -> Any:
        """As theirs, but the token is exchanged in the pipeline's step, by our door."""
        self.validate_state(kwargs.get("user"))
        kwargs.update({"response": {"token": str(self.data.get("token") or "")}, "backend": self})
        self._bind_association_user(kwargs)
        return self.strategy.authenticate(*args, **kwargs)


def link(backend: Any, response: dict[str, Any], user: User | None = None, **_: Any) -> dict[str, Any]:
    """The step of the pipeline: what was allowed becomes a `LinkedAccount`."""
    if user is None or not user.is_authenticated:
        raise AuthException(backend)
    link_lastfm(user, response["token"])
    return {"user": user}


@never_cache
@require_POST
@person_door
def begin(request: HttpRequest) -> HttpResponse:
    if not is_set_up("lastfm"):
        return _refused(request, Failure(f"No {LABEL} here", f"This site does not use {LABEL}.", 404, again=False))
    if not is_at_home(request):
        return away_from_home(request, "lastfm")
    return begin_lastfm(request)


@psa("social:complete")  # type: ignore[untyped-decorator]
def _begin(request: HttpRequest, backend: str) -> HttpResponse:
    answer: HttpResponse = do_auth(request.backend, redirect_name=NO_REDIRECT, user=request.user)  # type: ignore[attr-defined]
    return answer


def begin_lastfm(request: HttpRequest) -> HttpResponse:
    """Send the signed-in person to Last.fm."""
    answer: HttpResponse = _begin(request, "lastfm")
    return answer


@never_cache
@require_GET
@person_door
def complete(request: HttpRequest, backend: str) -> HttpResponse:
    if backend != "lastfm":
        raise NotFound()
    if not request.GET.get("token") and request.GET.get("redirect_state"):
        return _refused(request, refused_consent(str(LABEL)))
    try:
        _complete(request, "lastfm")
    except SocialAuthBaseException:
        return _refused(request, lost_state(str(LABEL)))
    except (ProviderError, SidetrackError) as error:
        return _refused(request, failure_of(error, str(LABEL)))
    messages.success(request, f"{LABEL} is connected.")
    return redirect("connections")


@psa("social:complete")  # type: ignore[untyped-decorator]
def _complete(request: HttpRequest, backend: str) -> Any:
    user = signed_in(request)
    return do_complete(request.backend, _nobody, user=user, redirect_name=NO_REDIRECT, request=request)  # type: ignore[attr-defined]


def _nobody(*_: Any) -> None:
    """Last.fm signs nobody in."""
    raise AssertionError("only signed-in people come here")


def _refused(request: HttpRequest, failure: Failure) -> HttpResponse:
    return refused(request, "lastfm", failure, linking=True)


app_name = "social"
urlpatterns: list[URLPattern] = [
    path("login/lastfm/", begin, name="begin"),
    path("complete/<slug:backend>/", complete, name="complete"),
]
