"""Covers, moments and pictures as the templates draw them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.template import Context, Template

from sidetrack.templatetags.covers import cover
from sidetrack.templatetags.moments import when

ALBUM = {"title": 'Say "yes" <now>', "artist": "A & B", "cover_url": None}
DISTRIBUTION = dict.fromkeys(("1.0", "1.5", "2.0", "2.5", "3.0", "3.5", "4.0", "4.5", "5.0"), 0)


def draw(source: str, **context: object) -> str:
    return Template("{% load charts %}" + source).render(Context(context))


def test_an_album_without_a_picture_gets_a_drawn_one_with_a_name():
    drawn = cover(ALBUM)
    assert "<img" not in drawn
    assert 'role="img" aria-label="Cover of Say &quot;yes&quot; &lt;now&gt; by A &amp; B"' in drawn


def test_a_picture_is_lazy_sized_and_lies_over_a_drawn_one():
    drawn = cover({**ALBUM, "cover_url": 'https://example.com/a.jpg?"><script>'}, 220)
    assert 'width="220" height="220" loading="lazy"' in drawn
    assert "<script>" not in drawn
    assert drawn.index("<svg") < drawn.index("<img")


def test_only_https_pictures_are_shown():
    for address in ("http://example.com/a.jpg", "javascript:alert(1)", "data:image/svg+xml,x", "//example.com/a"):
        assert "<img" not in cover({**ALBUM, "cover_url": address})


def test_a_cover_beside_its_title_is_not_read_twice():
    assert "aria-label" not in cover(ALBUM, 48, True)


def test_a_moment_carries_its_exact_time_for_machines_and_on_hover():
    said = when(datetime(2025, 11, 24, 20, tzinfo=UTC))
    assert said == '<time datetime="2025-11-24T20:00:00+00:00" title="Mon 24 Nov 2025, 20:00 UTC">24 Nov 2025</time>'
    assert when("2025-11-24T20:00:00Z") == said
    assert when(None) == when("not a date") == ""


def test_the_histogram_says_everything_a_second_time_in_words_and_numbers():
    summary = {"average": "4.25", "count": 2, "distribution": {**DISTRIBUTION, "4.0": 1, "4.5": 1}}
    drawn = draw("{% ratings_chart summary '4.5' %}", summary=summary)
    for part in ("<title", "<desc", "You gave 4.5.", "The average is 4.25.", "<details>", "4.5 (yours)", 'class="key"'):
        assert part in drawn
    assert drawn.count("<rect") == 2 + 2  # two bars, two of the key


def test_a_histogram_of_nothing_is_drawn_too():
    drawn = draw("{% ratings_chart summary %}", summary={"average": None, "count": 0, "distribution": DISTRIBUTION})
    assert "0 ratings" in drawn
    assert "stroke-average" in drawn


def test_poll_bars_are_in_proportion_and_say_both_parts():
    row = {"nomination_id": 1, "album": {"title": "<T>", "artist": "A"}, "position": 1, "tied": True, "points": 5}
    first = {**row, "first_place_votes": 2, "second_place_votes": 1}
    none = {**row, "nomination_id": 2, "points": 0, "first_place_votes": 0, "second_place_votes": 0, "position": 2}
    poll = {"closed": True, "total_voters": 3, "winner_nomination_id": 1, "ranking": [first, none]}
    drawn = draw("{% poll_chart poll %}", poll=poll)
    assert '<rect width="800" height="10" class="fill-first"/>' in drawn
    assert '<rect x="800" width="200" height="10" class="fill-second"/>' in drawn
    assert "2 first, 1 second" in drawn
    assert "&lt;T&gt;" in drawn
    assert "<T>" not in drawn


def test_a_line_of_days_marks_what_is_not_known():
    days = [(date(2025, 1, 1), None), (date(2025, 1, 2), 3), (date(2025, 1, 3), 0)]
    drawn = draw("{% day_chart days 'day' 'Ann' %}", days=days)
    assert "nothing known of that time" in drawn
    assert drawn.count("<polyline") == 1
    assert "3 plays in 1 day" in drawn


def test_a_line_of_months_names_them_in_its_table():
    drawn = draw("{% day_chart months 'month' 'Ann' %}", months=[(date(2025, 1, 1), 3), (date(2025, 2, 1), 1)])
    assert "Plays per month of Ann" in drawn
    assert "<td>February 2025</td>" in drawn


def test_a_heatmap_has_title_description_key_and_table():
    drawn = draw("{% clock_chart counts 'Ann' %}", counts={(0, 8): 12, (6, 23): 1})
    assert '<title id="clock-title">Plays of Ann by hour and weekday</title>' in drawn
    assert "Most of them, 12, on Mondays from 8:00." in drawn
    assert "<title>Sunday 23:00, 1 play</title>" in drawn
    assert drawn.count("<rect") == 7 * 24 + 1 + 4  # the cells, and the key
    assert '<th scope="row">8:00</th><td class="num">12</td>' in drawn
    assert "style=" not in drawn


def test_a_heatmap_of_nothing_says_so():
    assert "No plays in this time." in draw("{% clock_chart counts 'Ann' %}", counts={})
