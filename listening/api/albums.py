"""Albums and tracks over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listening.api.fields import Line
from listening.services.catalogue import FIRST_YEAR, LAST_YEAR, AlbumRef
from sidetrack.api.fields import FewByName

_ABSENT: Any = {"required": False, "allow_null": True}
_NO_TEXT: Any = {**_ABSENT, "allow_blank": True}


class AlbumRefSerializer(serializers.Serializer[AlbumRef]):
    """An album in a request: `{"id"}`, or title and artist, with ids and links as far as known."""

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1, **_ABSENT)
    title = Line(max_length=300, **_NO_TEXT)
    artist = Line(max_length=300, **_NO_TEXT)
    year = serializers.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR, **_ABSENT)
    spotify_id = Line(max_length=200, help_text="Id, URI or address of the album at Spotify.", **_NO_TEXT)
    musicbrainz_id = Line(max_length=200, help_text="Release group, as UUID or address.", **_NO_TEXT)
    external_ids = FewByName(
        most=20, child=serializers.CharField(max_length=200), help_text="Further ids by scheme.", **_ABSENT
    )
    url = serializers.CharField(max_length=500, help_text="Page of the album in a known catalogue.", **_NO_TEXT)
    cover_url = serializers.CharField(max_length=500, help_text="http or https.", **_NO_TEXT)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.get(str(name)) for name in self.fields):
            raise serializers.ValidationError("Name the album by id, or by title and artist.", code="required")
        return attrs

    @staticmethod
    def to_ref(validated: dict[str, Any]) -> AlbumRef:
        ids = dict(validated.get("external_ids") or {})
        ids.update(
            {scheme: validated.get(f"{scheme}_id") or ids.get(scheme, "") for scheme in ("spotify", "musicbrainz")}
        )
        texts = {name: validated.get(name) or "" for name in ("title", "artist", "url", "cover_url")}
        return AlbumRef(id=validated.get("id"), year=validated.get("year"), external_ids=ids, **texts)


class Named(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class AlbumShape(serializers.Serializer[Any]):
    """The Album of every answer (documentation only; rows are rendered plain)."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    artist = serializers.CharField()
    artists = Named(many=True)
    year = serializers.IntegerField(allow_null=True)
    spotify_id = serializers.CharField(allow_null=True)
    musicbrainz_id = serializers.CharField(allow_null=True)
    external_ids = serializers.DictField(child=serializers.CharField())
    cover_url = serializers.CharField(allow_null=True)
    genres = serializers.ListField(child=serializers.CharField())
