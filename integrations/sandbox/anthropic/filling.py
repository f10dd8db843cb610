"""An answer that a JSON schema asks for, made of what stands in the prompt: the same prompt, the same answer."""

from __future__ import annotations

import re
from typing import Any

from integrations.sandbox import ids
from integrations.sandbox.catalogue import Album, Catalogue
from integrations.sandbox.finding import folded

Schema = dict[str, Any]
GLAD = frozenset(
    [
        "love",
        "loved",
        "great",
        "beautiful",
        "best",
        "gorgeous",
        "warm",
        "perfect",
        "brilliant",
        "wonderful",
        "favourite",
        "joy",
    ]
)
SAD = frozenset(
    ["hate", "hated", "boring", "worst", "awful", "dull", "cold", "bad", "weak", "disappointing", "noise", "tedious"]
)


class BadSchema(ValueError):
    """What was sent is no schema that can be filled."""


class Filling:
    """`text` is all that was said to the model."""

    def __init__(self, catalogue: Catalogue, text: str) -> None:
        self.text = text
        self.words = [word for word in re.findall(r"[^\W\d_]{4,}", text.lower()) if len(word) < 20]
        self.album = _mentioned(catalogue, text)

    def fill(self, schema: Any) -> Any:
        """Raises BadSchema."""
        try:
            return self._value(schema, schema, "answer")
        except RecursionError:
            raise BadSchema("it refers to itself without end") from None
        except (AttributeError, TypeError, KeyError, ValueError):
            raise BadSchema("it is no JSON schema") from None

    def _value(self, schema: Schema, root: Schema, name: str) -> Any:
        schema = _resolved(schema, root)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][self._lot(name) % len(schema["enum"])]
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        kind = next((each for each in kinds if each != "null"), "null") if isinstance(kinds, list) else kinds
        if kind == "object":
            return {key: self._value(below, root, key) for key, below in schema.get("properties", {}).items()}
        if kind == "array":
            return self._list(schema, root, name)
        if kind in ("number", "integer"):
            return self._number(schema, name, whole=kind == "integer")
        return {"boolean": self._lot(name) % 2 == 0, "null": None}.get(kind, self._text(schema, name))

    def _lot(self, *parts: object) -> int:
        return ids.number("model", self.text, *parts)

    def _list(self, schema: Schema, root: Schema, name: str) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", 20)
        items = schema.get("items", {"type": "string"})
        is_text = _resolved(items, root).get("type") == "string" and not _resolved(items, root).get("enum")
        if is_text and self.album and re.search("genre|tag|style", name):
            found: list[Any] = list(self.album.genres)
        elif is_text and self.album and "artist" in name:
            found = [artist.name for artist in self.album.artists]
        elif is_text:
            found = list(dict.fromkeys(self.words[self._lot(name) % 3 :: 3]))[:4]
        else:
            found = [self._value(items, root, f"{name} {place}") for place in range(max(least, 1))]
        while len(found) < least:
            found.append(self._value(items, root, f"{name} {len(found)}"))
        return found[:most]

    def _number(self, schema: Schema, name: str, *, whole: bool) -> float | int:
        if "year" in name and self.album:
            return self.album.year
        least = float(schema.get("minimum", -1 if "sentiment" in name else 0))
        most = float(schema.get("maximum", max(least, 2026 if "year" in name else 10 if whole else 1)))
        share = self._mood() if re.search("sentiment|valence|mood", name) else (self._lot(name) % 1001) / 1000
        value = least + (most - least) * share
        return round(value) if whole else round(value, 3)

    def _mood(self) -> float:
        """0 to 1, by the words of praise and blame."""
        glad, sad = (sum(word in these for word in self.words) for these in (GLAD, SAD))
        return (glad + 1) / (glad + sad + 2)

    def _text(self, schema: Schema, name: str) -> str:
        if self.album:
            for part, value in (
                ("artist", self.album.credit),
                ("year", str(self.album.year)),
                ("genre", self.album.genres[0]),
                ("album", self.album.title),
                ("title", self.album.title),
            ):
                if part in name:
                    return value
        start = self._lot(name) % max(1, len(self.words))
        text = " ".join(self.words[start : start + 6]) or "nothing to say"
        return text[: schema.get("maxLength", 300)]


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Behind `$ref`, and the first choice that is not null."""
    for _ in range(10):
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            schema = (root.get("$defs") or root.get("definitions") or {}).get(name, {})
            continue
        choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if not choices:
            return schema
        schema = next((each for each in choices if each.get("type") != "null"), choices[0])
    return {"type": "null"}


def _mentioned(catalogue: Catalogue, text: str) -> Album | None:
    """The album of the catalogue with the longest title that is named with its artist, else by its title alone."""
    said = f" {folded(text)} "
    named = [album for album in catalogue.albums if f" {folded(album.title)} " in said]
    both = [album for album in named if any(f" {folded(artist.name)} " in said for artist in album.artists)]
    return max(both or named, key=lambda album: len(album.title), default=None)
