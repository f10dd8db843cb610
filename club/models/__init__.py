from club.models.ballots import Vote
from club.models.messages import ExternalMessageRef
from club.models.ratings import Rating
from club.models.weeks import Nomination, Week

__all__ = ["ExternalMessageRef", "Nomination", "Rating", "Vote", "Week"]
