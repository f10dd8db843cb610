"""Addresses of the pages."""

from django.urls import URLPattern, path

from sidetrack.pages import people, rights

urlpatterns: list[URLPattern] = [
    path("members/", people.members, name="members"),
    path("settings/", people.settings, name="settings"),
    path("settings/data/", rights.data, name="data"),
    path("settings/data/copy/", rights.ask, name="export-ask"),
    path("settings/data/exports/<int:pk>/", rights.download, name="export-download"),
    path("settings/data/delete/", rights.delete, name="data-delete"),
    path("people/<username>/follow/", people.follow, name="follow"),
    path("people/<username>/unfollow/", people.unfollow, name="unfollow"),
    path("invite/<code>/", people.invite, name="invite"),
]
