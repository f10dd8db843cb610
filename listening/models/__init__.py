from listening.models.catalogue import (
    Album,
    AlbumArtist,
    AlbumTag,
    AlbumTrack,
    Artist,
    ExternalId,
    Tag,
    Track,
    TrackArtist,
)
from listening.models.imports import ImportReject, ListenImport
from listening.models.listens import ListenEvent

__all__ = [
    "Album",
    "AlbumArtist",
    "AlbumTag",
    "AlbumTrack",
    "Artist",
    "ExternalId",
    "ImportReject",
    "ListenEvent",
    "ListenImport",
    "Tag",
    "Track",
    "TrackArtist",
]
