"""How people come in by e-mail and password; admission to the club is a separate step."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up makes a pending person; an invite kept in the session admits them."""
