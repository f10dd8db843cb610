"""Make the totals of all time anew, or compare them with a recount."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.models import TotalsState
from listening.services.totals import LINE, build_totals, differences
from sidetrack.models import User

_SHOWN = 20


class Command(BaseCommand):
    help = (
        f"Make the totals of all time anew, which members with {LINE} plays and more have. With --check nothing is "
        "written: they are compared with a recount, and a difference is told and makes the exit code 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", metavar="NAME", help="Username of one member; everybody otherwise.")
        parser.add_argument("--check", action="store_true", help="Compare only.")

    def handle(self, *args: Any, **options: Any) -> None:
        people = self._people(options["user"])
        wrong = [self._check(person) for person in people] if options["check"] else []
        if any(wrong):
            raise CommandError("Totals differ from a recount. Without --check this command puts them right.")
        if options["check"]:
            self.stdout.write(f"The totals of {sum(_stand(person) for person in people)} members are right.")
        else:
            standing = [person.username for person in people if build_totals(person.pk, anew=True)]
            self.stdout.write(f"Totals made for {len(standing)} members: {', '.join(standing) or 'nobody needs them'}.")

    def _people(self, name: str | None) -> list[User]:
        if name is None:
            return list(User.objects.order_by("pk"))
        found = User.objects.filter(username=name.lower()).first()
        if found is None:
            raise CommandError(f"There is nobody named {name!r}.")
        return [found]

    def _check(self, person: User) -> bool:
        """Tell how a member's totals are wrong; False where they are not."""
        found = differences(person.pk)
        for sentence in found[:_SHOWN]:
            self.stdout.write(f"{person.username}: {sentence}")
        if len(found) > _SHOWN:
            self.stdout.write(f"{person.username}: and {len(found) - _SHOWN} more.")
        return bool(found)


def _stand(person: User) -> bool:
    return TotalsState.objects.filter(user=person).exists()
