"""Addresses of the pages."""

from django.urls import URLPattern, path

from club.pages import album, gallery, home, nominate, person, search, week

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("weeks/", gallery.weeks, name="weeks"),
    path("weeks/<int:number>/", week.week, name="week"),
    path("weeks/<int:number>/vote/", week.vote, name="vote"),
    path("weeks/<int:number>/rate/", week.rate_winner, name="rate"),
    path("weeks/<int:number>/rating/delete/", week.unrate, name="unrate"),
    path("weeks/<int:number>/nominate/", nominate.nominate_album, name="nominate"),
    path("weeks/<int:number>/nominate/albums/", nominate.album_choices, name="album_choices"),
    path("weeks/<int:number>/nominations/<int:pk>/withdraw/", nominate.withdraw, name="withdraw"),
    path("search/", search.search, name="search"),
    path("albums/add/", album.add_album, name="album-add"),
    path("albums/<int:pk>/", album.album, name="album"),
    path("albums/<int:pk>/tracks/", album.track_options, name="track_options"),
    path("people/<username>/", person.person, name="person"),
]
