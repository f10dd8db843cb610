"""Service tokens at the desk: made with the secret shown once, revoked, never shown again."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from sidetrack.actors import Actor
from sidetrack.admin.base import OptionalReasonForm, ServiceAdmin, actor, reason_action
from sidetrack.errors import SidetrackError
from sidetrack.models import ServiceToken
from sidetrack.models.tokens import SCOPES
from sidetrack.services import tokens


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=80, widget=UnfoldAdminTextInputWidget, help_text="Which bot or worker this is for."
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {meaning}") for scope, meaning in SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    expires_in_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=tokens.LONGEST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Empty: until it is revoked.",
    )


@admin.register(ServiceToken)
class ServiceTokenAdmin(ServiceAdmin):
    list_display = (
        "name",
        "prefix",
        "scope_list",
        "created_by",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    )
    list_select_related = ("created_by",)
    search_fields = ("name", "prefix")
    ordering = ("-created_at",)
    fields = (*list_display, "audit_trail")
    readonly_fields = fields
    actions_list = ("make",)
    actions_detail = ("revoke",)

    @admin.display(description="scopes")
    def scope_list(self, token: ServiceToken) -> str:
        return ", ".join(token.scopes)

    @reason_action("Revoke", form=OptionalReasonForm, danger=True, explain="Whoever uses it is refused from now on.")
    def revoke(self, request: HttpRequest, token: ServiceToken, *, by: Actor, reason: str) -> str:
        tokens.revoke_token(token, by=by, reason=reason)
        return f"{token.name} is revoked."

    @sensitive_variables("secret", "context")
    def make(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(request.POST if request.method == "POST" else None)
        secret = _made(form, actor(request)) if request.method == "POST" and form.is_valid() else ""
        context = {
            **self.admin_site.each_context(request),
            "title": "Make a service token",
            "opts": self.opts,
            "form": form,
            "secret": secret,
        }
        headers = {"Cache-Control": "no-store"}
        return TemplateResponse(request, "sidetrack/admin/make_token.html", context, headers=headers)

    make = action(make, description="Make a token", permissions=["moderate"])


@sensitive_variables("secret")
def _made(form: TokenForm, by: Actor) -> str:
    """The secret, or nothing where the service refused, with the reason at the field."""
    data = form.cleaned_data
    try:
        _, secret = tokens.make_token(data["name"], data["scopes"], by=by, expires_in_days=data["expires_in_days"])
    except SidetrackError as refusal:
        form.add_error(refusal.attr if refusal.attr in form.fields else None, refusal.detail)
        return ""
    return secret
