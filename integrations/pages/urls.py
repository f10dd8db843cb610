"""Addresses of the pages of accounts elsewhere."""

from django.urls import URLPattern, path

from integrations.pages import connections, policy

urlpatterns: list[URLPattern] = [
    path("settings/connections/", connections.connections, name="connections"),
    path("settings/connections/lastfm/name/", connections.lastfm_name, name="connect-lastfm-name"),
    path("settings/connections/listenbrainz/token/", connections.listenbrainz_token, name="connect-listenbrainz"),
    path("settings/connections/<slug:provider>/connect/", connections.connect, name="connect"),
    path("settings/connections/<slug:provider>/disconnect/", connections.disconnect, name="disconnect"),
    path("settings/spotify-policy/", policy.spotify_policy, name="spotify-policy"),
]
