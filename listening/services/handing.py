"""An album found elsewhere, put into a form and taken back when that is sent: signed, so that it is what we found."""

from __future__ import annotations

from typing import Any

from django.core import signing

from listening.elsewhere import ElsewhereAlbum
from listening.services.catalogue import AlbumRef

_SALT = "album found elsewhere"


def hand_out(row: ElsewhereAlbum) -> str:
    """Text for the value of a field; `take_back` makes an album of it."""
    told = [row.title, row.artist, row.year, row.cover_url, row.external_ids]
    return signing.dumps(told, salt=_SALT, compress=True)


def take_back(text: str) -> ElsewhereAlbum | None:
    """The album that was handed out; None for anything else."""
    try:
        told: Any = signing.loads(text, salt=_SALT)
        title, artist, year, cover_url, ids = told
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return ElsewhereAlbum(title, artist, year, cover_url, external_ids=ids)


def ref_of(row: ElsewhereAlbum) -> AlbumRef:
    return AlbumRef(
        title=row.title, artist=row.artist, year=row.year, cover_url=row.cover_url, external_ids=row.external_ids
    )
