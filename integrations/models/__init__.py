from integrations.models.accounts import GoneAccount, LinkedAccount

__all__ = ["GoneAccount", "LinkedAccount"]
