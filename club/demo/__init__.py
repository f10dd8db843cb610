"""The demo club: thirty weeks of real albums, twenty-five made-up members and a year of their listening.

Built from a seed, the same each time for the same day. Every row of it can be told from real ones:
people by `is_demo`, weeks by a message reference on the platform "demo", albums by a tag of the
source "demo"; `remove` takes out exactly these.
"""

from club.demo.load import load
from club.demo.people import logins
from club.demo.remove import remove

__all__ = ["load", "logins", "remove"]
