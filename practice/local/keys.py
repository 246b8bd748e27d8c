"""The secrets of a local installation: made once, kept beside the database and not in it."""

import base64
import os
import secrets
import tempfile
from pathlib import Path


def key(state: Path, name: str) -> str:
    """Return the secret `name` of `state`, 32 random bytes in URL-safe base64; makes it when there is none.

    Processes that ask for it at the same time all get the same one.
    """
    path = state / "keys" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    return path.read_text().strip()


def _make(path: Path) -> None:
    text = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    handle, unfinished = tempfile.mkstemp(dir=path.parent)  # 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text + "\n")
        os.link(unfinished, path)  # whole, or not at all, and never over another's
    except FileExistsError:
        pass
    finally:
        os.unlink(unfinished)
