"""Plays a Discord bot: one whole club week over HTTP, twice.

    python -m tests.bot_week --url http://127.0.0.1:8000 --token st_... [--number 900]

Thirty nominations, sixty voters with two ranks each, the close of the poll, forty ratings. Every
stage is sent again before the next begins, and at the end the whole week once more: nothing may
change. The poll is counted here by hand, with none of the site's code, and compared with
`votes/summary`, the week itself and the page. Exits 1 with a sentence when anything differs.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import requests

ALBUMS = """Blue Lines|Massive Attack|1991, Kid A|Radiohead|2000, Rumours|Fleetwood Mac|1977, Homogenic|Björk|1997,
Ágætis byrjun|Sigur Rós|1999, Lemonade|Beyoncé|2016, Illmatic|Nas|1994, Blackstar|David Bowie|2016,
空中キャンプ|フィッシュマンズ|1996, Группа крови|Кино|1988, Paid in Full|Eric B. & Rakim|1987, Grace|Jeff Buckley|1994,
Tapestry|Carole King|1971, Closing Time|Tom Waits|1973, Bitches Brew|Miles Davis|1970, Ten|Pearl Jam|1991,
Nevermind|Nirvana|1991, Pearl|Janis Joplin|1971, Ghosteen|Nick Cave & the Bad Seeds|2019, Kala|M.I.A.|2007,
Dots and Loops|Stereolab|1997, <b>Bold</b> & "Quoted"|Robert'); DROP TABLE club_week;--|2001, @everyone|fmbot|2020,
Ænima|Tool|1996, Norman Fucking Rockwell!|Lana Del Rey|2019, 1989|Taylor Swift|2014, 21|Adele|2011, MTV|R.E.M.|2001,
Sunbather|Deafheaven|2013, Mm..Food|MF DOOM|2004"""
NOMINATIONS, VOTERS, RATERS = 30, 60, 40


class Differs(AssertionError):
    """What the site says is not what was sent."""


@dataclass
class Bot:
    """A client with a service token, and what it has been answered stage by stage."""

    url: str
    token: str
    number: int = 900
    rows: list[tuple[str, int, Counter[int], float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        answer = self.http.request(method, f"{self.url}/api/v1{path}", json=body, timeout=60)
        if answer.status_code not in (200, 201, 204, 409):
            raise Differs(f"{method} {path} {body} answered {answer.status_code}: {answer.text[:300]}")
        return answer

    def get(self, path: str) -> Any:
        return self.call("GET", path).json()

    def stage(self, name: str, calls: list[tuple[str, str, Any]]) -> list[requests.Response]:
        began = time.monotonic()
        answers = [self.call(*call) for call in calls]
        self.rows.append((name, len(calls), Counter(a.status_code for a in answers), time.monotonic() - began))
        return answers

    def send_twice(self, name: str, calls: list[tuple[str, str, Any]], week: str = "") -> list[requests.Response]:
        """A stage, and the same stage again: it is answered with 200 and changes nothing."""
        first = self.stage(name, calls)
        before = self.snapshot(week) if week else None
        again = self.stage(f"{name}, again", calls)
        late = [answer.text[:200] for answer in again if answer.status_code != 200]
        if late:
            raise Differs(f"{name} sent again was answered with {late[0]}")
        if week and self.snapshot(week) != before:
            raise Differs(f"{name} sent again has changed the week")
        return first

    def snapshot(self, week: str) -> dict[str, Any]:
        """All that can be read of the week, `updated_at` included."""
        paths = ("", "/nominations", "/votes/summary", "/ratings", "/ratings/summary")
        return {path: self.get(week + path) for path in paths}


def person(position: int) -> dict[str, str]:
    return {"discord_id": str(700_000_000_000_000_000 + position), "display_name": f"Bot Voter {position:02d}"}


def nominations() -> list[dict[str, Any]]:
    found = []
    for position, line in enumerate(re.split(r",\s+", ALBUMS)):
        title, artist, year = line.split("|")
        tags = {"genres": ["rock", "pop"][position % 2 :], "decade": f"{year[:3]}0s", "country": "GB"}
        album = {"title": title, "artist": artist, "year": int(year)}
        message = {"channel_id": "81384788765712384", "message_id": str(81384788765713000 + position)}
        found.append(
            {"user": person(position), "album": album, "pitch": f"Pitch {position}", "tags": tags, "message": message}
        )
    return found


def choices(voter: int) -> tuple[int, int]:
    """Which nominations a voter puts first and second: two end level on points, and first places decide."""
    first = (voter * voter + 4 * voter) % 11
    second = (voter * 2 + 2) % 17
    return first, second if second != first else (second + 1) % NOMINATIONS


def rating_of(rater: int) -> str:
    return ("5.0", "4.5", "4.5", "4.0", "3.5", "3.0", "2.5", "1.0")[rater * 3 % 8]


def counted_by_hand(ids: list[int]) -> dict[str, Any]:
    """The poll from the choices alone: 2 points and 1, then first places, then the earlier nomination."""
    firsts, seconds = Counter(), Counter()
    for voter in range(VOTERS):
        first, second = choices(voter)
        firsts[ids[first]] += 1
        seconds[ids[second]] += 1
    lines = [(-2 * firsts[i] - seconds[i], -firsts[i], place, i) for place, i in enumerate(ids)]
    lines.sort()
    ranking = []
    for points, first_places, _, nomination in lines:
        better = sum(1 for line in lines if line[:2] < (points, first_places))
        equal = sum(1 for line in lines if line[:2] == (points, first_places))
        ranking.append((nomination, -points, -first_places, seconds[nomination], better + 1, equal > 1))
    level = ranking[0][1] == ranking[1][1]
    ladder = "first_place_votes" if ranking[0][2] > ranking[1][2] else "earliest_nomination"
    return {
        "ranking": ranking,
        "winner_nomination_id": ranking[0][0],
        "tie_break": ladder if level else None,
        "total_voters": VOTERS,
        "total_points": 3 * VOTERS,
        "closed": True,
    }


def play(bot: Bot) -> int:
    """The whole week, with all comparisons. Returns the week's id."""
    external = {"category_id": "81384788765712380", "thread_id": "81384788765712381"}
    body = {"number": bot.number, "date_discussion": "2026-11-30T19:00:00Z", "external": external}
    create = [("POST", "/club/weeks", body)]
    week_id = int(bot.send_twice("week", create)[0].json()["id"])
    week = f"/club/weeks/{week_id}"
    nominate = [("POST", f"{week}/nominations", each) for each in nominations()]
    ids = [answer.json()["id"] for answer in bot.send_twice("nominations", nominate, week)]
    votes = [
        ("POST", f"{week}/votes", {"user": person(voter), "rank": rank, "nomination_id": ids[choice]})
        for voter in range(VOTERS)
        for rank, choice in enumerate(choices(voter), start=1)
    ]
    bot.send_twice("votes", votes, week)
    close = [("PATCH", week, {"close_poll": True})]
    bot.send_twice("close", close, week)
    rate = [
        (
            "POST",
            f"{week}/ratings",
            {
                "user": person(rater),
                "rating": rating_of(rater),
                "favorite_track": "Angel",
                "review": f"Heard it {rater}",
            },
        )
        for rater in range(RATERS)
    ]
    bot.send_twice("ratings", rate, week)
    compare(bot, week, ids)
    before = bot.snapshot(week)
    for name, calls in (
        ("week", create),
        ("nominations", nominate),
        ("votes", votes),
        ("close", close),
        ("ratings", rate),
    ):
        bot.stage(f"second run: {name}", calls)
    if bot.snapshot(week) != before:
        raise Differs("The second run has changed the week.")
    return week_id


def compare(bot: Bot, week: str, ids: list[int]) -> None:
    expected = counted_by_hand(ids)
    summary = bot.get(f"{week}/votes/summary")
    keys = ("nomination_id", "points", "first_place_votes", "second_place_votes", "position", "tied")
    said = {key: summary[key] for key in expected} | {
        "ranking": [tuple(line[key] for key in keys) for line in summary["ranking"]]
    }
    if said != expected:
        raise Differs(f"votes/summary says {said}\ncounted by hand: {expected}")
    detail = bot.get(week)
    winner = nominations()[ids.index(expected["winner_nomination_id"])]["album"]["title"]
    if detail["winner"]["title"] != winner or detail["phase"] != "discussing" or detail["poll"] != summary:
        raise Differs(f"The week says {detail['winner']} won, by hand it is {winner}.")
    _compare_ratings(bot, week)
    _compare_page(bot, expected, winner)


def _compare_ratings(bot: Bot, week: str) -> None:
    given = Counter(rating_of(rater) for rater in range(RATERS))
    steps = [f"{half / 2:.1f}" for half in range(2, 11)]
    average = sum(float(value) * times for value, times in given.items()) / RATERS
    expected = {
        "average": f"{average:.2f}",
        "count": RATERS,
        "distribution": {step: given.get(step, 0) for step in steps},
    }
    said = bot.get(f"{week}/ratings/summary")
    if {key: said[key] for key in expected} != expected:
        raise Differs(f"ratings/summary says {said}, by hand it is {expected}")


def _compare_page(bot: Bot, expected: dict[str, Any], winner: str) -> None:
    page = requests.get(f"{bot.url}/weeks/{bot.number}/", timeout=60)
    if page.status_code != 200:
        raise Differs(f"The page of the week answers {page.status_code}.")
    text = " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).split())
    best = expected["ranking"][0]
    for wanted in (winner, f"{best[1]} points", f"{VOTERS} ", f"{RATERS} "):
        if wanted not in text:
            raise Differs(f"The page of the week does not say {wanted!r}.")


def table(bot: Bot) -> str:
    lines = [f"{'stage':24} {'sent':>5} {'201':>5} {'200':>5} {'409':>5} {'seconds':>8}"]
    for name, sent, codes, seconds in bot.rows:
        lines.append(f"{name:24} {sent:5} {codes[201]:5} {codes[200]:5} {codes[409]:5} {seconds:8.2f}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Plays a Discord bot through one club week, twice.")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--token", required=True, help="a service token with club:write")
    parser.add_argument("--number", type=int, default=900, help="the number of the week it makes")
    options = parser.parse_args()
    bot = Bot(options.url.rstrip("/"), options.token, options.number)
    try:
        play(bot)
    except Differs as error:
        print(table(bot), error, sep="\n", file=sys.stderr)
        return 1
    print(table(bot), "Sent twice, nothing changed; summary, week and page agree with the count by hand.", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
