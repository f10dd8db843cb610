"""Matching keys of names: what two spellings of one name have in common.

Folded away are case, accents, punctuation, a leading "The", guests ("feat. X"), "&" against "and", and what only
names an edition ("Remastered 2011", "Deluxe Edition", "Mono"). What makes another recording stays: "Live",
"Remix", "Instrumental", "Acoustic", "Demo", "Part 2", every number. Names without a single letter or digit
("!!!", "( )", "÷") are kept as they are, in case-folded NFKC.

Keys are stored, so a change here needs every key made anew.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

# An index row of PostgreSQL holds 2,704 bytes; artist, title and disambiguation share one.
ARTIST_LIMIT, ARTIST_BYTES = 300, 800
TITLE_LIMIT, TITLE_BYTES = 300, 1200
TRACK_LIMIT = 500

# Letters that no decomposition takes apart.
_LETTERS = str.maketrans(
    {
        "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŧ": "t",
        "ŋ": "n", "ĸ": "k", "ə": "e", "ƶ": "z", "ɨ": "i",
    }
)  # fmt: skip
_ACCENTS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = re.compile("['’‘‛ʼʻ`´′]")
_INITIALS = re.compile(r"(?<!\w)[^\W\d_](?:[.*][^\W\d_])+[.*]?(?!\w)")
_JOINERS = re.compile(r"\s*(?:&|(?<=\w)\+(?=\w)|(?<=\w\s)\+(?=\s\w)|(?<=\w)\s'n'\s(?=\w))\s*")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # of a glyph's looks, not of its meaning
_LAST_THE = re.compile(r"(?<=\w),\s*the\s*$")

_BRACKETS = re.compile(r"[(\[{<（【「]([^()\[\]{}<>（）【】「」]*)[)\]}>）】」]")
_DASHES = re.compile(r"\s+[-–—―−~]+\s+")
_PARTS = re.compile(r"\s*[/;,|•]\s*|\s+[-–—]\s+")
_GUEST = r"(?:feat|ft|featuring)\b\.?"
_GUESTS_INSIDE = re.compile(rf"^\s*(?:{_GUEST}|with\b|w/)\s*\S")
_GUESTS_AFTER = re.compile(rf"(?<=\S)(?<!\blittle)(?:\s+|\s*[-–—,]\s*){_GUEST}\s+\S.*$", re.IGNORECASE)


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BRACKETED_GUESTS = re.compile(rf"(?<=\S)\s*[(\[](?:{_GUEST}|with\b)\s+\S[^()\[\]]*[)\]]", re.IGNORECASE)
_CREDIT_JOINERS = re.compile(r"\s*[,;]\s*|\s+(?:&|and|x|×|\+|/|with|vs\.?)\s+", re.IGNORECASE)

EDITION_WORDS = _set_of(
    "remaster remastered remasters remastering deluxe expanded edition anniversary reissue reissued mono stereo "
    "explicit bonus"
)
_WEAK = _set_of(
    "a the and in of on by from for with digital digitally version versions track tracks disc disk cd lp vinyl special "
    "limited super collector collectors legacy ultimate definitive complete original originally us uk usa eu japan "
    "japanese european american international australian standard platinum gold diamond tour hd hi res bit khz master "
    "masters recording recordings album mix year years audio only content lyrics newly enhanced cover"
)
_WHOLE = frozenset({"album version", "lp version", "original album version", "album mix"})
_NUMBER = re.compile(r"\d+(?:st|nd|rd|th)?")
# Words of plain letters that a key does not keep as they are.
_TOUCHED = _set_of("the feat ft featuring pt vol n")
_WORDS = re.compile(r"\w+")


def fold_artist(name: str) -> str:
    """The key of an artist's name or credit; guests after "feat." are left out. At most 300 characters."""
    return _fold(name, ARTIST_LIMIT, ARTIST_BYTES, _artist)


def fold_title(title: str) -> str:
    """The key of an album's title. At most 300 characters."""
    return _fold(title, TITLE_LIMIT, TITLE_BYTES, _title)


def fold_track(title: str) -> str:
    """The key of a track's title. At most 500 characters."""
    return _fold(title, TRACK_LIMIT, TITLE_BYTES, _title)


def fold_text(text: str) -> str:
    """The words of a search or a tag: case, accents and punctuation gone, nothing else."""
    return _fold(text, TITLE_LIMIT, TITLE_BYTES, _text)


def main_artist(credit: str) -> str:
    """A credit without its guests, written as it was: "Drake" for "Drake feat. Rihanna"."""
    named = _BRACKETED_GUESTS.sub("", credit)
    return _GUESTS_AFTER.sub("", named).strip() or credit


def credited(credit: str) -> list[str]:
    """The names that a credit may be made of; one name when nothing in it joins two.

    Joiners also stand inside names ("Earth, Wind & Fire"), so this is a question, not an answer.
    """
    return [part for part in _CREDIT_JOINERS.split(main_artist(credit)) if part.strip()]


def has_edition(title: str) -> bool:
    """Does the title name an edition ("Deluxe Edition", "2011 Remaster")?"""
    plain = _plain(title)
    return _without_editions(plain) != plain


@lru_cache(maxsize=50_000)
def _fold(text: str, limit: int, most_bytes: int, step: Callable[[str], str]) -> str:
    for _ in range(12):  # until it is stable, so that the key of a key is the key
        if (plain := _already_plain(text)) is not None:
            return plain
        folded = _cut(step(text), limit, most_bytes)
        if folded == text:
            break
        text = folded
    return text


def _already_plain(text: str) -> str | None:
    """The key of a name of plain words, as most are and every key in the end: found in a tenth of the time."""
    if len(text) > 200 or not text.isascii():
        return None
    words = text.lower().split()
    if words and all(map(str.isalnum, words)) and _TOUCHED.isdisjoint(words):
        return " ".join(words)
    return None


def _text(text: str) -> str:
    return _key(_plain(text), "", text)


def _artist(text: str) -> str:
    plain = _plain(text)
    return _without_the(_key(_GUESTS_AFTER.sub("", _without_guests(plain)), plain, text))


def _title(text: str) -> str:
    plain = _plain(text)
    named = _without_editions(_GUESTS_AFTER.sub("", _without_guests(plain)))
    return _without_the(_key(named, plain, text))


def _key(name: str, whole: str, text: str) -> str:
    """What is left of a name: its words, else its signs, else those of the whole."""
    return _words(name) or _symbols(name) or _words(whole) or _symbols(whole) or _symbols(text)


def _plain(text: str) -> str:
    """Case and accents gone. Marks of scripts that are spelled with them (dakuten, vowel signs) stay."""
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", _SELECTORS.sub("", text).replace("´", "'").casefold()))
    return unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)


def _words(plain: str) -> str:
    text = _LAST_THE.sub("", plain)
    text = _JOINERS.sub(" and ", _INITIALS.sub(lambda found: re.sub(r"[.*]", "", found[0]), text))
    text = re.sub(r"\$(?=[^\W\d])|(?<=[^\W\d])\$", "s", _APOSTROPHES.sub("", text))
    text = re.sub(r"(?<=[^\W\d])!(?=[^\W\d])", "i", text)
    text = " ".join("".join(map(_word_or_space, text)).split())
    if not any(map(str.isalnum, text)):
        return ""
    text = re.sub(r"\bpt (?=\d|[ivx]+\b)", "part ", text)
    text = re.sub(r"\bvol (?=\d|[ivx]+\b)", "volume ", text)
    return re.sub(r"(?<=\w\w) n (?=\w\w)", " and ", text)


def _word_or_space(char: str) -> str:
    return char if char.isalnum() or unicodedata.category(char) in ("Mn", "Mc") else " "


def _without_the(words: str) -> str:
    rest = words.removeprefix("the ")
    return words if f"{rest} ".startswith("the ") else rest  # The The are called that


def _symbols(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def _without_guests(plain: str) -> str:
    def keep(found: re.Match[str]) -> str:
        return " " if found.start() and _GUESTS_INSIDE.match(found[1]) else found[0]

    return _BRACKETS.sub(keep, plain)


def _without_editions(plain: str) -> str:
    def keep(found: re.Match[str]) -> str:
        if not plain[: found.start()].strip():
            return found[0]
        kept = _not_editions(found[1])
        return found[0] if kept == found[1] else f" ({kept}) " if kept else " "

    text = _BRACKETS.sub(keep, plain)
    first, *others = _DASHES.split(text)
    if not others or not first.strip():
        return text
    kept = [rest for rest in map(_not_editions, others) if rest]
    return text if len(kept) == len(others) and kept == others else " - ".join([first, *kept])


def _not_editions(text: str) -> str:
    parts = _PARTS.split(text)
    kept = [part for part in parts if not _is_edition(part)]
    return text if len(kept) == len(parts) else " / ".join(kept)


def _is_edition(part: str) -> bool:
    words = _WORDS.findall(_APOSTROPHES.sub("", part))
    if " ".join(words) in _WHOLE:
        return True
    named = any(word in EDITION_WORDS for word in words)
    return named and all(word in EDITION_WORDS or word in _WEAK or _NUMBER.fullmatch(word) for word in words)


def _cut(text: str, limit: int, most_bytes: int) -> str:
    text = text[:limit]
    if len(text) * 4 > most_bytes:
        text = text.encode("utf-8", "ignore")[:most_bytes].decode("utf-8", "ignore")
    return text.strip()
