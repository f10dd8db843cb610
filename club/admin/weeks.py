"""Weeks at the moderators' desk: dates, the poll in totals, and who decided what.

Nobody's ballot is shown here or anywhere else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget

from club.models import Nomination, Week
from club.phases import poll_is_open
from club.services.counting import count
from club.services.polls import close_poll, override_winner, redecide, reopen
from club.services.weeks import FIELDS, change_week, create_week
from sidetrack.actors import Actor
from sidetrack.admin.base import OptionalReasonForm, ReasonForm, ServiceAdmin, ServiceInline, actor, reason_action
from sidetrack.admin.waiting import Waiting, waits


class WeekForm(forms.ModelForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "label" in self.fields:
            self.fields["label"].required = False
            self.fields["label"].help_text = "Empty: WEEK 003 [2025-11-24], from number and date."


class WinnerForm(ReasonForm):
    nomination_id = forms.TypedChoiceField(
        label="Nomination", coerce=int, empty_value=None, required=False, widget=UnfoldAdminSelectWidget
    )
    album_id = forms.IntegerField(
        label="Or the id of any album",
        help_text="The number in the address of its page: 69 for /albums/69/.",
        min_value=1,
        max_value=2**63 - 1,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = ("nomination_id", "album_id", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        points = {row.nomination_id: row.points for row in count(self.obj).ranking}
        nominations = Nomination.objects.filter(week=self.obj).select_related("album")
        best_first = sorted(nominations, key=lambda one: (-points[one.pk], one.created_at))
        self.fields["nomination_id"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *((one.pk, f"{one.album} ({points[one.pk]} points)") for one in best_first),
        ]


class ReopenForm(ReasonForm):
    votes_close_at = forms.SplitDateTimeField(
        label="New deadline",
        help_text="Empty: open until somebody closes it.",
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
    )
    field_order = ("votes_close_at", "reason")


OVERRIDING = (
    "Closes the poll if it is open. Every vote is kept: “Let the votes decide again” takes this back. Members read "
    "that a moderator named the winner."
)


class NominationInline(ServiceInline):
    model = Nomination
    fields = ("album", "user", "pitch", "created_at")
    readonly_fields = fields
    ordering = ("created_at", "pk")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Nomination]:
        found: QuerySet[Nomination] = super().get_queryset(request)
        # The week is named in a nomination's own name: one query for all, not one each.
        return found.select_related("album", "user", "week")


@admin.register(Week)
class WeekAdmin(ServiceAdmin):
    writes = frozenset({"add", "change"})
    form = WeekForm
    list_display = ("number", "label", "date_discussion", "poll_state", "winner_album", "decided_by", "nominated")
    list_display_links = ("number", "label")
    list_filter = ("decided_by", "date_discussion")
    list_select_related = ("winner_album",)
    search_fields = ("=number", "label", "winner_album__title", "winner_album__artist_credit")
    ordering = ("-number",)
    fieldsets = (
        (None, {"fields": FIELDS}),
        ("Poll", {"fields": ("poll_state", "winner_album", "decided_by", "decided_at", "poll_closed_at", "poll")}),
        ("History", {"fields": ("audit_trail",)}),
    )
    add_fieldsets = ((None, {"fields": FIELDS}),)
    readonly_fields = (
        "poll_state",
        "winner_album",
        "decided_by",
        "decided_at",
        "poll_closed_at",
        "poll",
        "audit_trail",
    )
    inlines = (NominationInline,)
    actions_detail = ("close_poll", "override_winner", "redecide", "reopen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Week]:
        found: QuerySet[Week] = super().get_queryset(request)
        return found.annotate(nominated=Count("nominations"))

    def get_fieldsets(self, request: HttpRequest, obj: Week | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_inlines(self, request: HttpRequest, obj: Week | None) -> Any:
        return self.inlines if obj else ()

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        week = self.get_object(request, str(object_id))
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if week and one.method.original_function_name in _offered(week)]

    @admin.display(description="poll")
    def poll_state(self, week: Week) -> str:
        if week.poll_closed_at is not None:
            return "closed"
        return "open" if _is_open(week) else "due to be decided"

    @admin.display(description="nominations", ordering="nominated")
    def nominated(self, week: Any) -> int:
        return int(week.nominated)

    @admin.display(description="result so far")
    def poll(self, week: Any) -> str:
        if not hasattr(week, "poll_table"):  # a page asks for a field several times
            week.poll_table = _poll_table(week)
        return str(week.poll_table)

    def save_model(self, request: HttpRequest, obj: Week, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data if name in FIELDS}
            change_week(Week.objects.get(pk=obj.pk), changes, by=actor(request))
        else:
            made, _ = create_week(by=actor(request), **{name: form.cleaned_data[name] for name in FIELDS})
            obj.pk = made.pk

    @reason_action("Close the poll", form=OptionalReasonForm, explain="The votes decide the winner now.")
    def close_poll(self, request: HttpRequest, week: Week, *, by: Actor, reason: str) -> str:
        return _outcome(close_poll(week, by=by, reason=reason))

    @reason_action("Override the winner", form=WinnerForm, danger=True, explain=OVERRIDING)
    def override_winner(
        self,
        request: HttpRequest,
        week: Week,
        *,
        by: Actor,
        reason: str,
        nomination_id: int | None,
        album_id: int | None,
    ) -> str:
        return _outcome(override_winner(week, by=by, reason=reason, nomination_id=nomination_id, album_id=album_id))

    @reason_action("Let the votes decide again", danger=True, explain="Undoes the override.")
    def redecide(self, request: HttpRequest, week: Week, *, by: Actor, reason: str) -> str:
        return _outcome(redecide(week, by=by, reason=reason))

    @reason_action("Reopen the poll", form=ReopenForm, danger=True, explain="Takes the winner back; ratings are kept.")
    def reopen(
        self, request: HttpRequest, week: Week, *, by: Actor, reason: str, votes_close_at: datetime | None
    ) -> str:
        return f"The poll of {reopen(week, by=by, reason=reason, votes_close_at=votes_close_at)} is open."


TIE_BREAKS = {
    "first_place_votes": "Equal on points; more first places decided.",
    "earliest_nomination": "Equal on points and first places; the earlier nomination decided.",
}


def _is_open(week: Week) -> bool:
    return poll_is_open(now=timezone.now(), votes_close_at=week.votes_close_at, poll_closed_at=week.poll_closed_at)


def _offered(week: Week) -> set[str]:
    if week.poll_closed_at is None:
        return {"close_poll", "override_winner"} | (set() if _is_open(week) else {"reopen"})
    return {"override_winner", "reopen"} | ({"redecide"} if week.decided_by == Week.DecidedBy.OVERRIDE else set())


def _poll_table(week: Week) -> str:
    """The tally in totals, best first, and which step of the ladder decided."""
    counted = count(week)
    if not counted.ranking:
        return "Nothing was nominated."
    albums = {one.pk: one.album for one in Nomination.objects.filter(week=week).select_related("album")}
    rows = (
        (f"{row.position}{' =' if row.tied else ''}", albums[row.nomination_id], row.points, row.firsts, row.seconds)
        for row in counted.ranking
    )
    return format_html(
        "<table><thead><tr><th>Place</th><th>Album</th><th>Points</th><th>First places</th><th>Second places</th>"
        "</tr></thead><tbody>{}</tbody></table><p>{} voted. {}</p>",
        format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
        counted.total_voters,
        TIE_BREAKS.get(counted.tie_break or "", ""),
    )


def _outcome(week: Week) -> str:
    return f"The winner is {week.winner_album}." if week.winner_album else "Nobody voted, so nobody won."


@waits
def late_discussions() -> Waiting:
    """Weeks whose discussion is due while their poll is still open."""
    count = Week.objects.filter(poll_closed_at=None, date_discussion__lte=timezone.now()).count()
    what = (
        "weeks are to be discussed, but their polls are open"
        if count != 1
        else "week is to be discussed, but its poll is open"
    )
    return Waiting(count, what, reverse("admin:club_week_changelist"))
