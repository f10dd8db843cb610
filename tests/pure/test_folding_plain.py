"""The short way through folding gives what the long one does."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from listening import folding

WORDS = [
    *("the", "The", "feat", "ft", "featuring", "with", "pt", "Pt", "vol", "n", "N", "and", "a", "i", "x", "ii", "2"),
    *("12", "iv", "remaster", "live", "rock", "Roll", "mono", "edition", "FOO", "part", "volume", "s", "\x1c", "_"),
]
plain = st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join) | st.text(
    st.characters(max_codepoint=127), max_size=30
)


@pytest.mark.parametrize("step", [folding._artist, folding._title, folding._text])
@settings(max_examples=400, deadline=None)
@given(text=plain)
@example(text="rock n roll")
@example(text="Pt 2 vol 3")
@example(text="The The")
def test_a_plain_name_folds_the_same_either_way(step, text):
    short = folding._already_plain(text)
    if short is not None:
        assert short == step(text) == step(short)


@pytest.mark.parametrize("text", ["", "  ", "Don't", "Björk", "The Wall", "Song feat X", "rock n roll", "a" * 201])
def test_what_is_not_plain_goes_the_long_way(text):
    assert folding._already_plain(text) is None


def test_what_is_plain_takes_the_short_way():
    assert folding._already_plain("  Abbey  Road 2 ") == "abbey road 2"
