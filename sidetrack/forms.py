"""Forms of the pages of people."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import AddEmailForm as AllauthAddEmailForm
from allauth.account.forms import SignupForm
from allauth.account.utils import filter_users_by_email
from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseRedirect

from sidetrack.accounts import INVITE_IN_SESSION
from sidetrack.actors import Actor
from sidetrack.errors import SidetrackError
from sidetrack.models import User
from sidetrack.models.people import check_time_zone
from sidetrack.services.invites import use_invite


class SignUpForm(SignupForm):  # type: ignore[misc]
    """allauth's form: one transaction for person, address and invite."""

    def try_save(self, request: HttpRequest) -> tuple[User | None, Any]:
        try:
            with transaction.atomic():
                user, answer = super().try_save(request)
        except IntegrityError:  # the same name or address a moment earlier
            messages.error(request, "Somebody has just signed up with this name or address. Try another.")
            return None, HttpResponseRedirect(request.get_full_path())
        if user is not None:
            join_by_session_invite(request, user)
        return user, answer


class AddEmailForm(AllauthAddEmailForm):  # type: ignore[misc]
    """Refuses an address somebody else has at once: made primary later it would break `person_email_once`."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if any(person.pk != self.user.pk for person in filter_users_by_email(email)):
            raise forms.ValidationError("Somebody has signed up with this address already.", code="email_taken")
        return email


def join_by_session_invite(request: HttpRequest, person: User) -> None:
    """Admit the person by the invite they followed; when it is no longer open they wait like others."""
    code = request.session.pop(INVITE_IN_SESSION, "")
    if not code:
        return
    try:
        person.status = use_invite(code, by=Actor(user=person)).status
    except SidetrackError as refusal:
        messages.warning(request, f"{refusal.detail} A moderator will let you in.")


class SettingsForm(forms.Form):
    """What one chooses for oneself; the services check it again."""

    display_name = forms.CharField(max_length=80, required=False, label="Name", help_text="What others call you.")
    username = forms.CharField(max_length=40, help_text="In the address of your page. Small letters, digits, . - _")
    time_zone = forms.CharField(
        max_length=64,
        label="Time zone",
        help_text="Such as Europe/Berlin.",
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
    )
    visibility = forms.ChoiceField(
        choices=User.Visibility, label="Who may see your listening", widget=forms.RadioSelect
    )
    hide_name_on_reviews = forms.BooleanField(required=False, label="Keep my name off my reviews")

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        check_time_zone(name)
        return name

    @staticmethod
    def values_of(person: User) -> dict[str, Any]:
        return {name: getattr(person, name) for name in SettingsForm.base_fields}


class LeaveForm(forms.Form):
    """The end of one's account: the service checks what was typed."""

    remove_words = forms.BooleanField(required=False, label="Also remove my ratings, reviews and pitches")
    confirm = forms.CharField(
        max_length=40, label="Your username, to confirm", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        max_length=1000,
        strip=False,
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirm"].help_text = f"Type {person.username}."
        if not person.has_usable_password():
            del self.fields["password"]
