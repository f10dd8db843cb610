"""Addresses of the API: the document and its browser, and the copy of one's data."""

from django.urls import URLPattern, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from sidetrack.api import rights

urlpatterns: list[URLPattern] = [
    re_path(r"^schema/?$", SpectacularJSONAPIView.as_view(throttle_classes=[]), name="schema"),
    re_path(r"^docs/?$", SpectacularSwaggerView.as_view(url_name="schema", throttle_classes=[]), name="docs"),
    re_path(r"^users/me/export/?$", rights.MyExport.as_view()),
]
