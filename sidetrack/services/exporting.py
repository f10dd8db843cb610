"""A copy of all that is kept about a member: a zip made by a job, gone after a while.

Each section is written to a part of its own in a private folder and renamed when it is whole, so that a job that was
killed goes on with the section it died in. A part's count stands in the row before the part has its name.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from sidetrack.actors import Actor
from sidetrack.errors import NotAllowed, Throttled
from sidetrack.jobs import enqueue
from sidetrack.keys import private_folder
from sidetrack.models import DataExport, JobRun, User
from sidetrack.rights import PIECE, Section, handlers

AGAIN_AFTER = timedelta(hours=4)
"""Until a member may ask for the next copy."""

STALLED = timedelta(minutes=10)
_ORPHANED = timedelta(hours=1)
_FOLDER = "exports"
_COPIED = 1024 * 1024
State = DataExport.State
Keep = Callable[[], None]


class Overtaken(Exception):
    """The export is no longer wanted from us: its member left, or another worker has made it."""


def ask_for_export(*, by: Actor) -> DataExport:
    """Queue a copy of the acting person's data; one that is open already is returned instead.

    Raises Throttled where they had one a few hours ago.
    """
    if by.user is None or by.token is not None:
        raise NotAllowed("Only you can ask for a copy of your data.")
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).filter(pk=by.user.pk, is_active=True).first()
        if person is None:
            raise NotAllowed("This account was deleted.", code="gone")
        open_ = DataExport.objects.filter(user=person, state__in=DataExport.OPEN).first()
        if open_ is not None:
            return open_
        wait = wait_for_next(person)
        if wait is not None:
            hours = AGAIN_AFTER.seconds // 3600
            raise Throttled(f"You can ask for a copy every {hours} hours.", wait=wait.total_seconds())
        export = DataExport.objects.create(user=person)
        _hand_out(export)
    return export


def wait_for_next(person: User) -> timedelta | None:
    """How long until they may ask again; None where they may now. What failed does not count."""
    made = DataExport.objects.filter(user=person).exclude(state=State.FAILED).order_by("-created_at").first()
    left = made.created_at + AGAIN_AFTER - timezone.now() if made else timedelta(0)
    return left if left > timedelta(0) else None


def sections_of(person: User) -> list[Section]:
    """Every section of every app, left to right."""
    return [section for handler in handlers() for section in handler.export(person)]


def make_export(export_id: int, *, keep: Keep = lambda: None) -> dict[str, int]:
    """Write an export to its end, from where it stands; returns its rows by section.

    `keep` is called with every piece and may end it by raising.
    """
    folder = _parts(export_id)
    try:
        export = _begin(export_id)
        if export is None:
            return {}
        private_folder(folder)
        sections = sections_of(export.user)
        for section in sections:
            if not (folder / section.name).exists():
                _write(export, section, folder, keep)
        packed = _pack(export, sections, folder, keep)
        _finish(export, packed)
    except Overtaken:
        if not DataExport.objects.filter(pk=export_id, state__in=DataExport.OPEN).exists():
            shutil.rmtree(folder, ignore_errors=True)
        return {}
    shutil.rmtree(folder, ignore_errors=True)
    return dict(export.sections)


def fail_export(export_id: int, why: str) -> None:
    """Give an open export up, with a sentence for its member."""
    failed = DataExport.objects.filter(pk=export_id, state__in=DataExport.OPEN)
    if failed.update(state=State.FAILED, error=why, finished_at=timezone.now()):
        shutil.rmtree(_parts(export_id), ignore_errors=True)


def drop_export(export: DataExport) -> None:
    """Delete its file, its parts and its row."""
    shutil.rmtree(_parts(export.pk), ignore_errors=True)
    if export.file:
        default_storage.delete(str(export.file.name))
    export.delete()


def look_after_exports() -> dict[str, int]:
    """Expire what is old, hand out again what nobody works on, delete files that no export names. Returns counts."""
    now = timezone.now()
    old = DataExport.objects.filter(state=State.DONE, expires_at__lte=now)
    expired = sum(_expire(pk) for pk in old.values_list("pk", flat=True))
    resumed, failed = _stalled(now)
    return {"expired": expired, "resumed": resumed, "failed": failed, "orphans": _drop_orphans(now)}


def _parts(export_id: int) -> Path:
    return Path(settings.MEDIA_ROOT) / _FOLDER / f"parts-{export_id}"


def _begin(export_id: int) -> DataExport | None:
    """The export, being made; None where there is nothing to make."""
    open_ = DataExport.objects.filter(pk=export_id, state__in=DataExport.OPEN, user__is_active=True)
    if not open_.update(state=State.RUNNING, progressed_at=timezone.now()):
        raise Overtaken
    return DataExport.objects.select_related("user").filter(pk=export_id).first()


def _write(export: DataExport, section: Section, folder: Path, keep: Keep) -> None:
    """One part, renamed when it is whole."""
    rows, count = section.rows(), 0
    unfinished = folder / f".{section.name}.{uuid4().hex}"
    with open(_private(unfinished), "w", encoding="utf-8") as part:
        while True:
            lines = [json.dumps(row, ensure_ascii=False, default=_plain) + "\n" for row in islice(rows, PIECE)]
            part.writelines(lines)
            count += len(lines)
            _tell(export, {section.name: count}, keep)
            if len(lines) < PIECE:
                break
        part.flush()
        os.fsync(part.fileno())
    unfinished.rename(folder / section.name)


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _tell(export: DataExport, counts: dict[str, int], keep: Keep) -> None:
    """Raises Overtaken where the export is not ours to make any more."""
    keep()
    export.sections |= counts
    mine = DataExport.objects.filter(pk=export.pk, state=State.RUNNING, user__is_active=True)
    if not mine.update(sections=export.sections, progressed_at=timezone.now()):
        raise Overtaken


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value)} is no JSON")


def _pack(export: DataExport, sections: Iterable[Section], folder: Path, keep: Keep) -> Path:
    """The parts and a readme as one zip in the folder."""
    packed = folder / f".{uuid4().hex}.zip"
    with open(_private(packed), "wb") as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", readme(sections, export))
        for section in sections:
            info = zipfile.ZipInfo(section.name, export.created_at.utctimetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as member:
                for piece in _pieces_of(folder / section.name, keep):
                    member.write(piece)
    return packed


def _pieces_of(path: Path, keep: Keep) -> Iterator[bytes]:
    """The bytes of a file, with `keep` called now and then between them."""
    kept = 0.0
    with path.open("rb") as file:
        while piece := file.read(_COPIED):
            if time.monotonic() - kept > 1:
                keep()
                kept = time.monotonic()
            yield piece


def readme(sections: Iterable[Section], export: DataExport) -> str:
    """What is in the zip, in plain words."""
    lines = [
        f"What {settings.CLUB_NAME} keeps about you ({export.user.username}), as of {_plain(export.created_at)}.",
        "",
        "Each file has one JSON object a line (JSON Lines). Times are in UTC, as 2025-11-24T20:00:00Z; null says that",
        "nothing is known. Numbers that end in _id are this site's own. What others wrote, passwords, and codes and",
        "tokens that open a door are not in here.",
    ]
    for section in sections:
        count = export.sections.get(section.name, 0)
        lines += ["", f"{section.name}: {count} line{'' if count == 1 else 's'}", f"  {section.about}"]
        lines += [f"  {name}: {meaning}" for name, meaning in section.fields.items()]
    return "\n".join(lines) + "\n"


def _finish(export: DataExport, packed: Path) -> None:
    """The zip becomes the export's file; the member's former one goes."""
    with packed.open("rb") as file:
        name = default_storage.save(f"{_FOLDER}/{timezone.now():%Y/%m}/{uuid4().hex}.zip", File(file))
    now = timezone.now()
    mine = DataExport.objects.filter(pk=export.pk, state=State.RUNNING, user__is_active=True)
    made = mine.update(
        state=State.DONE,
        file=name,
        size=default_storage.size(name),
        finished_at=now,
        expires_at=now + timedelta(days=settings.EXPORT_DAYS),
    )
    if not made:
        default_storage.delete(name)
        raise Overtaken
    former = DataExport.objects.filter(user=export.user, state=State.DONE, pk__lt=export.pk)
    for pk in former.values_list("pk", flat=True):
        _expire(pk)


@transaction.atomic
def _expire(export_id: int) -> int:
    export = DataExport.objects.select_for_update().filter(pk=export_id, state=State.DONE).first()
    if export is None:
        return 0
    name = str(export.file.name)
    DataExport.objects.filter(pk=export_id).update(state=State.EXPIRED, file="", size=0)
    transaction.on_commit(lambda: default_storage.delete(name))
    return 1


def _stalled(now: datetime) -> tuple[int, int]:
    resumed = failed = 0
    for export in DataExport.objects.filter(state__in=DataExport.OPEN, progressed_at__lt=now - STALLED):
        last = JobRun.objects.filter(job__name="make_export", key=_key(export)).order_by("-pk").first()
        if last is not None and last.state in JobRun.OPEN:
            continue
        if last is not None and last.state == JobRun.State.FAILED:
            fail_export(export.pk, "Making this copy failed several times. You can ask for it again.")
            failed += 1
        else:
            _hand_out(export)
            resumed += 1
    return resumed, failed


def _hand_out(export: DataExport) -> None:
    enqueue("make_export", {"export_id": export.pk}, key=_key(export), by=export.user)


def _key(export: DataExport) -> str:
    return f"export-{export.pk}"


def _drop_orphans(now: datetime) -> int:
    """What a worker left that was killed at the wrong moment."""
    folder = Path(settings.MEDIA_ROOT) / _FOLDER
    dropped = 0
    for parts in folder.glob("parts-*"):
        number = parts.name.removeprefix("parts-")
        if not DataExport.objects.filter(pk=int(number), state__in=DataExport.OPEN).exists():
            shutil.rmtree(parts, ignore_errors=True)
            dropped += 1
    for path in folder.glob("*/*/*.zip"):
        name = str(path.relative_to(settings.MEDIA_ROOT))
        young = path.stat().st_mtime > (now - _ORPHANED).timestamp()
        if not young and not DataExport.objects.filter(file=name).exists():
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped
