"""Addresses of the pages."""

from django.urls import URLPattern, path

from listening.pages import duplicates, imports, listening, lookups, merging, plays, sources

urlpatterns: list[URLPattern] = [
    path("people/<username>/listening/", listening.listening, name="listening"),
    path("people/<username>/listening/<slug:kind>/", listening.top, name="listening-top"),
    path("albums/<int:pk>/look-up/", lookups.look_up, name="album-look-up"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", imports.one_import, name="import"),
    path("imports/<int:pk>/cancel/", imports.cancel, name="import-cancel"),
    path("imports/<int:pk>/retry/", imports.retry, name="import-retry"),
    path("imports/<int:pk>/undo/", sources.undo, name="import-undo"),
    path("imports/<int:pk>/rejected.csv", imports.rejects, name="import-rejects"),
    path("listening/sources/", sources.sources, name="sources"),
    path("listening/sources/<slug:source>/delete/", sources.delete_source, name="source-delete"),
    path("listening/removals/<int:pk>/", sources.one_removal, name="removal"),
    path("listening/plays/deleted/", plays.deleted_plays, name="plays-deleted"),
    path("listening/plays/<int:pk>/delete/", plays.delete_play, name="listen-delete"),
    path("listening/plays/<int:pk>/bring-back/", plays.bring_play_back, name="listen-bring-back"),
    path("merging/", merging.merging, name="merging"),
    path("merging/history/", merging.merge_history, name="merge-history"),
    path("merging/pairs/<int:pk>/dismiss/", merging.not_the_same, name="merge-dismiss"),
    path("merging/pairs/<int:pk>/again/", merging.bring_up, name="merge-again"),
    path("merging/merges/<int:pk>/", merging.one_merge, name="merge"),
    path("merging/merges/<int:pk>/undo/", merging.undo, name="merge-undo"),
    path("merging/<slug:kind>/<int:pk>/", merging.merge_with, name="merge-with"),
    path("merging/<slug:kind>/<int:loser>/<int:winner>/", merging.merge_pair, name="merge-pair"),
    path("listening/duplicates/", duplicates.duplicates, name="duplicates"),
    path("listening/plays/<int:pk>/keep-apart/", duplicates.keep_apart, name="keep-apart"),
    path("listening/plays/<int:pk>/take-together/", duplicates.take_together, name="take-together"),
]
