"""Addresses of the API."""

from django.urls import URLPattern, re_path

from listening.api import imports, listens

_PERSON = r"^users/(?P<pk>me|[0-9]{1,19})"

urlpatterns: list[URLPattern] = [
    re_path(r"^listens/bulk/?$", listens.ListensBulk.as_view()),
    re_path(rf"{_PERSON}/listens/recent/?$", listens.RecentListensOf.as_view()),
    re_path(rf"{_PERSON}/summary/?$", listens.SummaryOf.as_view()),
    re_path(r"^imports/?$", imports.Imports.as_view()),
    re_path(r"^imports/(?P<pk>[0-9]{1,19})/?$", imports.OneImport.as_view()),
    re_path(r"^imports/(?P<pk>[0-9]{1,19})/cancel/?$", imports.ImportCancellation.as_view()),
]
