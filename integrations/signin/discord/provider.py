from integrations.signin.discord.views import DiscordAdapter
from integrations.signin.oauth import Provider


class DiscordProvider(Provider):
    id = "discord"
    name = "Discord"
    oauth2_adapter_class = DiscordAdapter


provider_classes = [DiscordProvider]
