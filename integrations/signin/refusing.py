"""The one page on which a sign-in or a linking that came to nothing ends: what happened, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from integrations.errors import Forbidden, Misconfigured, MustReconnect, ProviderError, Rejected
from integrations.models import LinkedAccount
from integrations.selectors.ways import ways_in
from sidetrack.errors import SidetrackError


@dataclass(frozen=True)
class Failure:
    """`again`: whether starting once more can help. `anew`: the person may come back as somebody new."""

    title: str
    detail: str
    status: int = 400
    again: bool = True
    anew: bool = False


def refused_consent(label: str) -> Failure:
    return Failure(
        "You said no",
        f"You did not let us in at {label}, so nothing was changed and nothing was read. You can try again whenever "
        "you like, or come in another way.",
        status=403,
    )


def lost_state(label: str) -> Failure:
    return Failure(
        "That took too long, or was used already",
        f"What {label} sent us back with does not belong to something that you began in this browser a moment ago: it "
        "may be an old page, one you reloaded, or somebody else's link. Nothing was changed. Begin again from here.",
    )


def went_wrong(label: str) -> Failure:
    return Failure(
        f"{label} sent you back without an answer",
        f"Something went wrong on {label}'s side, and nothing was changed. Try again in a moment.",
    )


def failure_of(error: Exception, label: str) -> Failure:
    """Of a refusal of our services or of the provider, in words for the person."""
    if isinstance(error, SidetrackError):
        anew = error.code == "gone"
        again = error.code not in ("gone", "banned", "email_taken", "account_taken", "second_account")
        return Failure("That did not work", error.detail, error.status, again=again, anew=anew)
    if isinstance(error, MustReconnect | Rejected):
        return Failure(
            "That took too long, or was used already",
            f"What {label} gave you works only once and for a short time, and it is over. Begin again from here.",
        )
    if isinstance(error, Misconfigured):
        detail = f"{label} does not accept this site's own credentials. Tell a moderator; meanwhile use another way in."
        return Failure("Not set up rightly", detail, status=409, again=False)
    if isinstance(error, Forbidden):
        return Failure(f"{label} does not let us in", error.sentence, status=403)
    sentence = error.sentence if isinstance(error, ProviderError) else ""
    detail = f"{label} did not answer as it should, and nothing was changed. Try again in a few minutes. {sentence}"
    return Failure(f"{label} is not answering", detail.strip(), status=409)


def refused(request: HttpRequest, provider: str, failure: Failure, *, linking: bool = False) -> HttpResponse:
    """The page, with buttons that go on from here. Nothing of what the provider sent is on it."""
    label = label_of(provider)
    context: dict[str, Any] = {
        "failure": failure,
        "provider": provider,
        "label": label,
        "linking": linking and request.user.is_authenticated,
        "ways": ways_in(),
    }
    page = render(request, "socialaccount/authentication_error.html", context, status=failure.status)
    add_never_cache_headers(page)
    return page


def label_of(provider: str) -> str:
    return str(LinkedAccount.Provider(provider).label)


# --- the address of the site


def is_at_home(request: HttpRequest) -> bool:
    """Is the site visited under SITE_URL? Providers send people back there, and nowhere else do they find their
    session: 127.0.0.1 and localhost are two sites to a browser."""
    return request.get_host() == urlsplit(settings.SITE_URL).netloc


def away_from_home(request: HttpRequest, provider: str) -> HttpResponse:
    """Nothing is begun from another address: it could not end well."""
    return render(
        request,
        "socialaccount/elsewhere.html",
        {"label": label_of(provider), "home": settings.SITE_URL, "host": request.get_host()},
        status=409,
    )
