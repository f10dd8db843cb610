"""Our own provider modules against the sandbox, through the one door: what a demo site does all day."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.budgets import PROVIDERS as BUDGETS
from integrations.errors import BadAnswer, ComeBackLater, Expired, Forbidden, MustReconnect, NotThere, Unavailable
from integrations.http import Patience, patience
from integrations.providers import coverart, deezer, discord, itunes, lastfm, listenbrainz, musicbrainz, reccobeats
from integrations.providers import spotify as ours
from integrations.sandbox.people import BY_KEY
from integrations.sandbox.server import Sandbox
from integrations.secret import Secret
from integrations.types import Access
from tests.integrations.sandboxes import BACK, CHALLENGE, DISCORD, LASTFM, SCOPES, SPOTIFY, VERIFIER, Clock, decide

pytestmark = pytest.mark.django_db(transaction=True)
ONCE = Patience(attempts=1, total=30.0, pause=0.0, connect=10.0, read=20.0, waits_for_budget=10.0)
HURRIED = replace(ONCE, read=0.5)
GUILD = "290926798626357999"


@pytest.fixture
def sandbox(settings):
    """Time stands still in it, a moment ago; every provider answers there."""
    with Sandbox(seed=1, clock=Clock(), limited=False, rotate=0.0) as running, patience(ONCE):
        url = running.url
        groups = [f"spotify.{group}" for group in ("search", "artist_albums", "playlists", "account")]
        settings.PROVIDER_RATES = [f"{name}=10000/1" for name in [*BUDGETS, *groups]]
        settings.SPOTIFY_API_URL, settings.SPOTIFY_ACCOUNTS_URL = f"{url}/spotify/v1", f"{url}/spotify-accounts"
        settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET = SPOTIFY
        settings.LASTFM_API_URL, settings.LASTFM_AUTH_URL = f"{url}/lastfm/2.0/", f"{url}/lastfm/api/auth/"
        settings.LASTFM_API_KEY, settings.LASTFM_API_SECRET = LASTFM
        settings.DISCORD_API_URL, settings.DISCORD_AUTHORIZE_URL = (
            f"{url}/discord/api",
            f"{url}/discord/oauth2/authorize",
        )
        settings.DISCORD_CLIENT_ID, settings.DISCORD_CLIENT_SECRET = DISCORD
        settings.LISTENBRAINZ_API_URL, settings.MUSICBRAINZ_API_URL = f"{url}/listenbrainz", f"{url}/musicbrainz/ws/2"
        settings.COVERART_URL, settings.RECCOBEATS_API_URL = f"{url}/coverart", f"{url}/reccobeats"
        settings.DEEZER_API_URL, settings.ITUNES_API_URL = f"{url}/deezer", f"{url}/itunes"
        yield running


def consented(address: str, person: str) -> str:
    """The code that somebody brings back from a consent page."""
    parts = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return decide(f"{parts.scheme}://{parts.netloc}{parts.path}", asked, person)["code"]


def tokens_of(person: str):
    address = ours.authorize_url("s", CHALLENGE, SCOPES.split(), BACK)
    return ours.exchange(consented(address, person), VERIFIER, BACK)


def at_spotify(person: str) -> Access:
    return Access(account_id=1, token=tokens_of(person).access_token, name=person)


@pytest.fixture
def album(sandbox):
    return next(album for album in sandbox.box.catalogue.albums if album.title == "Heaven or Las Vegas")


def test_somebody_signs_in_with_spotify_and_is_known_by_account_id(sandbox):
    tokens = tokens_of("ada")
    who = ours.who(Access(token=tokens.access_token))
    assert (who.id, who.name) == (BY_KEY["ada"].account_id(1), "Ada")
    assert "sandbox-ada" in who.former_ids
    fresh = ours.refresh(tokens.refresh_token)
    assert ours.who(Access(token=fresh.access_token)).id == who.id
    sandbox.box.clock.now += 3601
    with pytest.raises(Expired):
        ours.who(Access(token=fresh.access_token))
    sandbox.box.clock.now += 190 * 86400
    with pytest.raises(MustReconnect):
        ours.refresh(tokens.refresh_token)


def test_who_is_not_on_the_apps_list_is_forbidden(sandbox):
    with pytest.raises(Forbidden) as refused:
        ours.who(at_spotify("finn"))
    assert refused.value.reason == "allowlist"


def test_plays_of_spotify_are_read_and_what_is_none_is_skipped(sandbox):
    access, kept, skipped = at_spotify("ada"), set(), 0
    for _ in range(6):
        page = ours.recently_played(access)
        assert len(page.plays) + len(page.skipped) == 50
        kept |= {play.source_key for play in page.plays}
        skipped += len(page.skipped)
        sandbox.box.clock.now += 600
    assert len(kept) > 45
    assert skipped > 0


def test_albums_search_and_closed_features_of_spotify(sandbox, album):
    access = at_spotify("ada")
    found = ours.album(access, album.spotify)
    assert (found.title.removesuffix(" (Remastered)"), found.artist_credit, found.year) == (
        album.title,
        "Cocteau Twins",
        1990,
    )
    assert len(found.tracks) == len(album.tracks)
    long = next(each for each in sandbox.box.catalogue.albums if len(each.tracks) > 50)
    assert len(ours.album(access, long.spotify).tracks) == 69
    hits = ours.search_albums(access, f"album:{album.title} artist:Cocteau Twins")
    assert album.spotify in [hit.external_ids["spotify"] for hit in hits]
    with pytest.raises(Forbidden) as closed:
        ours.audio_features(access, [album.tracks[0].spotify])
    assert closed.value.reason == "closed"


def test_a_playlist_of_ours_is_made_filled_and_read(sandbox):
    access = at_spotify("ada")
    uris = [f"spotify:track:{track.spotify}" for track in sandbox.box.catalogue.tracks[:230]]
    made = ours.create(access, "Sunday", description="slow")
    ours.replace_items(access, made.id, uris)
    assert [item.uri for item in ours.items(access, made.id)] == uris
    ours.remove(access, made.id, uris[:3])
    assert ours.playlist(access, made.id).total == 227
    assert made.id in [each.id for each in ours.my_playlists(access)]
    assert len(ours.my_playlists(at_spotify("dai"))) == 55


def test_discord_knows_who_is_in_the_server(sandbox):
    def access(person):
        address = discord.authorize_url("s", CHALLENGE, ["identify", "email", "guilds.members.read"], BACK)
        return discord.exchange(consented(address, person), VERIFIER, BACK)

    ada, eve = access("ada"), access("eve")
    who = discord.who(Access(token=ada.access_token))
    assert (who.id, who.email, who.email_verified) == (BY_KEY["ada"].discord_id(1), "ada@example.org", True)
    assert discord.is_in_guild(Access(token=ada.access_token), GUILD)
    assert not discord.is_in_guild(Access(token=eve.access_token), GUILD)
    fresh = discord.refresh(ada.refresh_token)
    with pytest.raises(MustReconnect):
        discord.refresh(ada.refresh_token)
    discord.revoke(fresh.refresh_token)
    with pytest.raises((Expired, MustReconnect)):
        discord.who(Access(token=fresh.access_token))


def test_lastfm_is_linked_and_read(sandbox):
    parts = urlsplit(lastfm.auth_url(BACK))
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    token = decide(f"{parts.scheme}://{parts.netloc}{parts.path}", asked, "cleo")["token"]
    name, key = lastfm.session(token)
    assert name == "cleo"
    with pytest.raises(Forbidden) as hidden:
        lastfm.recent_tracks(Access(name="cleo"))
    assert hidden.value.reason == "private"
    page = lastfm.recent_tracks(Access(account_id=1, token=key, name="cleo"))
    assert len(page.plays) > 40
    assert page.total_pages
    assert [len(lastfm.recent_tracks(Access(name=name)).plays) for name in ("hana", "gus")] == [1, 0]
    with pytest.raises(NotThere):
        lastfm.user_info("nobody")


def test_the_same_plays_come_from_every_provider_with_keys_of_their_own(sandbox):
    at_lastfm = lastfm.recent_tracks(Access(name="ada")).plays
    at_listenbrainz = listenbrainz.listens(Access(name="ada"), count=60).plays
    both = {(play.track, play.artist) for play in at_lastfm[:40]} & {(p.track, p.artist) for p in at_listenbrainz}
    assert len(both) >= 20
    assert not {play.source_key for play in at_lastfm} & {play.source_key for play in at_listenbrainz}


def test_listenbrainz_is_linked_by_its_token_and_paged(sandbox):
    token = Secret(BY_KEY["ben"].listenbrainz_token(1))
    assert listenbrainz.validate_token(Access(token=token)).name == "ben"
    with pytest.raises(MustReconnect):
        listenbrainz.validate_token(Access(token=Secret("00000000-0000-0000-0000-000000000000")))
    total = listenbrainz.listen_count(Access(token=token, name="ben"))
    page = listenbrainz.listens(Access(token=token, name="ben"), count=1000)
    assert (len(page.plays), page.full, total > 1000) == (1000, True, True)


def test_musicbrainz_resolves_by_address_search_upc_and_isrc(sandbox, album):
    resources = [f"https://open.spotify.com/album/{each.spotify}" for each in sandbox.box.catalogue.albums[:100]]
    known = musicbrainz.by_urls(resources)
    assert 60 < len(known) < 100
    [best, *_] = musicbrainz.search_release_groups("Cocteau Twins", album.title).items
    assert (best.title, best.external_ids["musicbrainz"]) == (album.title, album.mbid)
    assert album.mbid in [each.external_ids["musicbrainz"] for each in musicbrainz.find_release_groups("heaven vegas")]
    assert musicbrainz.release_group(album.mbid).year == 1990
    assert len(musicbrainz.release(album.releases[0]).tracks) == len(album.tracks)
    assert musicbrainz.by_upc(album.upc)[0].title == album.title
    assert musicbrainz.by_isrc(album.tracks[0].isrc)[0].title == album.tracks[0].title
    groups = musicbrainz.release_groups_of(album.artists[0].mbid).items
    assert album.title in [group.title for group in groups]
    with pytest.raises(NotThere):
        musicbrainz.release_group("00000000-0000-4000-8000-000000000000")


def test_covers_features_and_the_other_catalogues(sandbox, album):
    covered = next(address for each in sandbox.box.catalogue.albums for address in [_cover(each.mbid)] if address)
    assert covered.startswith(sandbox.url)
    ids = [track.spotify for track in sandbox.box.catalogue.tracks[:40]]
    features = {each.asked_id: each for each in reccobeats.audio_features(ids)}
    assert 20 < len(features) < 40
    assert set(features) <= set(ids)
    assert deezer.album_by_upc(album.upc).title == album.title
    assert deezer.track_by_isrc(album.tracks[0].isrc).title == album.tracks[0].title
    assert [hit.title for hit in deezer.search("Cocteau Twins", album.title).items] == [album.title]
    assert len(itunes.album(str(album.itunes)).tracks) == len(album.tracks)
    assert itunes.search("Cocteau Twins", album.title)[0].title == album.title
    assert lastfm.album_info("Cocteau Twins", album.title).title == album.title
    assert "dream pop" in [tag.name for tag in lastfm.album_tags("Cocteau Twins", album.title)]
    with pytest.raises(NotThere):
        deezer.album("1")


def _cover(mbid: str) -> str:
    try:
        return coverart.front_of_release_group(mbid)
    except NotThere:
        return ""


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("500", Unavailable),
        ("503", Unavailable),
        ("429-long", ComeBackLater),
        ("reset", Unavailable),
        ("timeout", Unavailable),
        ("truncated", Unavailable),
        ("html", BadAnswer),
        ("other-person", BadAnswer),
    ],
)
@pytest.mark.parametrize("provider", [lastfm, listenbrainz])
def test_faults_come_out_as_what_they_are(sandbox, provider, fault, error):
    sandbox.box.faults.ask("all", fault, 1.0)
    with pytest.raises(error), patience(HURRIED if fault == "timeout" else ONCE):
        (lastfm.recent_tracks if provider is lastfm else listenbrainz.listens)(Access(name="ada"))
