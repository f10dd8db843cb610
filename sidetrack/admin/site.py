"""The admin site as the moderators' desk: allauth's sign-in, moderators only, our own models only."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from sidetrack.admin.base import moderates

OURS = frozenset({"sidetrack", "integrations", "listening", "club", "taste"})


def desk() -> admin.AdminSite:
    """The site for the URLs; called once, when all apps have registered their models.

    What the libraries register (queue rows, sessions of sign-in, groups) is taken off: it could be
    written past our services.
    """
    site = admin.site
    for model in list(site._registry):
        if model._meta.app_label not in OURS:
            site.unregister(model)
    site.index_title = "The moderators' desk"
    site.has_permission = moderates  # type: ignore[method-assign]
    site.login = secure_admin_login(site.login)  # type: ignore[method-assign]
    return site
