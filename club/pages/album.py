"""An album: its tracks and what the club made of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from club.pages.doors import door, viewer
from club.selectors.history import album_history
from listening.selectors.albums import AlbumCard, album_card, album_tracks

PLACES = {
    "spotify": ("Spotify", "https://open.spotify.com/album/{}"),
    "musicbrainz": ("MusicBrainz", "https://musicbrainz.org/release-group/{}"),
    "discogs": ("Discogs", "https://www.discogs.com/{}"),
    "deezer": ("Deezer", "https://www.deezer.com/album/{}"),
}


@require_safe
@door
def album(request: HttpRequest, pk: int) -> HttpResponse:
    card = album_card(pk)
    if card.id != pk:  # merged; not for ever, because a merge can be undone
        return redirect("album", card.id)
    context = {
        "album": card,
        "tracks": album_tracks(pk),
        "history": album_history(pk, viewer(request)),
        "links": links(card),
    }
    return render(request, "club/album.html", context)


@require_safe
@door
def track_options(request: HttpRequest, pk: int) -> HttpResponse:
    """The fragment that fills the list of favourite tracks once its field is entered."""
    tracks = album_tracks(album_card(pk).id)
    return render(request, "club/_track_options.html", {"tracks": tracks})


def links(card: AlbumCard) -> list[tuple[str, str]]:
    """(name, address) of the places that know the album; the ids were checked when they were stored."""
    return [
        (name, address.format(card.external_ids[scheme]))
        for scheme, (name, address) in PLACES.items()
        if scheme in card.external_ids
    ]
