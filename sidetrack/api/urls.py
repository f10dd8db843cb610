"""Addresses of the API: the document and its browser."""

from django.urls import URLPattern, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

urlpatterns: list[URLPattern] = [
    re_path(r"^schema/?$", SpectacularJSONAPIView.as_view(throttle_classes=[]), name="schema"),
    re_path(r"^docs/?$", SpectacularSwaggerView.as_view(url_name="schema", throttle_classes=[]), name="docs"),
]
