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
from listening.models.listens import ListenEvent, MatchState
from listening.models.lookups import AlbumLookup
from listening.models.merges import LookAlike, Merge, MergeChange
from listening.models.removals import ForgottenListen, Removal
from listening.models.totals import ListenTotal, TotalsState

__all__ = [
    "Album",
    "AlbumArtist",
    "AlbumLookup",
    "AlbumTag",
    "AlbumTrack",
    "Artist",
    "ExternalId",
    "ForgottenListen",
    "ImportReject",
    "ListenEvent",
    "ListenImport",
    "ListenTotal",
    "LookAlike",
    "MatchState",
    "Merge",
    "MergeChange",
    "Removal",
    "Tag",
    "TotalsState",
    "Track",
    "TrackArtist",
]
