"""Addresses of the pages."""

from django.urls import URLPattern, path

from listening.pages import imports, listening

urlpatterns: list[URLPattern] = [
    path("people/<username>/listening/", listening.listening, name="listening"),
    path("people/<username>/listening/<slug:kind>/", listening.top, name="listening-top"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", imports.one_import, name="import"),
    path("imports/<int:pk>/cancel/", imports.cancel, name="import-cancel"),
    path("imports/<int:pk>/retry/", imports.retry, name="import-retry"),
]
