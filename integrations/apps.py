from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Accounts elsewhere"

    def ready(self) -> None:
        from integrations import checks  # noqa: F401 - registers them
        from integrations.logs import hide_addresses
        from integrations.services.rights import HANDLER
        from sidetrack.rights import register

        register(HANDLER)
        hide_addresses()
