from integrations.signin.oauth import Provider
from integrations.signin.spotify.views import SpotifyAdapter


class SpotifyProvider(Provider):
    id = "spotify"
    name = "Spotify"
    oauth2_adapter_class = SpotifyAdapter


provider_classes = [SpotifyProvider]
