"""A bot plays a whole week against a real server, twice."""

from __future__ import annotations

from club.models import Nomination, Rating, Vote, Week
from sidetrack.models import User
from tests.bot_week import Bot, play


def test_a_bots_week_sent_twice_is_one_week(site, make_token):
    bot = Bot(site, make_token("club:write")[1])
    week = Week.objects.get(pk=play(bot))
    assert week.nominations.count() == Nomination.objects.count() == 30
    assert week.votes.count() == Vote.objects.count() == 120
    assert week.ratings.count() == Rating.objects.count() == 40
    assert User.objects.count() == 60
    late = {name: codes for name, _, codes, _ in bot.rows if name.startswith("second run")}
    assert not any(codes[201] for codes in late.values())
    assert late["second run: ratings"][200] == 40
    assert late["second run: votes"][409] == 120
