"""What allauth asks our site about accounts elsewhere: which apps there are, and what becomes of who comes back."""

from __future__ import annotations

from typing import Any, NoReturn

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from integrations.models import LinkedAccount
from integrations.selectors.ways import is_set_up
from integrations.services.arriving import admit_from_guild, arrive
from integrations.services.linking import account_for, link_account
from integrations.signin.oauth import Arrived
from integrations.signin.refusing import failure_of, label_of, lost_state, refused, refused_consent, went_wrong
from sidetrack.errors import Conflict, NotAllowed
from sidetrack.forms import join_by_session_invite
from sidetrack.models import User


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Keeps no row of allauth's: `LinkedAccount` is the only truth, so nothing of theirs has to be kept in step."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: Any = None) -> list[SocialApp]:
        """From the settings alone; the table of apps would hold secrets in clear."""
        found = []
        for name in ("discord", "spotify"):
            key = getattr(settings, f"{name.upper()}_CLIENT_ID")
            if is_set_up(name) and provider in (None, name) and client_id in (None, key):
                secret = getattr(settings, f"{name.upper()}_CLIENT_SECRET")
                found.append(SocialApp(provider=name, name=label_of(name), client_id=key, secret=secret))
        return found

    def authenticate_by_email(self, login: SocialLogin) -> None:
        """Never: an address proves nothing."""
        return

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> NoReturn:
        label = label_of(provider.id)
        if exception is not None:
            failure = failure_of(exception, label)
        elif error == AuthError.CANCELLED:
            failure = refused_consent(label)
        elif (extra_context or {}).get("state") is None:
            failure = lost_state(label)
        else:
            failure = went_wrong(label)
        linking = getattr(request, "is_linking", False)
        raise ImmediateHttpResponse(refused(request, provider.id, failure, linking=linking))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> NoReturn:
        """Everything from here on is ours."""
        linking = sociallogin.state.get("process") == AuthProcess.CONNECT
        arrived: Arrived = sociallogin.arrived
        answer = _link(request, sociallogin.state, arrived) if linking else _sign_in(request, sociallogin, arrived)
        raise ImmediateHttpResponse(answer)


def _link(request: HttpRequest, state: dict[str, Any], arrived: Arrived) -> HttpResponse:
    person = request.user
    if not isinstance(person, User) or state.get("data", {}).get("person") != person.pk:
        raise NotAllowed("You are not signed in as who began this. Sign in, then connect again.")
    link_account(person, arrived.provider, arrived.profile, arrived.tokens)
    if arrived.provider == LinkedAccount.Provider.DISCORD:
        admit_from_guild(person, arrived.tokens)
    messages.success(request, f"{label_of(arrived.provider)} is connected.")
    return redirect("connections")


def _sign_in(request: HttpRequest, login: SocialLogin, arrived: Arrived) -> HttpResponse:
    if isinstance(request.user, User):
        return _already_in(request, request.user, arrived)
    data = login.state.get("data") or {}
    arrival = arrive(arrived.provider, arrived.profile, arrived.tokens, anew=bool(data.get("anew")))
    if arrival.person.status == User.Status.PENDING:
        join_by_session_invite(request, arrival.person)
    record_authentication(request, arrival.person, "socialaccount", provider=arrived.provider)
    answer: HttpResponse = perform_login(
        request, arrival.person, email_verification="none", redirect_url=login.get_redirect_url(request)
    )
    return answer


def _already_in(request: HttpRequest, person: User, arrived: Arrived) -> HttpResponse:
    """Somebody signed in meanwhile, in another tab: nobody becomes somebody else by going on in this one."""
    account = account_for(arrived.provider, arrived.profile)
    if account is None or account.user_id != person.pk:
        label = label_of(arrived.provider)
        raise Conflict(
            f"You are signed in as {person.name}. To connect {label}, do it from your settings; to come in as somebody "
            "else, sign out first.",
            code="account_taken",
        )
    return redirect("home")
