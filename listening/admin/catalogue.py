"""The catalogue at the moderators' desk: names and tags put right, each time with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from listening.admin.merging import Mergeable
from listening.models import Album, AlbumLookup, AlbumTag, AlbumTrack, Artist, ExternalId, Tag, Track
from listening.services import repairing
from listening.services.catalogue import FIRST_YEAR, LAST_YEAR
from listening.services.refreshing import ask_for_many, ask_for_refresh
from sidetrack.actors import Actor
from sidetrack.admin.base import OptionalReasonForm, ReasonForm, ServiceAdmin, ServiceInline, reason_action

MOST_CHOSEN = 1000
"""Albums that one act of the list queues."""


def _text(max_length: int, *, required: bool = True, **kwargs: Any) -> forms.CharField:
    return forms.CharField(max_length=max_length, required=required, widget=UnfoldAdminTextInputWidget, **kwargs)


class AlbumForm(ReasonForm):
    title = _text(300)
    artist_credit = _text(300, label="Artist")
    year = forms.IntegerField(
        min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False, widget=UnfoldAdminIntegerFieldWidget
    )
    cover_url = _text(500, required=False, label="Cover", help_text="An address with http or https; empty: none.")
    field_order = ("title", "artist_credit", "year", "cover_url", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "artist_credit", "year", "cover_url"):
            self.fields[name].initial = getattr(self.obj, name)


class TagsForm(ReasonForm):
    genres = _text(500, required=False, help_text="Up to ten, with commas between.")
    decade = _text(10, required=False, help_text='Like "1990s".')
    country = _text(60, required=False, help_text='Two letters, like "GB", or a name.')
    field_order = ("genres", "decade", "country", "reason")

    def clean_genres(self) -> list[str]:
        return [genre for genre in self.cleaned_data["genres"].split(",") if genre.strip()]


class TagOffForm(ReasonForm):
    tag = forms.TypedChoiceField(coerce=int, widget=UnfoldAdminSelectWidget)
    field_order = ("tag", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = AlbumTag.objects.filter(album=self.obj).select_related("tag").order_by("tag__kind", "tag__name")
        self.fields["tag"].choices = [  # type: ignore[attr-defined]
            (each.pk, f"{each.tag.kind}: {each}") for each in said
        ]


class NameForm(ReasonForm):
    name = _text(300)
    field_order = ("name", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = self.obj.name


class AlbumTagInline(ServiceInline):
    model = AlbumTag
    fields = ("kind", "tag", "source", "created_at")
    readonly_fields = fields
    verbose_name_plural = "tags"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlbumTag]:
        said: QuerySet[AlbumTag] = super().get_queryset(request)
        return said.select_related("tag").order_by("tag__kind", "tag__name")

    @admin.display(description="kind")
    def kind(self, said: AlbumTag) -> str:
        return said.tag.get_kind_display()


class LookupInline(ServiceInline):
    model = AlbumLookup
    fields = ("source", "state", "matched_by", "detail", "looked_at")
    readonly_fields = fields
    verbose_name_plural = "looked up elsewhere"
    ordering = ("pk",)


class ExternalIdInline(ServiceInline):
    model = ExternalId
    fields = ("scheme", "value", "source", "created_at")
    readonly_fields = fields
    ordering = ("scheme", "pk")


class AlbumTrackInline(ServiceInline):
    model = AlbumTrack
    fields = ("disc", "number", "track")
    readonly_fields = fields
    verbose_name_plural = "tracks"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlbumTrack]:
        links: QuerySet[AlbumTrack] = super().get_queryset(request)
        return links.select_related("track")


@admin.register(Album)
class AlbumAdmin(Mergeable, ServiceAdmin):
    list_display = ("title", "artist_credit", "year", "disambiguation", "tag_line", "part_of", "updated_at")
    list_filter = (
        ("cover_url", admin.EmptyFieldListFilter),
        ("year", admin.EmptyFieldListFilter),
        ("merged_into", admin.EmptyFieldListFilter),
        "lookups__state",
        "created_at",
    )
    list_select_related = ("merged_into",)
    search_fields = ("title", "artist_credit", "folded_title", "folded_artist", "=external_ids__value")
    ordering = ("-pk",)
    fields = (
        "title",
        "artist_credit",
        "year",
        "disambiguation",
        "cover_url",
        "folded_title",
        "folded_artist",
        "part_of",
        "created_at",
        "updated_at",
        "audit_trail",
    )
    readonly_fields = fields
    inlines = (LookupInline, AlbumTagInline, ExternalIdInline, AlbumTrackInline)
    actions_detail = ("repair", "add_tags", "remove_tag", "look_up", "merge_with")
    actions = ("look_up_chosen",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Album]:
        albums: QuerySet[Album] = super().get_queryset(request)
        return albums.prefetch_related("album_tags__tag")

    @admin.display(description="tags")
    def tag_line(self, album: Album) -> str:
        return ", ".join(dict.fromkeys(said.tag.name for said in album.album_tags.all())) or "–"

    @reason_action("Repair names", form=AlbumForm, explain="The matching keys follow the names.")
    def repair(self, request: HttpRequest, album: Album, *, by: Actor, reason: str, **values: Any) -> str:
        return f"{repairing.repair_album(album, by=by, reason=reason, **values)} is put right."

    @reason_action("Add tags", form=TagsForm)
    def add_tags(self, request: HttpRequest, album: Album, *, by: Actor, reason: str, **tags: Any) -> str:
        return f"{len(repairing.add_tags(album, by=by, reason=reason, **tags))} tags stand on {album}."

    @reason_action("Take a tag off", form=TagOffForm, danger=True)
    def remove_tag(self, request: HttpRequest, album: Album, *, by: Actor, reason: str, tag: int) -> str:
        said = AlbumTag.objects.select_related("tag", "album").get(album=album, pk=tag)
        repairing.remove_tag(said, by=by, reason=reason)
        return f"{said} is taken off {album}. Nobody elsewhere puts it back."

    @reason_action(
        "Look up elsewhere",
        form=OptionalReasonForm,
        explain="All catalogues are asked anew, whatever they answered lately. What was said here stays.",
    )
    def look_up(self, request: HttpRequest, album: Album, *, by: Actor, reason: str) -> str:
        ask_for_refresh(album.merged_into_id or album.pk, by=by, fresh=True, reason=reason)
        return f"{album} is being looked up. Load this page again in a minute."

    @admin.action(description="Look up elsewhere", permissions=["moderate"])
    def look_up_chosen(self, request: HttpRequest, albums: QuerySet[Album]) -> None:
        chosen = list(albums.filter(merged_into=None).order_by("pk").values_list("pk", flat=True)[:MOST_CHOSEN])
        ask_for_many(chosen)
        self.message_user(request, f"{len(chosen)} albums are being looked up.")


@admin.register(Artist)
class ArtistAdmin(Mergeable, ServiceAdmin):
    list_display = ("name", "disambiguation", "album_count", "part_of", "updated_at")
    list_filter = (("merged_into", admin.EmptyFieldListFilter),)
    list_select_related = ("merged_into",)
    search_fields = ("name", "folded", "=external_ids__value")
    ordering = ("-pk",)
    fields = ("name", "disambiguation", "folded", "part_of", "created_at", "updated_at", "audit_trail")
    readonly_fields = fields
    inlines = (ExternalIdInline,)
    actions_detail = ("rename", "merge_with")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Artist]:
        artists: QuerySet[Artist] = super().get_queryset(request)
        return artists.annotate(albums_made=Count("albums"))

    @admin.display(description="albums", ordering="albums_made")
    def album_count(self, artist: Any) -> int:
        return int(artist.albums_made)

    @reason_action("Rename", form=NameForm, explain="The credits written on albums stay as they are.")
    def rename(self, request: HttpRequest, artist: Artist, *, by: Actor, reason: str, name: str) -> str:
        return f"The artist is now called {repairing.rename_artist(artist, name, by=by, reason=reason)}."


@admin.register(Track)
class TrackAdmin(Mergeable, ServiceAdmin):
    list_display = ("title", "artist_credit", "duration", "part_of", "updated_at")
    list_filter = (("merged_into", admin.EmptyFieldListFilter),)
    list_select_related = ("merged_into",)
    search_fields = ("title", "artist_credit", "folded_title", "folded_artist", "=external_ids__value")
    ordering = ("-pk",)
    fields = (
        "title",
        "artist_credit",
        "duration",
        "folded_title",
        "folded_artist",
        "part_of",
        "created_at",
        "updated_at",
        "audit_trail",
    )
    readonly_fields = fields
    inlines = (ExternalIdInline,)
    actions_detail = ("merge_with",)

    @admin.display(description="duration")
    def duration(self, track: Track) -> str:
        seconds = round((track.duration_ms or 0) / 1000)
        return f"{seconds // 60}:{seconds % 60:02}" if seconds else "–"


@admin.register(Tag)
class TagAdmin(ServiceAdmin):
    list_display = ("name", "kind", "album_count")
    list_filter = ("kind",)
    search_fields = ("name", "folded")
    ordering = ("kind", "name")
    fields = ("name", "kind", "folded", "audit_trail")
    readonly_fields = fields
    actions_detail = ("rename",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        tags: QuerySet[Tag] = super().get_queryset(request)
        return tags.annotate(albums_tagged=Count("album_tags__album", distinct=True))

    @admin.display(description="albums", ordering="albums_tagged")
    def album_count(self, tag: Any) -> int:
        return int(tag.albums_tagged)

    @reason_action("Rename", form=NameForm, explain="A name that another tag has makes the two one.")
    def rename(self, request: HttpRequest, tag: Tag, *, by: Actor, reason: str, name: str) -> HttpResponse:
        now = repairing.rename_tag(tag, name, by=by, reason=reason)
        self.message_user(request, f"The tag is now called {now}.")
        return HttpResponseRedirect(reverse("admin:listening_tag_change", args=[now.pk]))
