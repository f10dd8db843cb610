"""What the listening knows of a member goes with an account elsewhere, where they or the site's owner want that.

What a provider's account brought is kept under the source of its name; files of the same service are sources of their
own and stay, but for exports of Last.fm and ListenBrainz that hold the very records the account brings.
"""

from __future__ import annotations

from integrations.unlinking import Handler, Loss
from listening.models import ListenEvent
from listening.selectors.sources import loss_of_source
from listening.services.removing import remove_source
from sidetrack.actors import Actor
from sidetrack.errors import NotFound
from sidetrack.models import User

SOURCE_OF = {
    "spotify": ListenEvent.Source.SPOTIFY,
    "lastfm": ListenEvent.Source.LASTFM,
    "listenbrainz": ListenEvent.Source.LISTENBRAINZ,
}
_FILES = {
    "spotify": "What you imported from Spotify's files stays.",
    "lastfm": "What you imported from exports of Last.fm is among them.",
    "listenbrainz": "What you imported from exports of ListenBrainz is among them.",
}


def loss(person: User, provider: str) -> Loss | None:
    if provider not in SOURCE_OF:
        return None
    try:
        lost = loss_of_source(person, SOURCE_OF[provider])
    except NotFound:
        return None
    number = f"{lost.records:,} {'play' if lost.records == 1 else 'plays'} that came in from there"
    stay = f"; {lost.stay:,} of them stay counted, since another source knows them too" if lost.stay else ""
    return Loss(lost.records, f"{number}{stay}. {_FILES[provider]}")


def delete(provider: str, by: Actor) -> None:
    if provider not in SOURCE_OF:
        return
    try:
        remove_source(SOURCE_OF[provider], by=by)
    except NotFound:
        return  # nothing came in


HANDLER = Handler("listening", loss, delete)
