"""How people come in by e-mail and password; admission to the club is a separate step.

Sign-up makes a pending person (sidetrack/forms.py); an invite kept in the session admits them.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from sidetrack.errors import SidetrackError
from sidetrack.models import User
from sidetrack.services.limits import address
from sidetrack.services.people import checked_username

INVITE_IN_SESSION = "invite"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def clean_username(self, username: str, shallow: bool = False) -> str:
        try:
            name: str = super().clean_username(checked_username(username), shallow)
        except SidetrackError as refusal:
            raise ValidationError(refusal.detail, code=refusal.code) from None
        return name

    def set_password(self, user: User, password: str) -> None:
        """The password alone: the rest of the row may be another by now (banned, renamed, gone)."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted by name and address: by name alone anybody could keep a member out."""
        login = str(credentials.get("email", credentials.get("username", ""))).lower()
        return f"{address(request)}:{login}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Too many wrong passwords are told as every limit is: 429, with how long to wait."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            detail = "Too many wrong passwords. Wait five minutes and try again."
            page = render(request, "429.html", {"detail": detail}, status=429)
            page.headers["Retry-After"] = "300"  # the longest of allauth's windows for them
            raise ImmediateHttpResponse(page) from None

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Who was banned does not get in; they are told so."""
        if user.status == User.Status.BANNED:
            refused: HttpResponse = self.respond_user_inactive(request, user)
            return refused
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Back to the invite one followed before signing in."""
        code = request.session.get(INVITE_IN_SESSION)
        if code and isinstance(request.user, User) and request.user.status == User.Status.PENDING:
            return reverse("invite", args=[code])
        return str(super().get_login_redirect_url(request))
