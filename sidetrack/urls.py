"""The wiring of addresses; apps are named as strings."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from sidetrack.admin.site import desk
from sidetrack.api.errors import not_found
from sidetrack.health import health

api: list[URLPattern | URLResolver] = [
    path("", include("sidetrack.api.urls")),
    path("", include("integrations.api.urls")),
    path("", include("listening.api.urls")),
    path("", include("club.api.urls")),
    re_path(r"^.*$", not_found),
]

handler500 = "sidetrack.api.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("api/v1/", include(api)),
    path("accounts/", include("integrations.signin.urls")),
    path("accounts/", include("allauth.urls")),
    path("link/", include("integrations.signin.lastfm")),
    path("admin/", desk().urls),
    path("", include("sidetrack.pages.urls")),
    path("", include("integrations.pages.urls")),
    path("", include("listening.pages.urls")),
    path("", include("club.pages.urls")),
]
