"""Discord: who somebody is, and whether they are in the club's server. API v10, OAuth 2, forms only.

Facts: Discord's documentation as of 2026-08. 10,000 refused requests in 10 minutes ban our address for a while, so a
refusal is never asked again.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django.conf import settings

from integrations.errors import (
    BadAnswer,
    Busy,
    Expired,
    Forbidden,
    Misconfigured,
    MustReconnect,
    NotThere,
    ProviderError,
    Rejected,
)
from integrations.http import Answer, Call, send
from integrations.providers.answers import body_of, by_status, told_wait
from integrations.providers.base import Provider
from integrations.providers.reading import object_of, spoiled
from integrations.secret import Secret
from integrations.types import Access, Profile, Tokens
from integrations.values import digits_of, line, real, record, whole

NAME = "discord"
LABEL = "Discord"
_MOST_PAUSE = 7 * 86_400


def judge(call: Call, answer: Answer) -> ProviderError | None:
    """Reads every answer. A 429 says in its body for how long, with a fraction, and for whom."""
    if 200 <= answer.status < 300:
        return spoiled(call, answer) if answer.content else None
    if answer.status == 429:
        return _busy(call, answer)
    if call.group == "token":
        return _token_refusal(answer)
    if answer.status == 401:
        return Expired(NAME, "Discord wants to be asked anew who you are.")
    if answer.status == 403:
        return _forbidden(answer)
    return by_status(NAME, LABEL, answer)


def _busy(call: Call, answer: Answer) -> Busy:
    body = record(body_of(answer))
    told = real(body.get("retry_after"), 0, _MOST_PAUSE)
    wait = told if told is not None else told_wait(answer)
    if wait is None:
        wait = real(answer.headers.get("x-ratelimit-reset-after"), 0, _MOST_PAUSE)
    of_user = answer.headers.get("x-ratelimit-scope") == "user" and body.get("global") is not True
    per_account = of_user and call.access.account_id is not None
    return Busy(NAME, "Discord asks us to slow down.", retry_after=wait, per_account=per_account)


def _forbidden(answer: Answer) -> Forbidden:
    """50001 and 50013 (no access, no permission): an access without the scope for what we asked."""
    if whole(record(body_of(answer)).get("code")) in (50001, 50013):
        return Forbidden(NAME, "You have not allowed this; sign in with Discord again to allow it.", reason="scope")
    return Forbidden(NAME, "Discord does not let us do this.")


def _token_refusal(answer: Answer) -> ProviderError | None:
    error = line(record(body_of(answer)).get("error"))
    if error == "invalid_grant":
        return MustReconnect(NAME, "Discord does not take this consent any more; please sign in with it again.")
    if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
        return Misconfigured(NAME, "Discord does not know this site's application.")
    return by_status(NAME, LABEL, answer)


def authorize_url(state: str, challenge: str, scopes: Sequence[str], redirect: str) -> str:
    """Where the member consents. `challenge` is PKCE's (S256), "" without."""
    query = {
        "response_type": "code",
        "client_id": settings.DISCORD_CLIENT_ID,
        "redirect_uri": redirect,
        "scope": " ".join(scopes),
        "state": state,
    }
    if challenge:
        query |= {"code_challenge_method": "S256", "code_challenge": challenge}
    return f"{settings.DISCORD_AUTHORIZE_URL}?{urlencode(query)}"


def exchange(code: str, verifier: str, redirect: str) -> Tokens:
    """Tokens for a code just given. MustReconnect where the code is used, too old or not for this redirect."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
    return _tokens(form | ({"code_verifier": verifier} if verifier else {}))


def refresh(token: Secret) -> Tokens:
    """A new pair; the old refresh token is used up. MustReconnect where the grant is gone."""
    return _tokens({"grant_type": "refresh_token", "refresh_token": token.reveal()})


def revoke(token: Secret) -> None:
    """Take the grant back, given its access or refresh token. A token that is unknown there counts as taken back."""
    call = _token_call("revoke", {"token": token.reveal()})
    try:
        send(call, judge)
    except (MustReconnect, NotThere, Rejected):
        return


def who(access: Access) -> Profile:
    """`id` is the snowflake as text, the only key. The e-mail only where Discord verified it."""
    call = _call(access, "users/@me", "me")
    data = object_of(call, send(call, judge))
    snowflake = digits_of(data.get("id"))
    if not snowflake:
        raise BadAnswer(NAME, "Discord did not say who this is.")
    verified = data.get("verified") is True
    picture = line(data.get("avatar"))
    return Profile(
        id=snowflake,
        name=line(data.get("global_name")) or line(data.get("username")) or snowflake,
        email=line(data.get("email")) if verified else "",
        email_verified=verified and bool(line(data.get("email"))),
        avatar_url=f"https://cdn.discordapp.com/avatars/{snowflake}/{picture}.png" if picture.isalnum() else "",
    )


def is_in_guild(access: Access, guild_id: str) -> bool:
    """Is the member in this server? Needs the scope `guilds.members.read`. Anything but yes or no is raised."""
    if not digits_of(guild_id):
        raise Misconfigured(NAME, "The server of this club is not set rightly.")
    try:
        send(_call(access, f"users/@me/guilds/{guild_id}/member", "guild"), judge)
    except NotThere:
        return False
    return True


def probe(access: Access) -> object:
    """Does Discord answer? With a member's access: who they are; without: its gateway's address, open to all."""
    if access.token:
        return who(access)
    call = _call(access, "gateway", "me")
    return object_of(call, send(call, judge))


def _call(access: Access, path: str, group: str) -> Call:
    bearer = {"Authorization": f"Bearer {access.token.reveal()}"} if access.token else {}
    return Call(
        provider=NAME,
        url=f"{settings.DISCORD_API_URL}/v10/{path}",
        group=group,
        access=access,
        headers={"User-Agent": _user_agent(), **bearer},
    )


def _tokens(form: Mapping[str, str]) -> Tokens:
    call = _token_call("", form)
    data = object_of(call, send(call, judge))
    access, refreshing = data.get("access_token"), data.get("refresh_token")
    if not isinstance(access, str) or not access:
        raise BadAnswer(NAME, "Discord gave no token.")
    return Tokens(
        access_token=Secret(access),
        expires_in=whole(data.get("expires_in")),
        refresh_token=Secret(refreshing if isinstance(refreshing, str) else ""),
        scopes=tuple(line(data.get("scope")).split()),
    )


def _token_call(what: str, form: Mapping[str, str]) -> Call:
    return Call(
        provider=NAME,
        url=f"{settings.DISCORD_API_URL}/oauth2/token{f'/{what}' if what else ''}",
        method="POST",
        group="token",
        headers={"User-Agent": _user_agent(), "Authorization": f"Basic {_basic()}"},
        form=form,
        # Once more does no harm: whoever lost the answer to a one-time code or token has lost it either way.
        repeatable=True,
    )


def _basic() -> str:
    if not (settings.DISCORD_CLIENT_ID and settings.DISCORD_CLIENT_SECRET):
        raise Misconfigured(NAME, "This site has no Discord application.")
    return base64.b64encode(f"{settings.DISCORD_CLIENT_ID}:{settings.DISCORD_CLIENT_SECRET}".encode()).decode()


def _user_agent() -> str:
    """Discord wants this form, and turns others away."""
    return f"DiscordBot ({settings.SITE_URL}, {settings.VERSION})"


PROVIDER = Provider(
    name=NAME,
    label=LABEL,
    judge=judge,
    probe=probe,
    needs=("DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET"),
    who=who,
    refresh=refresh,
    revoke=revoke,
)
