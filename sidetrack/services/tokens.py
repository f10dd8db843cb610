"""Service tokens: made with their secret shown once, revoked for good."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid
from sidetrack.models import ServiceToken
from sidetrack.models.tokens import SCOPES, digest, new_secret
from sidetrack.text import checked_line

LONGEST_DAYS = 3650


@transaction.atomic
def make_token(
    name: str, scopes: list[str], *, by: Actor, expires_in_days: int | None = None
) -> tuple[ServiceToken, str]:
    """A token and its secret, which is kept nowhere and cannot be shown again."""
    by.must_moderate()
    name = checked_line(name, "name", 80)
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise Invalid(
            f"There is no scope {', '.join(unknown)}. There are: {', '.join(SCOPES)}.",
            attr="scopes",
            code="invalid_choice",
        )
    if not scopes:
        raise Invalid("A token needs at least one scope.", attr="scopes", code="required")
    if expires_in_days is not None and not 1 <= expires_in_days <= LONGEST_DAYS:
        raise Invalid(f"A token lives 1 to {LONGEST_DAYS} days.", attr="expires_in_days", code="out_of_range")
    secret = new_secret()
    token = ServiceToken(
        name=name,
        prefix=secret[:8],
        secret_hash=digest(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_by=by.user,
        expires_at=timezone.now() + timedelta(days=expires_in_days) if expires_in_days else None,
    )
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError:
        raise Conflict("There is a token with this name already.", attr="name", code="unique") from None
    audit.record("token.make", token, by=by, after={"scopes": token.scopes, "expires_in_days": expires_in_days})
    return token, secret


@transaction.atomic
def revoke_token(token: ServiceToken, *, by: Actor, reason: str = "") -> ServiceToken:
    """From now on the token opens nothing. Revoking twice changes nothing."""
    by.must_moderate()
    if ServiceToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record("token.revoke", token, by=by, reason=reason)
    token.refresh_from_db()
    return token
