"""Recognises one of our albums in another catalogue: by id, by address, by UPC, by ISRC, by names, in that order.

What an id says is believed. What a search or an ISRC offers must be the album by its names, year and kind
(listening/choosing.py); where several fit equally well, it stays unrecognised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from integrations.errors import NotThere
from integrations.providers import coverart, deezer, itunes, lastfm, musicbrainz, spotify
from integrations.types import Access, AlbumData, TagData, TrackData
from listening.choosing import choose, described
from listening.matching import Described, Verdict, decide
from listening.services.answers import Answers

Way = tuple[str, str]
"""The id of a release group and how it was recognised."""
Found = tuple[AlbumData, str]
"""What a source says of the album, and how it was recognised: "id", "link", "upc", "isrc" or "search"."""

_MOST_HITS = 10
_MOST_LOOKED_INTO = 4
"""Hits of one name that are read whole to tell them apart."""
_MOST_PAGES = 20
_LINKS = {
    "spotify": "https://open.spotify.com/album/{}",
    "deezer": "https://www.deezer.com/album/{}",
    "apple": "https://music.apple.com/us/album/{}",
}


@dataclass(frozen=True)
class Wanted:
    """An album as we know it. `ids` are sorted by scheme; `isrcs` are of its first tracks."""

    title: str
    artist: str
    year: int | None = None
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    isrcs: tuple[str, ...] = ()

    @property
    def described(self) -> Described:
        return Described(self.title, self.artist, self.year, {key: frozenset(ids) for key, ids in self.ids.items()})

    @property
    def links(self) -> list[str]:
        """Its addresses elsewhere, as MusicBrainz knows them."""
        return [_LINKS[scheme].format(one) for scheme in _LINKS for one in self.ids.get(scheme, ())]

    @property
    def upcs(self) -> list[str]:
        """As they are printed: twelve digits where the thirteenth is a leading zero."""
        return [upc[1:] if len(upc) == 13 and upc.startswith("0") else upc for upc in self.ids.get("upc", ())]

    @property
    def names(self) -> str:
        return f"{self.artist}\n{self.title}"

    def is_(self, data: AlbumData) -> bool:
        return decide(self.described, described(data)).verdict is Verdict.SAME

    def may_be(self, data: AlbumData) -> bool:
        """Not so for something of quite another name, to which a mistyped barcode leads."""
        return decide(self.described, described(data)).verdict is not Verdict.DIFFERENT

    def knowing(self, data: AlbumData) -> Wanted:
        """With the ids and the year that a source told, so that the next one recognises it by them."""
        more = {scheme: (*self.ids.get(scheme, ()), value) for scheme, value in data.external_ids.items()}
        ids = {scheme: tuple(dict.fromkeys(known)) for scheme, known in {**self.ids, **more}.items()}
        return replace(self, ids=ids, year=self.year or data.year)


# --- MusicBrainz


def in_musicbrainz(wanted: Wanted, answers: Answers) -> Found:
    """With its release group's year and genres (the artist's where it has none), the artist's country, and the tracks
    of the earliest official edition. NotThere, Unsure."""
    group, how = _group(wanted, answers)
    found = answers.ask("musicbrainz", "group", group, partial(musicbrainz.release_group, group))
    country, tags = _about_artist(found, answers)
    if not any(tag.is_genre for tag in found.tags):
        found = replace(found, tags=tuple(tags))
    found = replace(found, country=country)
    edition = _release(found.external_ids.get("musicbrainz_release", ""), answers)
    if edition is None:
        return found, how
    ids = {**edition.external_ids, **found.external_ids}
    return replace(found, tracks=edition.tracks, tracks_total=edition.tracks_total, external_ids=ids), how


def _about_artist(data: AlbumData, answers: Answers) -> tuple[str, list[TagData]]:
    mbid = next((artist.external_ids.get("musicbrainz", "") for artist in data.artists), "")
    if not mbid:
        return "", []
    return answers.if_there("musicbrainz", "artist", mbid, partial(musicbrainz.artist_about, mbid)) or ("", [])


def _group(wanted: Wanted, answers: Answers) -> Way:
    """The id of its release group, and how it was recognised."""
    for recognise in (_group_by_id, _group_by_link, _group_by_upc, _group_by_isrc):
        if (found := recognise(wanted, answers)) is not None:
            return found
    search = partial(musicbrainz.search_release_groups, wanted.artist, wanted.title)
    hits = answers.ask("musicbrainz", "search", wanted.names, search).items
    chosen = choose(wanted.described, hits)
    if chosen is None:
        raise NotThere("musicbrainz", "MusicBrainz does not know this.")
    return chosen.external_ids["musicbrainz"], "search"


def _group_by_id(wanted: Wanted, answers: Answers) -> Way | None:
    for mbid in wanted.ids.get("musicbrainz", ()):
        if answers.if_there("musicbrainz", "group", mbid, partial(musicbrainz.release_group, mbid)):
            return mbid, "id"
    return _only([_group_of(mbid, answers) for mbid in wanted.ids.get("musicbrainz_release", ())], "id")


def _group_by_link(wanted: Wanted, answers: Answers) -> Way | None:
    ask_links(wanted.links, answers)
    told = [answers.ask("musicbrainz", "url", link, dict[str, str]) for link in wanted.links]
    groups = [ids.get("musicbrainz") or _group_of(ids.get("musicbrainz_release", ""), answers) for ids in told]
    return _only(groups, "link")


def ask_links(links: Sequence[str], answers: Answers) -> None:
    """Lets MusicBrainz say what these addresses stand for, a hundred a call; those it was asked before are left out."""
    unknown = [link for link in dict.fromkeys(links) if answers.known("musicbrainz", "url", link) is None]
    for start in range(0, len(unknown), musicbrainz.MOST):
        some = unknown[start : start + musicbrainz.MOST]
        told = musicbrainz.by_urls(some)
        answers.sent += 1
        for link in some:
            answers.keep("musicbrainz", "url", link, told.get(link, {}))


def _group_by_upc(wanted: Wanted, answers: Answers) -> Way | None:
    for upc in wanted.upcs:
        editions = answers.ask("musicbrainz", "upc", upc, partial(musicbrainz.by_upc, upc))
        groups = [one.external_ids.get("musicbrainz") for one in editions if wanted.may_be(one)]
        if (found := _only(groups, "upc")) is not None:
            return found
    return None


def _group_by_isrc(wanted: Wanted, answers: Answers) -> Way | None:
    for isrc in wanted.isrcs:
        offered = answers.if_there("musicbrainz", "isrc", isrc, partial(musicbrainz.releases_by_isrc, isrc)) or []
        same = [one for one in offered if wanted.is_(one)][:_MOST_LOOKED_INTO]
        groups = [_group_of(one.external_ids.get("musicbrainz_release", ""), answers) for one in same]
        if (found := _only(groups, "isrc")) is not None:
            return found
    return None


def _group_of(mbid: str, answers: Answers) -> str | None:
    """The release group of a release."""
    found = _release(mbid, answers)
    return found.external_ids.get("musicbrainz") if found else None


def _release(mbid: str, answers: Answers) -> AlbumData | None:
    return answers.if_there("musicbrainz", "release", mbid, partial(musicbrainz.release, mbid)) if mbid else None


def _only(groups: Sequence[str | None], how: str) -> Way | None:
    """The one release group that all lead to; nothing where there is none or several."""
    different = {group for group in groups if group}
    return (different.pop(), how) if len(different) == 1 else None


# --- shops and streams


@dataclass(frozen=True)
class Shop:
    """How a catalogue that lists editions is asked. `by_isrc` gives albums to check; search hits may lack dates, so
    they are read whole before one is chosen."""

    name: str
    scheme: str
    album: Callable[[str], AlbumData]
    by_upc: Callable[[str], AlbumData | None]
    search: Callable[[str, str], Sequence[AlbumData]]
    by_isrc: Callable[[str], AlbumData] | None = None


def _in_shop(shop: Shop, wanted: Wanted, answers: Answers) -> Found:
    for known in wanted.ids.get(shop.scheme, ()):
        if found := answers.if_there(shop.name, "album", known, partial(shop.album, known)):
            return found, "id"
    for upc in wanted.upcs:
        offered = answers.if_there(shop.name, "upc", upc, partial(shop.by_upc, upc))
        if offered and wanted.may_be(offered):
            return _whole(shop, offered, answers), "upc"
    if found := _by_isrc(shop, wanted, answers):
        return found, "isrc"
    hits = answers.ask(shop.name, "search", wanted.names, partial(shop.search, wanted.artist, wanted.title))
    chosen = choose(
        wanted.described, _read_whole(shop, [hit for hit in hits if wanted.may_be(hit)], answers), editions=True
    )
    if chosen is None:
        raise NotThere(shop.name, "It does not know this.")
    return chosen, "search"


def _by_isrc(shop: Shop, wanted: Wanted, answers: Answers) -> AlbumData | None:
    """The album of one of its recordings: not the compilation it is on as well."""
    if shop.by_isrc is None:
        return None
    for isrc in wanted.isrcs:
        offered = answers.if_there(shop.name, "isrc", isrc, partial(shop.by_isrc, isrc))
        if offered and wanted.is_(offered) and wanted.is_(whole := _whole(shop, offered, answers)):
            return whole
    return None


def _read_whole(shop: Shop, hits: Sequence[AlbumData], answers: Answers) -> list[AlbumData]:
    return [_whole(shop, hit, answers) for hit in hits[:_MOST_LOOKED_INTO]] + list(hits[_MOST_LOOKED_INTO:])


def _whole(shop: Shop, data: AlbumData, answers: Answers) -> AlbumData:
    """The album with its date, genres and tracks; the hit itself where its id leads nowhere."""
    known = data.external_ids.get(shop.scheme, "")
    return (answers.if_there(shop.name, "album", known, partial(shop.album, known)) if known else None) or data


def in_spotify(wanted: Wanted, answers: Answers) -> Found:
    """As the app, for nobody."""
    return _in_shop(_SPOTIFY, wanted, answers)


def in_deezer(wanted: Wanted, answers: Answers) -> Found:
    return _in_shop(_DEEZER, wanted, answers)


def in_itunes(wanted: Wanted, answers: Answers) -> Found:
    return _in_shop(_ITUNES, wanted, answers)


def _spotify_upc(access: Access, upc: str) -> AlbumData | None:
    return next(iter(spotify.search_albums(access, f"upc:{upc}", 1)), None)


def _spotify_search(access: Access, artist: str, title: str) -> list[AlbumData]:
    named = f'album:"{_unquoted(title)}" artist:"{_unquoted(artist)}"'
    return spotify.search_albums(access, named, _MOST_HITS)


def _unquoted(text: str) -> str:
    return text.replace('"', " ")


def _deezer_album(known: str) -> AlbumData:
    """With all of its tracks in their order: an album tells the first of them only, at times without numbers."""
    found = deezer.album(known)
    if len(found.tracks) == found.tracks_total and all(track.number is not None for track in found.tracks):
        return found
    tracks: list[TrackData] = []
    cursor = ""
    for _ in range(_MOST_PAGES):
        page = deezer.album_tracks(known, cursor=cursor)
        tracks += page.items
        cursor = page.next_cursor
        if not cursor:
            break
    return replace(found, tracks=tuple(tracks))


_SPOTIFY = Shop(
    "spotify",
    "spotify",
    album=lambda known: spotify.as_app(lambda access: spotify.album(access, known)),
    by_upc=lambda upc: spotify.as_app(lambda access: _spotify_upc(access, upc)),
    search=lambda artist, title: spotify.as_app(lambda access: _spotify_search(access, artist, title)),
)
_DEEZER = Shop(
    "deezer",
    "deezer",
    album=_deezer_album,
    by_upc=deezer.album_by_upc,
    search=lambda artist, title: deezer.search(artist, title, limit=_MOST_HITS).items,
    by_isrc=deezer.album_by_isrc,
)
_ITUNES = Shop(
    "itunes",
    "apple",
    album=itunes.album,
    by_upc=itunes.album_by_upc,
    search=lambda artist, title: itunes.search(artist, title, limit=_MOST_HITS),
)


# --- who knows it by another's id or by its names only


def in_coverart(wanted: Wanted, answers: Answers) -> Found:
    """Its front cover, by the id of its release group."""
    for mbid in wanted.ids.get("musicbrainz", ()):
        if url := answers.if_there("coverart", "front", mbid, partial(coverart.front_of_release_group, mbid)):
            return AlbumData(wanted.title, (), wanted.artist, cover_url=url), "id"
    raise NotThere("coverart", "The Cover Art Archive has no picture of this.")


def in_lastfm(wanted: Wanted, answers: Answers) -> Found:
    """What its listeners call it; Last.fm knows names only, and its ids and lengths are not taken."""
    tags = answers.ask("lastfm", "tags", wanted.names, partial(lastfm.album_tags, wanted.artist, wanted.title))
    if not tags:
        raise NotThere("lastfm", "Last.fm has no words for this.")
    return AlbumData(wanted.title, (), wanted.artist, tags=tuple(tags)), "search"
