"""Spotify's `fields=items(item(uri)),next`: only the named parts of an answer."""

from __future__ import annotations

import re
from typing import Any

Tree = dict[str, "Tree"]


def chosen(data: Any, fields: str) -> Any:
    """Everything where nothing is named."""
    return _cut(data, _tree(re.findall(r"[\w.]+|[(),!]", fields))) if fields else data


def _tree(words: list[str]) -> Tree:
    """`a.b,c(d)` as {"a": {"b": {}}, "c": {"d": {}}}; eats the words."""
    found: Tree = {}
    last: Tree = found
    while words:
        word = words.pop(0)
        if word == ")":
            break
        if word == "(":
            last.update(_tree(words))
        elif word not in ",!":
            last = found
            for name in word.split("."):
                last = last.setdefault(name, {})
    return found


def _cut(data: Any, tree: Tree) -> Any:
    if isinstance(data, list):
        return [_cut(each, tree) for each in data]
    if not tree or not isinstance(data, dict):
        return data
    return {name: _cut(data[name], below) for name, below in tree.items() if name in data}
