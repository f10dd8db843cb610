"""accounts.spotify.com: consent, codes and tokens. A grant ends six months after the consent, whatever is refreshed."""

from __future__ import annotations

from integrations.sandbox import consent, ids
from integrations.sandbox.box import Box
from integrations.sandbox.web import Reply, Request, Routes, answer, page

GRANT_SECONDS = 183 * 86400
SCOPES = frozenset(
    [
        "user-read-private",
        "user-read-email",
        "user-read-recently-played",
        "user-read-currently-playing",
        "user-read-playback-state",
        "user-modify-playback-state",
        "user-top-read",
        "user-library-read",
        "user-library-modify",
        "user-follow-read",
        "user-follow-modify",
        "user-read-playback-position",
        "playlist-read-private",
        "playlist-read-collaborative",
        "playlist-modify-public",
        "playlist-modify-private",
        "ugc-image-upload",
        "streaming",
        "app-remote-control",
    ]
)
accounts = Routes("spotify", "/spotify-accounts", lambda _: page("Not found", "", 404))


@accounts.on("GET", "/authorize", is_page=True)
def authorize(box: Box, request: Request) -> Reply:
    ask = consent.read_ask(request.args, scopes=SCOPES, title="Spotify (sandbox)")
    return consent.consent_page(box, "Spotify", request.args, ask.scopes, "/spotify-accounts/authorize")


@accounts.on("POST", "/authorize", is_page=True)
def decide(box: Box, request: Request) -> Reply:
    ask = consent.read_ask(request.form, scopes=SCOPES, title="Spotify (sandbox)")
    return consent.decided(box, ask, request.form, "spotify")


@accounts.on("POST", "/api/token")
def token(box: Box, request: Request) -> Reply:
    client, secret = consent.client_of(request)
    if not consent.is_known(client):
        raise consent.oauth_error("invalid_client", "Invalid client")
    if secret is not None and not consent.same(secret, consent.secret_of(client)):
        raise consent.oauth_error("invalid_client", "Invalid client secret")
    kind = request.form.get("grant_type", "")
    if kind == "authorization_code":
        return _first(box, request, client, has_secret=secret is not None)
    if kind == "refresh_token":
        return _again(box, request, client, has_secret=secret is not None)
    if kind == "client_credentials" and secret is not None:
        return answer(_tokens(box, "", [], client=client), Cache_Control="no-store")
    raise consent.oauth_error("unsupported_grant_type", "grant_type parameter is missing or not supported")


def _first(box: Box, request: Request, client: str, *, has_secret: bool) -> Reply:
    grant = consent.redeemed(box, request, "spotify", client, has_secret)
    scopes = box.store.get("grant", grant)["scopes"]
    refresh = {"refresh_token": consent.new_refresh(box, grant)}
    return answer({**_tokens(box, grant, scopes), **refresh}, Cache_Control="no-store")


def _again(box: Box, request: Request, client: str, *, has_secret: bool) -> Reply:
    """With a new refresh token now and then; where an app has no secret, always, and the old one is dead."""
    given = request.form.get("refresh_token", "")
    with box.store.at_once():  # of two that ask at once, one finds a rotated token dead
        found = box.store.get("refresh", given)
        grant = found and box.store.get("grant", found["grant"])
        if not grant or grant["client"] != client or grant["provider"] != "spotify":
            raise consent.oauth_error("invalid_grant", "Refresh token revoked")
        if grant["at"] + GRANT_SECONDS <= box.now:
            raise consent.oauth_error("invalid_grant", "Refresh token expired")
        if not has_secret and not grant["public"]:
            raise consent.oauth_error("invalid_client", "Invalid client secret")
        tokens = _tokens(box, found["grant"], grant["scopes"])
        if grant["public"] or ids.fraction(box.seed, "rotate", tokens["access_token"]) < box.rotate:
            box.store.take("refresh", given)
            tokens["refresh_token"] = consent.new_refresh(box, found["grant"])
    return answer(tokens, Cache_Control="no-store")


def _tokens(box: Box, grant: str, scopes: list[str], *, client: str = "") -> dict[str, object]:
    access = consent.new_access(box, grant, box.token_seconds, client=client)
    scope = {"scope": " ".join(scopes)} if grant else {}
    return {"access_token": access, "token_type": "Bearer", "expires_in": box.token_seconds, **scope}
