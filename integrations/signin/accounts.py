"""What allauth asks our site about people's own addresses, where accounts elsewhere matter to the answer."""

from __future__ import annotations

from allauth.account.models import EmailAddress

from integrations.services.unlinking import leaves_a_way_in
from sidetrack.accounts import AccountAdapter as OwnAccountAdapter


class AccountAdapter(OwnAccountAdapter):
    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Not the last way in: without password and account elsewhere, nobody could sign in any more."""
        if not super().can_delete_email(email_address):
            return False
        return not email_address.primary or leaves_a_way_in(email_address.user, without_mail=True)
