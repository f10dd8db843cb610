"""Addresses of the API."""

from django.urls import URLPattern, re_path

from club.api import moderation, nominations, ratings, votes, weeks

_WEEK = r"^club/weeks/(?P<pk>[0-9]{1,19})"
_REVIEW = r"^admin/reviews/(?P<pk>[0-9]{1,19})"

urlpatterns: list[URLPattern] = [
    re_path(r"^club/weeks/?$", weeks.Weeks.as_view()),
    re_path(rf"{_WEEK}/?$", weeks.OneWeek.as_view()),
    re_path(rf"{_WEEK}/nominations/?$", nominations.Nominations.as_view()),
    re_path(rf"{_WEEK}/nominations/(?P<nid>[0-9]{{1,19}})/?$", nominations.OneNomination.as_view()),
    re_path(rf"{_WEEK}/votes/?$", votes.Votes.as_view()),
    re_path(rf"{_WEEK}/votes/withdraw/?$", votes.VoteWithdrawal.as_view()),
    re_path(rf"{_WEEK}/votes/summary/?$", votes.VotesSummary.as_view()),
    re_path(rf"{_WEEK}/ratings/?$", ratings.Ratings.as_view()),
    re_path(rf"{_WEEK}/ratings/summary/?$", ratings.RatingsSummary.as_view()),
    re_path(r"^admin/weeks/(?P<pk>[0-9]{1,19})/override-winner/?$", moderation.WinnerOverride.as_view()),
    re_path(rf"{_REVIEW}/?$", moderation.Review.as_view()),
    re_path(rf"{_REVIEW}/restore/?$", moderation.ReviewRestoration.as_view()),
]
