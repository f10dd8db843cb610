"""People and invites at the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from sidetrack.actors import Actor
from sidetrack.admin.base import OptionalReasonForm, ServiceAdmin, actor, reason_action
from sidetrack.errors import SidetrackError
from sidetrack.models import Invite, User
from sidetrack.services import invites, people


class RoleForm(OptionalReasonForm):
    role = forms.ChoiceField(choices=User.Role, widget=UnfoldAdminSelectWidget)
    field_order = ("role", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = self.obj.role


WAITS, BELONGS, BANNED = User.Status
OFFERED = {"admit": {WAITS}, "ban": {WAITS, BELONGS}, "unban": {BANNED}, "set_role": {BELONGS}}
"""For people of which status each action is offered."""


@admin.register(User)
class PersonAdmin(ServiceAdmin):
    writes = frozenset({"change"})
    list_display = ("username", "display_name", "status", "role", "email", "created_at", "last_login")
    list_filter = ("status", "role", "created_at")
    search_fields = ("username", "display_name", "email")
    ordering = ("-created_at",)
    actions = ("admit_selected",)
    actions_detail = ("admit", "ban", "unban", "set_role")
    fields = (
        "username",
        "display_name",
        "status",
        "role",
        "email",
        "visibility",
        "time_zone",
        "hide_name_on_reviews",
        "created_at",
        "last_login",
        "audit_trail",
    )
    readonly_fields = tuple(name for name in fields if name not in ("username", "display_name"))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        people.rename(obj, by=actor(request), username=obj.username, display_name=obj.display_name)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        person = self.get_object(request, str(object_id))
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if person and person.status in OFFERED[one.method.original_function_name]]

    @admin.action(description="Admit the selected people", permissions=["moderate"])
    def admit_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        admitted = 0
        for person in queryset.filter(status=User.Status.PENDING).order_by("pk"):
            try:
                admitted += people.admit(person, by=actor(request)).is_member
            except SidetrackError as refusal:
                messages.warning(request, f"{person}: {refusal.detail}")
        messages.success(request, f"{admitted} admitted.")

    @reason_action("Admit", form=OptionalReasonForm, explain="They become a member of the club.")
    def admit(self, request: HttpRequest, person: User, *, by: Actor, reason: str) -> str:
        people.admit(person, by=by, reason=reason)
        return f"{person} is a member now."

    @reason_action(
        "Ban",
        danger=True,
        explain="They are signed out at once, lose their role, and members do not see them any more. "
        "Service tokens and invites they made stop working.",
    )
    def ban(self, request: HttpRequest, person: User, *, by: Actor, reason: str) -> str:
        people.ban(person, by=by, reason=reason)
        return f"{person} is banned."

    @reason_action("Lift the ban", form=OptionalReasonForm, explain="They become an ordinary member again.")
    def unban(self, request: HttpRequest, person: User, *, by: Actor, reason: str) -> str:
        people.unban(person, by=by, reason=reason)
        return f"{person} is a member again."

    @reason_action(
        "Set the role", form=RoleForm, permission="own", explain="Only owners give roles; one always remains."
    )
    def set_role(self, request: HttpRequest, person: User, *, by: Actor, role: str, reason: str) -> str:
        people.set_role(person, role, by=by, reason=reason)
        return f"{person} is {role} now."


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an invite is made with: how many, how long, what for."""

    uses_left = forms.IntegerField(
        label="For how many people",
        min_value=1,
        max_value=invites.MOST_USES,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    days = forms.IntegerField(
        label="Open for days",
        min_value=1,
        max_value=invites.LONGEST_DAYS,
        initial=14,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = Invite
        fields = ("uses_left", "note")


@admin.register(Invite)
class InviteAdmin(ServiceAdmin):
    writes = frozenset({"add"})
    form = InviteForm
    list_display = ("note", "link", "uses_left", "expires_at", "withdrawn_at", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("note", "created_by__username")
    ordering = ("-created_at",)
    add_fieldsets = ((None, {"fields": ("uses_left", "days", "note")}),)
    fields = ("link", "uses_left", "expires_at", "withdrawn_at", "note", "created_by", "created_at", "audit_trail")
    readonly_fields = ("link", "expires_at", "withdrawn_at", "created_by", "created_at", "audit_trail")
    actions_detail = ("withdraw",)

    @admin.display(description="link")
    def link(self, invite: Invite) -> str:
        return f"{settings.SITE_URL}{reverse('invite', args=[invite.code])}" if invite.is_open else "closed"

    def save_model(self, request: HttpRequest, obj: Invite, form: Any, change: bool) -> None:
        made = invites.make_invite(by=actor(request), uses=obj.uses_left, days=form.cleaned_data["days"], note=obj.note)
        obj.pk, obj.code = made.pk, made.code

    @reason_action(
        "Withdraw", form=OptionalReasonForm, danger=True, explain="The link stops working; who came in stays."
    )
    def withdraw(self, request: HttpRequest, invite: Invite, *, by: Actor, reason: str) -> str:
        invites.withdraw_invite(invite, by=by, reason=reason)
        return "The invite is withdrawn."
