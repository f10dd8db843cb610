"""allauth's OAuth 2 dance, with our own addresses, our own door to the providers, and our own ending.

Differences from allauth's: addresses come from settings; PKCE is on; codes are exchanged and profiles read by our
provider modules (bearer header, status checked, bounded in time, nothing logged); tokens stand in no model of
allauth's and in no session; scopes are ours, not the address bar's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse

from integrations.errors import ProviderError
from integrations.http import person_waits
from integrations.models import LinkedAccount
from integrations.providers import PROVIDERS
from integrations.scopes import scopes_for, sign_in_scopes
from integrations.selectors.ways import is_set_up
from integrations.signin.refusing import Failure, away_from_home, failure_of, is_at_home, label_of, refused
from integrations.types import Access, Profile, Tokens
from sidetrack.errors import SidetrackError
from sidetrack.models import User
from sidetrack.services.limits import limit_sign_in

Exchange = Callable[[str, str, str], Tokens]
"""Tokens for a code, given PKCE's verifier and the address the code was sent to."""


class Client(OAuth2Client):  # type: ignore[misc]
    """Exchanges codes through the provider module."""

    exchange: Exchange

    def get_access_token(self, code: str, pkce_code_verifier: str | None = None, extra_data: Any = None) -> Tokens:
        with person_waits():
            return type(self).exchange(code, pkce_code_verifier or "", self.callback_url)

    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, str]) -> str:
        """With the scopes in their order; allauth takes them as a set, and asks in another order each time."""
        asked = " ".join(dict.fromkeys(scope))
        address: str = super().get_redirect_url(authorization_url, (), {**extra_params, "scope": asked})
        return address


class Adapter(OAuth2Adapter):  # type: ignore[misc]
    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Under SITE_URL, whatever host the request came to: providers compare it letter by letter."""
        return f"{settings.SITE_URL}{reverse(f'{self.provider_id}_callback')}"

    def parse_token(self, data: Tokens) -> SocialToken:
        """An empty one: tokens go on beside it, and never into a model or a session of allauth's."""
        return SocialToken(token="")

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        tokens: Tokens = kwargs["response"]
        who = PROVIDERS[self.provider_id].who
        assert who is not None  # noqa: S101 - of both providers
        with person_waits():
            profile = who(Access(token=tokens.access_token))
        account = SocialAccount(provider=self.provider_id, uid=profile.id[:191], extra_data={})
        login = SocialLogin(account=account, provider=self.get_provider())
        login.arrived = Arrived(self.provider_id, profile, tokens)
        return login


class Arrived:
    """What a provider told of somebody; it lives as long as the request."""

    def __init__(self, provider: str, profile: Profile, tokens: Tokens) -> None:
        self.provider, self.profile, self.tokens = provider, profile, tokens


class Provider(OAuth2Provider):  # type: ignore[misc]
    account_class = ProviderAccount
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        return list(sign_in_scopes(self.id))

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Signing in only, with our own scopes: linking begins on the connections page (`begin_linking`)."""
        kwargs = super().get_redirect_from_request_kwargs(request)
        anew = request.POST.get("anew") == "1"
        chosen = {"process": AuthProcess.LOGIN, "scope": self.get_default_scope(), "auth_params": {}}
        return {"next_url": kwargs.get("next_url"), "data": {"anew": anew}, **chosen}


def begin_linking(request: HttpRequest, provider: str, asks: list[str]) -> HttpResponse:
    """Send the signed-in person to the provider, for what is granted already and what `asks` names. The state is
    bound to their session and to them."""
    person = request.user
    assert isinstance(person, User)  # noqa: S101 - the door saw to it
    link = LinkedAccount.objects.filter(user=person, provider=provider).first()
    scope = scopes_for(provider, asks, link.scopes if link else ())
    shown = {"show_dialog": "true"} if provider == LinkedAccount.Provider.SPOTIFY else {}
    answer: HttpResponse = (
        get_adapter()
        .get_provider(request, provider)
        .redirect(
            request,
            AuthProcess.CONNECT,
            next_url=reverse("connections"),
            data={"person": person.pk},
            scope=scope,
            auth_params=shown,
        )
    )
    return answer


class Begin(OAuth2LoginView):  # type: ignore[misc]
    """Signing in: asked for once more on a GET, begun by a POST with its CSRF token."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        provider = self.adapter.provider_id
        if request.method not in ("GET", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        if not is_set_up(provider):
            return refused(request, provider, _not_here(provider))
        if request.method == "POST" and not is_at_home(request):
            return away_from_home(request, provider)
        try:
            limit_sign_in(request)
        except SidetrackError as refusal:
            return refused(request, provider, failure_of(refusal, label_of(provider)))
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer


class Callback(OAuth2CallbackView):  # type: ignore[misc]
    """Back from the provider. Whatever goes wrong from here on ends on our page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        provider = self.adapter.provider_id
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        if not is_set_up(provider):
            return refused(request, provider, _not_here(provider))
        try:
            limit_sign_in(request)
            answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        except (ProviderError, SidetrackError) as error:
            linking = getattr(request, "is_linking", False)
            return refused(request, provider, failure_of(error, label_of(provider)), linking=linking)
        except ImmediateHttpResponse as answered:
            page: HttpResponse = answered.response
            return page
        return answer

    def _get_state(self, request: HttpRequest, provider: Provider) -> tuple[dict[str, Any] | None, Any]:
        state, answer = super()._get_state(request, provider)
        request.is_linking = bool(state) and state.get("process") == AuthProcess.CONNECT  # type: ignore[attr-defined]
        return state, answer


def _not_here(provider: str) -> Failure:
    label = label_of(provider)
    return Failure(f"No {label} here", f"This site does not use {label}. There are other ways in.", 404, again=False)
