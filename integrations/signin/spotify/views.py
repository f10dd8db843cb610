from django.conf import settings

from integrations.providers import spotify
from integrations.signin.oauth import Adapter, Begin, Callback, Client


class SpotifyClient(Client):
    exchange = staticmethod(spotify.exchange)


class SpotifyAdapter(Adapter):
    provider_id = "spotify"
    client_class = SpotifyClient
    access_token_url = ""  # the provider module knows

    @property
    def authorize_url(self) -> str:
        return f"{settings.SPOTIFY_ACCOUNTS_URL}/authorize"


oauth2_login = Begin.adapter_view(SpotifyAdapter)
oauth2_callback = Callback.adapter_view(SpotifyAdapter)
