"""Addresses of the API."""

from django.urls import URLPattern, re_path

from listening.api import duplicates, imports, listens, music, removing, statistics

_PERSON = r"^users/(?P<pk>me|[0-9]{1,19})"

urlpatterns: list[URLPattern] = [
    re_path(r"^music/search/?$", music.MusicSearch.as_view()),
    re_path(r"^music/albums/?$", music.Albums.as_view()),
    re_path(r"^music/albums/(?P<pk>[0-9]{1,19})/?$", music.OneAlbum.as_view()),
    re_path(r"^music/albums/(?P<pk>[0-9]{1,19})/refresh/?$", music.AlbumRefresh.as_view()),
    re_path(r"^music/tracks/(?P<pk>[0-9]{1,19})/?$", music.OneTrack.as_view()),
    re_path(r"^listens/bulk/?$", listens.ListensBulk.as_view()),
    re_path(rf"{_PERSON}/listens/recent/?$", listens.RecentListensOf.as_view()),
    re_path(rf"{_PERSON}/summary/?$", statistics.SummaryOf.as_view()),
    re_path(rf"{_PERSON}/listening/clock/?$", statistics.ClockOf.as_view()),
    re_path(rf"{_PERSON}/listening/days/?$", statistics.DaysOf.as_view()),
    re_path(rf"{_PERSON}/listening/streaks/?$", statistics.StreaksOf.as_view()),
    re_path(rf"{_PERSON}/listening/firsts/?$", statistics.FirstsOf.as_view()),
    re_path(rf"{_PERSON}/listening/top/(?P<kind>artists|albums|tracks|genres)/?$", statistics.TopOf.as_view()),
    re_path(r"^imports/?$", imports.Imports.as_view()),
    re_path(r"^imports/(?P<pk>[0-9]{1,19})/?$", imports.OneImport.as_view()),
    re_path(r"^imports/(?P<pk>[0-9]{1,19})/cancel/?$", imports.ImportCancellation.as_view()),
    re_path(r"^imports/(?P<pk>[0-9]{1,19})/retry/?$", imports.ImportRetry.as_view()),
    re_path(r"^imports/(?P<pk>[0-9]{1,19})/undo/?$", removing.ImportUndoing.as_view()),
    re_path(r"^users/me/sources/?$", removing.SourcesOf.as_view()),
    re_path(r"^users/me/sources/(?P<source>[a-z_]{1,20})/?$", removing.OneSource.as_view()),
    re_path(r"^users/me/removals/(?P<pk>[0-9]{1,19})/?$", removing.OneRemoval.as_view()),
    re_path(r"^listens/(?P<pk>[0-9]{1,19})/?$", removing.OneListen.as_view()),
    re_path(r"^listens/(?P<pk>[0-9]{1,19})/restore/?$", removing.ListenRestoring.as_view()),
    re_path(r"^users/me/duplicates/?$", duplicates.Duplicates.as_view()),
    re_path(r"^listens/(?P<pk>[0-9]{1,19})/keep-apart/?$", duplicates.KeepApart.as_view()),
    re_path(r"^listens/(?P<pk>[0-9]{1,19})/take-together/?$", duplicates.TakeTogether.as_view()),
]
