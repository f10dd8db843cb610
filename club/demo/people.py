"""Who is in the demo club: twenty-five members and one who waits at the door."""

from __future__ import annotations

from dataclasses import dataclass

from sidetrack.models import User

PASSWORD = "needle-drop-demo"
"""The one password of all demo logins. It is public: production refuses to start with demo people."""

_MEMBER, _MODERATOR, _OWNER = User.Role.MEMBER, User.Role.MODERATOR, User.Role.OWNER


@dataclass(frozen=True)
class DemoPerson:
    """`plays` is about how many listens a year holds; `likes` are words looked for in genres."""

    username: str
    name: str
    zone: str
    plays: int
    likes: tuple[str, ...]
    role: str = _MEMBER
    status: str = User.Status.MEMBER
    visibility: str = User.Visibility.MEMBERS
    hides_name: bool = False
    says: str = ""

    @property
    def signs_in(self) -> bool:
        """Whether this person has the demo password; the others were met through Discord only."""
        return bool(self.says)


PEOPLE = (
    DemoPerson(
        "marguerite", "Marguerite Oyelaran", "Europe/London", 1350, ("soul", "afrobeat", "jazz"), _OWNER, says="owner"
    ),
    DemoPerson("tomasz", "Tomasz Wilk", "Europe/Warsaw", 900, ("post-punk", "krautrock"), _MODERATOR, says="moderator"),
    DemoPerson("priya", "Priya Raman", "Asia/Kolkata", 1100, ("art pop", "electronic"), _MODERATOR),
    DemoPerson("jonas", "Jonas Lindqvist", "Europe/Stockholm", 1450, ("dream pop", "shoegaze", "indie"), says="member"),
    DemoPerson("hana", "Hana Kobayashi", "Asia/Tokyo", 1200, ("city pop", "j-rock", "dub"), visibility="public"),
    DemoPerson("dez", "Dez Whitfield", "America/Chicago", 1000, ("hip hop", "neo soul"), visibility="public"),
    DemoPerson("ines", "Inês Carvalho", "Europe/Lisbon", 780, ("MPB", "tropicália", "samba")),
    DemoPerson("callum", "Callum Reid", "Europe/London", 640, ("britpop", "post-punk", "punk")),
    DemoPerson("yusuf", "Yusuf Demir", "Europe/Istanbul", 820, ("psychedelic", "arabic", "desert blues")),
    DemoPerson("beatriz", "Beatriz Nogueira", "America/Sao_Paulo", 940, ("MPB", "r&b", "art pop")),
    DemoPerson("nikolai", "Nikolai Petrov", "Europe/Riga", 500, ("post-punk", "coldwave", "IDM"), visibility="nobody"),
    DemoPerson("wren", "Wren Halloran", "America/New_York", 1300, ("indie", "folk", "singer-songwriter")),
    DemoPerson("amara", "Amara Diallo", "Africa/Dakar", 700, ("desert blues", "afrobeat", "r&b")),
    DemoPerson("soren", "Søren Thygesen", "Europe/Copenhagen", 560, ("ambient", "minimalism", "post-rock")),
    DemoPerson("lucia", "Lucía Fernández", "Europe/Madrid", 850, ("flamenco", "art pop", "synthpop")),
    DemoPerson("mateo", "Mateo Rojas", "America/Bogota", 430, ("son cubano", "dub", "trip hop"), hides_name=True),
    DemoPerson("chidi", "Chidi Eze", "Africa/Lagos", 660, ("afrobeat", "hip hop", "funk")),
    DemoPerson("freya", "Freya Holm", "Europe/Oslo", 520, ("dream pop", "ambient", "folk")),
    DemoPerson("gus", "Gus Papadakis", "Australia/Melbourne", 480, ("house", "plunderphonics", "disco")),
    DemoPerson("ottilie", "Ottilie Brandt", "Europe/Berlin", 980, ("krautrock", "electronic", "techno")),
    DemoPerson("reza", "Reza Farahani", "America/Toronto", 610, ("post-rock", "art rock", "jazz")),
    DemoPerson("sun-hee", "박선희", "Asia/Seoul", 740, ("psychedelic", "pop", "art pop")),
    DemoPerson("theo", "Théo Garnier", "Europe/Paris", 570, ("chanson", "downtempo", "house")),
    DemoPerson("kiri", "Kiri Tamahere", "Pacific/Auckland", 450, ("electropop", "neo soul", "dub")),
    DemoPerson("abe", "Abe Sandoval", "America/Los_Angeles", 890, ("grunge", "noise", "industrial")),
    DemoPerson(
        "newcomer", "Nell Newcombe", "Europe/Dublin", 0, (), status=User.Status.PENDING, says="waiting to be admitted"
    ),
)


def discord_id(position: int) -> str:
    """A made-up Discord id: a snowflake of the right shape."""
    return str(100_000_000_000_001_000 + 17 * position)


def logins() -> list[tuple[str, str, str]]:
    """(username, password, what they are) of everybody in the demo who can sign in."""
    return [(person.username, PASSWORD, person.says) for person in PEOPLE if person.signs_in]
