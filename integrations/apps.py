from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Accounts elsewhere"

    def ready(self) -> None:
        from integrations.services.rights import HANDLER
        from sidetrack.rights import register

        register(HANDLER)
