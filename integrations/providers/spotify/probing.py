"""Finding out what this app may do, by asking for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from integrations.capabilities import forget
from integrations.errors import Forbidden, NotThere
from integrations.providers.spotify.catalogue import LARGE_PAGE, albums, artist_albums, search_albums, tracks
from integrations.providers.spotify.features import CAPABILITY, audio_features
from integrations.providers.spotify.judging import NAME
from integrations.providers.spotify.me import who
from integrations.providers.spotify.oauth import as_app
from integrations.types import Access

_ALBUMS = ("3C2MFZ2iHotUQOSBzdSvM7", "5vkqYmiPBYLaalcmjujWxK")
_TRACKS = ("4sqmzkVFCLQ0hzIO6gdLrj", "6LgJvl0Xdtc73RJ1mmpotq")
"""Any ids do: an endpoint that is open answers null for those it does not know."""
_WORD = "love"
"""Found in some title everywhere."""


def _artist_albums(access: Access) -> object:
    """An artist must be known to be asked about: the first one found."""
    found = search_albums(access, _WORD, 1)
    ids = [artist.external_ids.get("spotify", "") for one in found for artist in one.artists]
    return artist_albums(access, ids[0], limit=LARGE_PAGE) if ids else None


CAPABILITIES: Mapping[str, Callable[[Access], object]] = {
    "search_50": lambda access: search_albums(access, _WORD, LARGE_PAGE),
    "artist_albums_50": _artist_albums,
    "albums_batch": lambda access: albums(access, _ALBUMS),
    "tracks_batch": lambda access: tracks(access, _TRACKS),
    CAPABILITY: lambda access: audio_features(access, _TRACKS),
}
"""What may be open or closed, and the ordinary call that finds it out and writes it down."""


def probe(access: Access) -> object:
    """Does Spotify answer the member, or without one the app itself? One call or two."""
    if access.token:
        return who(access)
    return as_app(lambda mine: search_albums(mine, _WORD, 1))


def probe_capabilities(names: Sequence[str] = tuple(CAPABILITIES)) -> None:
    """Ask for each anew, whatever was remembered. Raises what is no answer to the question (busy, unreachable, ...)."""
    for name in names:
        forget(NAME, name)
        try:
            as_app(CAPABILITIES[name])
        except NotThere:
            continue  # that artist is gone meanwhile, and nothing was learned
        except Forbidden as error:
            if error.reason != "closed":
                raise
