"""In front of allauth's own addresses: its pages about accounts elsewhere are ours."""

from django.urls import URLPattern, path, re_path
from django.views.generic import RedirectView

_connections = RedirectView.as_view(pattern_name="connections")

urlpatterns: list[URLPattern] = [
    path("3rdparty/", _connections),
    re_path(r"^3rdparty/.*$", RedirectView.as_view(pattern_name="account_login")),
    path("social/connections/", _connections),
    re_path(r"^social/.*$", RedirectView.as_view(pattern_name="account_login")),
]
