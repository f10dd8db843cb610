"""The site, and beside it the views it is measured against."""

from django.urls import include, path

from tests.bench import references

urlpatterns = [
    path("bench/empty", references.empty),
    path("bench/tiny", references.tiny),
    path("bench/nested/<int:pk>", references.Nested.as_view()),
    path("bench/cold/<int:pk>", references.Cold.as_view()),
    path("", include("sidetrack.urls")),
]
