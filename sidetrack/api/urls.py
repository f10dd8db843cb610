"""Addresses of the API."""

from django.urls import URLPattern, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

urlpatterns: list[URLPattern] = [
    re_path(r"^schema/?$", SpectacularAPIView.as_view(throttle_classes=[]), name="schema"),
    re_path(r"^docs/?$", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]
