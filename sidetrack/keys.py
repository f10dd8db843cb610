"""Keys that a first start makes for itself and keeps in the private data folder.

The folder holds the database of an embedded site, uploads and keys. It is readable by its owner only.
"""

import os
import secrets
from pathlib import Path


def private_folder(path: Path) -> Path:
    """The folder, made with mode 0700 when missing."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def kept_key(folder: Path, name: str) -> str:
    """The key kept in `folder/name`; made once, also when several processes start together."""
    path = folder / name
    if not path.exists():
        made = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text(encoding="ascii").strip()
