"""As much of Lucene's query language as MusicBrainz is asked in: field:word, "phrases", AND, OR, groups, escapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from integrations.sandbox.finding import score

WORD = re.compile(r'\s*(\(|\)|(?:(\w+):)?(?:"((?:\\.|[^"\\])*)"|((?:\\.|[^\s()"\\])+)|(?=\()))')
Rate = Callable[[Mapping[str, str]], int]
"""0 to 100 for the fields of a thing; its field "" is what words without a field are looked for in."""


class BadQuery(ValueError):
    pass


def rating(query: str) -> Rate:
    """Raises BadQuery."""
    tokens = []
    at = 0
    query = query.strip()
    while at < len(query):
        found = WORD.match(query, at)
        if not found or found.end() == at:
            raise BadQuery(query)
        field, text = found[2] or "", found[3] if found[3] is not None else found[4]
        tokens.append((found[1].strip() if text is None else "", field, re.sub(r"\\(.)", r"\1", text or "")))
        at = found.end()
    rate, rest = _any(tokens)
    if rest:
        raise BadQuery(query)
    return rate


Tokens = list[tuple[str, str, str]]


def _is(token: tuple[str, str, str], word: str) -> bool:
    return token == ("", "", word)


def _any(tokens: Tokens, field: str = "") -> tuple[Rate, Tokens]:
    """a OR b: the better of them."""
    rates = []
    rate, tokens = _all(tokens, field)
    rates.append(rate)
    while tokens and _is(tokens[0], "OR"):
        rate, tokens = _all(tokens[1:], field)
        rates.append(rate)
    return (lambda thing: max(each(thing) for each in rates)), tokens


def _all(tokens: Tokens, field: str) -> tuple[Rate, Tokens]:
    """a AND b, or a b: the mean of them, 0 where one is 0."""
    rates: list[Rate] = []
    while tokens and not _is(tokens[0], "OR") and tokens[0][0] != ")":
        if _is(tokens[0], "AND"):
            tokens = tokens[1:]
            continue
        rate, tokens = _one(tokens, field)
        rates.append(rate)
    if not rates:
        raise BadQuery("nothing to look for")

    def mean(thing: Mapping[str, str]) -> int:
        found = [each(thing) for each in rates]
        return 0 if 0 in found else sum(found) // len(found)

    return mean, tokens


def _one(tokens: Tokens, field: str) -> tuple[Rate, Tokens]:
    mark, own, text = tokens[0]
    if mark.endswith(":") or (own and not text and len(tokens) > 1 and tokens[1][0] == "("):
        return _group(tokens[2:], own)
    if mark == "(":
        return _group(tokens[1:], field)
    if mark:
        raise BadQuery(mark)
    named = (own or field).lower()
    return (lambda thing: score(text, thing.get(named, ""))), tokens[1:]


def _group(tokens: Tokens, field: str) -> tuple[Rate, Tokens]:
    rate, rest = _any(tokens, field)
    if not rest or rest[0][0] != ")":
        raise BadQuery("a bracket is left open")
    return rate, rest[1:]
