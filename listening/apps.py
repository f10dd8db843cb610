from django.apps import AppConfig


class ListeningConfig(AppConfig):
    name = "listening"

    def ready(self) -> None:
        from integrations import unlinking as elsewhere
        from listening.services import merge_handlers, merging_catalogue, rights, unlinking
        from sidetrack.rights import register

        merge_handlers.register(merging_catalogue.HANDLER)
        register(rights.HANDLER)
        elsewhere.register(unlinking.HANDLER)
