"""Addresses of the pages."""

from django.urls import URLPattern, path

from sidetrack.pages import people

urlpatterns: list[URLPattern] = [
    path("members/", people.members, name="members"),
    path("settings/", people.settings, name="settings"),
    path("people/<username>/follow/", people.follow, name="follow"),
    path("people/<username>/unfollow/", people.unfollow, name="unfollow"),
    path("invite/<code>/", people.invite, name="invite"),
]
