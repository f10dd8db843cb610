from integrations.models.accounts import LinkedAccount

__all__ = ["LinkedAccount"]
