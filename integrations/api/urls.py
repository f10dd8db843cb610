"""Addresses of the API."""

from django.urls import URLPattern, re_path

from integrations.api import links, users

ID = r"(?P<pk>[0-9]{1,20})"

urlpatterns: list[URLPattern] = [
    re_path(r"^users/me/?$", users.MeView.as_view()),
    re_path(rf"^users/{ID}/?$", users.PersonView.as_view()),
    re_path(rf"^users/{ID}/follow/?$", users.FollowView.as_view()),
    re_path(rf"^users/{ID}/followers/?$", users.FollowersView.as_view()),
    re_path(rf"^users/{ID}/following/?$", users.FollowedView.as_view()),
    re_path(r"^auth/links/?$", links.LinksView.as_view()),
    re_path(r"^auth/discord/link/?$", links.DiscordLinkView.as_view()),
    re_path(r"^auth/spotify/link/?$", links.SpotifyLinkView.as_view()),
    re_path(r"^auth/lastfm/link/?$", links.LastfmLinkView.as_view()),
    re_path(r"^auth/listenbrainz/link/?$", links.ListenBrainzLinkView.as_view()),
]
