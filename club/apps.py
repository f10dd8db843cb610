from django.apps import AppConfig


class ClubConfig(AppConfig):
    name = "club"

    def ready(self) -> None:
        from club.services import merging, rights
        from listening.services import merge_handlers
        from sidetrack.rights import register

        merge_handlers.register(merging.HANDLER)
        register(rights.HANDLER)
