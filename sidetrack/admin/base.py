"""The moderators' desk writes only through services: what every admin page of ours is made of.

A model is read-only and has no bulk delete unless its admin names what it writes and overrides
`save_model` (or `delete_model`) with a call of a service as `actor(request)`. An error a service
raises is shown at its field, or on top of the form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from sidetrack.actors import Actor
from sidetrack.errors import SidetrackError
from sidetrack.models import AuditEvent, User


def actor(request: HttpRequest) -> Actor:
    """The moderator at the desk, as the `by=` of a service."""
    user = request.user
    return Actor(user=user if isinstance(user, User) else None)


def moderates(request: HttpRequest) -> bool:
    return actor(request).is_moderator


class _ReadOnly:
    """Moderators read; nobody adds, changes or deletes unless `writes` says so."""

    writes: frozenset[str] = frozenset()
    """Which of "add", "change", "delete" a service stands behind."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return moderates(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return moderates(request)

    def has_moderate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return moderates(request)

    def has_own_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = actor(request).user
        return user is not None and user.is_owner

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return "add" in self.writes and moderates(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return "change" in self.writes and moderates(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return "delete" in self.writes and moderates(request)


def _filtered_by(one: Any) -> str:
    """What a filter of a list stands for in its address: a field, or the word of a filter of its own."""
    if isinstance(one, str):
        return one
    name: str = one[0] if isinstance(one, tuple) else one.parameter_name
    return name


class ServiceAdmin(_ReadOnly, ModelAdmin):  # type: ignore[misc]
    """Base of every admin of ours."""

    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return form if refusal is None else _refused(form, refusal)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only the filters a page offers may stand in its address.

        Django lets any field and any relation be asked for there: `?password__startswith=`, `?listens=7`.
        """
        offered = [_filtered_by(one) for one in self.get_list_filter(request)]
        offered += [self.date_hierarchy] if self.date_hierarchy else []
        return any(lookup == name or lookup.startswith(f"{name}__") for name in offered)

    @admin.display(description="What was done")
    def audit_trail(self, obj: Any) -> str:
        """A read-only field: the latest of the audit log about this object."""
        about = Q(object_type=obj._meta.label_lower, object_id=str(obj.pk))
        return trail(AuditEvent.objects.filter(about | Q(subject=obj) if isinstance(obj, User) else about))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except SidetrackError as refusal:  # the transaction is undone; show the form again with what was typed
            request.refusal = refusal  # type: ignore[attr-defined]
            answer = super().changeform_view(request, *args, **kwargs)
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Override with a call of a service; set `obj.pk` to the pk of what it made."""
        raise TypeError(f"{type(self).__name__} has no service to write with.")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Override with a call of a service."""
        raise TypeError(f"{type(self).__name__} has no service to delete with.")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        raise TypeError("Nothing is deleted in bulk.")


class ServiceInline(_ReadOnly, TabularInline):  # type: ignore[misc]
    """A table of related rows on a page of the admin, to read."""

    extra = 0
    can_delete = False
    show_change_link = False


def trail(events: QuerySet[AuditEvent]) -> str:
    """The latest of these events as lines: when, what, by whom, why."""
    latest = events.select_related("actor", "token")[:20]
    lines = (
        (
            reverse("admin:sidetrack_auditevent_change", args=[event.pk]),
            date_format(localtime(event.at), "Y-m-d H:i"),
            event.verb,
            event.actor or event.token or "the site",
            event.reason,
        )
        for event in latest
    )
    return format_html_join("", '<div><a href="{}">{} {}</a> by {} <em>{}</em></div>', lines) or "–"


def _refused(form: type[forms.ModelForm[Any]], refusal: SidetrackError) -> type[forms.ModelForm[Any]]:
    class Refused(form):  # type: ignore[valid-type,misc]
        def clean(self) -> Any:
            cleaned = super().clean()
            self.add_error(refusal.attr if refusal.attr in self.fields else None, refusal.detail)
            return cleaned

    return Refused


class ReasonForm(forms.Form):
    """What an act must be justified with. A subclass adds fields; `self.obj` is the object acted on."""

    reason = forms.CharField(
        max_length=500,
        label="Reason",
        help_text="Kept in the audit log.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, obj: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.obj = obj


class OptionalReasonForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False


Act = Callable[..., str | HttpResponse]


def reason_action(
    label: str,
    *,
    form: type[ReasonForm] = ReasonForm,
    danger: bool = False,
    explain: str = "",
    permission: str = "moderate",
) -> Callable[[Act], Any]:
    """An action of `actions_detail` that first asks why, on a page of its own.

    Decorates `def hide(self, request, obj, *, by: Actor, reason: str, **fields) -> str`: it calls a
    service and returns the sentence to show (or a whole HttpResponse). `fields` are the further
    fields of `form`. A SidetrackError it raises is shown at its field. `permission` is "moderate" or "own".

        actions_detail = ["hide"]

        @reason_action("Hide review", danger=True, explain="Members stop seeing the text.")
        def hide(self, request, obj, *, by, reason): ...
    """

    def decorate(act: Act) -> Any:
        def page(self: ServiceAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
            obj = self.get_object(request, object_id)
            if obj is None:
                missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
                return missing
            asked = form(request.POST if request.method == "POST" else None, obj=obj)
            if asked.is_valid():
                answer = _do(self, request, obj, act, asked)
                if answer is not None:
                    return answer
            context = {
                **self.admin_site.each_context(request),
                "title": f"{label}: {obj}",
                "opts": self.opts,
                "original": obj,
                "form": asked,
                "label": label,
                "explain": explain,
                "danger": danger,
                "back": _change_page(self, obj),
            }
            return TemplateResponse(request, "sidetrack/admin/reason.html", context)

        page.__name__ = act.__name__  # what `actions_detail` calls it
        return action(
            page,
            description=label,
            url_path=act.__name__.replace("_", "-"),
            permissions=[permission],
            variant=ActionVariant.DANGER if danger else ActionVariant.DEFAULT,
        )

    return decorate


def _do(desk: ServiceAdmin, request: HttpRequest, obj: Any, act: Act, asked: ReasonForm) -> HttpResponse | None:
    """Run the act; None when it was refused, with the sentence on the form."""
    try:
        done = act(desk, request, obj, by=actor(request), **asked.cleaned_data)
    except SidetrackError as refusal:
        asked.add_error(refusal.attr if refusal.attr in asked.fields else None, refusal.detail)
        return None
    if isinstance(done, HttpResponse):
        return done
    messages.success(request, done)
    return HttpResponseRedirect(_change_page(desk, obj))


def _change_page(desk: ServiceAdmin, obj: Any) -> str:
    opts = desk.opts
    return reverse(f"{desk.admin_site.name}:{opts.app_label}_{opts.model_name}_change", args=[obj.pk])
