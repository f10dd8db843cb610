"""Jobs of the catalogue."""

from __future__ import annotations

from listening.services import refreshing
from listening.services.answers import Answers
from sidetrack.errors import NotFound
from sidetrack.jobs import Permanent, Run, daily, job

MOST_A_NIGHT = 300


@job("refresh_album", queue="default", timeout=900, retries=2)
def refresh_album(run: Run, *, album_id: int, fresh: bool = False, again: int = 0) -> dict[str, int]:
    """Looks an album up in other catalogues and fills what is missing: year, artists, tracks, cover, genres, ids."""
    try:
        done = refreshing.refresh_album(album_id, answers=Answers(fresh=fresh), keep=run.keep)
    except NotFound:
        raise Permanent("The album is gone.") from None
    later = refreshing.ask_again(album_id, done.until, again)
    return {**done.counts, **({"later": 1} if later else {})}


@job("refresh_albums", queue="maintenance", timeout=3600, retries=3)
def refresh_albums(run: Run, *, album_ids: list[int], fresh: bool = False) -> dict[str, int]:
    """Looks many albums up, as `refresh_album` does each."""
    done, again = refreshing.refresh_many(album_ids, answers=Answers(fresh=fresh), keep=run.keep)
    later = [refreshing.ask_again(pk, until, 0) for pk, until in again.items()]
    return {**done.counts, "later": len(later)}


@job("refresh_new_albums", queue="maintenance", timeout=600, retries=1, schedule=daily("04:10"))
def refresh_new_albums(run: Run) -> dict[str, int]:
    """Asks for the albums that were never looked up, the newest first, some hundred a night."""
    waiting = list(refreshing.albums_missing("look-up").values_list("pk", flat=True)[:MOST_A_NIGHT])
    return {"albums": len(waiting), "runs": len(refreshing.ask_for_many(waiting))}
