"""Forms of the connections pages."""

from __future__ import annotations

from typing import Any

from django import forms

from integrations.models import DataPolicy
from integrations.services.policy import SWITCHES

_PLAIN = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


class LastfmNameForm(forms.Form):
    username = forms.CharField(
        max_length=120,
        label="Your name at Last.fm",
        help_text="We read it as anybody could, which is enough where your listening there is open to all. Nothing "
        "proves then that it is yours.",
        widget=forms.TextInput(attrs=_PLAIN),
    )


class ListenBrainzTokenForm(forms.Form):
    token = forms.CharField(
        max_length=200,
        label="Your user token",
        help_text='It stands on <a href="https://listenbrainz.org/settings/" rel="nofollow noopener">'
        "listenbrainz.org/settings</a>. Kept encrypted, and shown to nobody.",
        widget=forms.PasswordInput(attrs=_PLAIN),
    )


class UnlinkForm(forms.Form):
    delete_listens = forms.BooleanField(required=False, label="Also delete what it brought")


class PolicyForm(forms.Form):
    """The three switches, in plain words."""

    spotify_in_profiles = forms.BooleanField(
        required=False,
        label="Use plays from Spotify in taste profiles",
        help_text="Off: profiles, matches and recommendations are made from Last.fm, ListenBrainz and imported files "
        "only. Spotify's developer terms do not like profiles made of what it tells.",
    )
    spotify_to_model = forms.BooleanField(
        required=False,
        label="Send what comes from Spotify to a language model",
        help_text="Off: no title, name or play that came from Spotify is sent. Spotify's developer terms forbid "
        "feeding its content to a model; switch this on only if you have its word.",
    )
    delete_on_unlink = forms.BooleanField(
        required=False,
        label="Delete Spotify's plays when a member disconnects it",
        help_text="On: they always go, and the member is told before. Spotify's developer terms ask for it. Off: the "
        "member chooses.",
    )

    @staticmethod
    def values_of(policy: DataPolicy) -> dict[str, Any]:
        return {name: getattr(policy, name) for name in SWITCHES}
