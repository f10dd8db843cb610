from django.apps import AppConfig


class ListeningConfig(AppConfig):
    name = "listening"

    def ready(self) -> None:
        from listening.services import merge_handlers, merging_catalogue, rights
        from sidetrack.rights import register

        merge_handlers.register(merging_catalogue.HANDLER)
        register(rights.HANDLER)
