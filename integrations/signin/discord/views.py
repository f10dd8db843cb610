from django.conf import settings

from integrations.providers import discord
from integrations.signin.oauth import Adapter, Begin, Callback, Client


class DiscordClient(Client):
    exchange = staticmethod(discord.exchange)


class DiscordAdapter(Adapter):
    provider_id = "discord"
    client_class = DiscordClient
    access_token_url = ""  # the provider module knows

    @property
    def authorize_url(self) -> str:
        return settings.DISCORD_AUTHORIZE_URL


oauth2_login = Begin.adapter_view(DiscordAdapter)
oauth2_callback = Callback.adapter_view(DiscordAdapter)
