"""An album: its tracks and what the club made of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from club.pages.doors import actor, door, member_door, viewer
from club.selectors.history import album_history
from listening.selectors.albums import AlbumCard, album_card, album_tracks
from listening.selectors.lookups import album_tags, lookup_state
from listening.services.catalogue import ensure_album
from listening.services.handing import ref_of, take_back
from listening.services.refreshing import ask_for_refresh
from sidetrack.errors import Invalid

PLACES = {
    "spotify": ("Spotify", "https://open.spotify.com/album/{}"),
    "musicbrainz": ("MusicBrainz", "https://musicbrainz.org/release-group/{}"),
    "discogs": ("Discogs", "https://www.discogs.com/{}"),
    "deezer": ("Deezer", "https://www.deezer.com/album/{}"),
    "apple": ("Apple Music", "https://music.apple.com/us/album/{}"),
}


@require_safe
@door
def album(request: HttpRequest, pk: int) -> HttpResponse:
    card = album_card(pk)
    if card.id != pk:  # merged; not for ever, because a merge can be undone
        return redirect("album", card.id)
    context = {
        "album": card,
        "tags": album_tags(pk),
        "lookup": lookup_state(pk),
        "tracks": album_tracks(pk),
        "history": album_history(pk, viewer(request)),
        "links": links(card),
    }
    return render(request, "club/album.html", context)


@require_POST
@member_door
def add_album(request: HttpRequest) -> HttpResponse:
    """An album that a search found elsewhere comes onto our shelves, and is looked up."""
    found = take_back(request.POST.get("found", ""))
    if found is None:
        raise Invalid("Choose an album from what the search has found.")
    by = actor(request)
    card, added = ensure_album(ref_of(found), by=by, source="search")
    if added:
        ask_for_refresh(card.pk, by=by)
        messages.success(
            request, f"{card.title} is on our shelves now. Its tracks and the rest follow in a minute or so."
        )
    return redirect("album", card.pk)


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
