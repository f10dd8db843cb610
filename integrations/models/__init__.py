from integrations.models.accounts import GoneAccount, LinkedAccount
from integrations.models.outside import Bucket, Capability, DataPolicy, ProviderBlock

__all__ = ["Bucket", "Capability", "DataPolicy", "GoneAccount", "LinkedAccount", "ProviderBlock"]
