"""Whole or nothing: a folder is filled out of sight and appears in one step.

A target that is missing appears by one rename. A target that exists and is empty keeps its identity, since it
may be somebody's working directory or a mount: it is filled by one rename per entry, and emptied again if one
fails.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from marty.templates._errors import TargetExistsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHOWN = 5


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """An empty folder that is at `target` once the block ends well, and gone if it does not.

    It lies on the same file system. Only kill -9 can leave it, as `.<name>-<8 hex digits>` beside the target,
    or inside it where the target exists.

    Raises:
        TargetExistsError: when `target` is a file, or a folder with anything in it.
        OSError: when the file system refuses.
    """
    _refuse_taken(target)
    # Folders missing above the target are staged along with it: the one rename makes them too.
    missing = [path for path in (target, *target.parents) if not path.exists()]
    top = missing[-1] if missing else target / target.name
    hidden = top.with_name(f".{top.name}-{os.urandom(4).hex()}")
    folder = hidden / target.relative_to(top) if missing else hidden
    try:
        folder.mkdir(parents=True)  # not mkdtemp: its mode is 0700, and this one is the project's
        yield folder
        if missing:
            hidden.rename(top)
        else:
            _move_entries(hidden, target)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def _refuse_taken(target: Path) -> None:
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir():
        raise TargetExistsError(f"'{target}' is there and is not a folder: choose another place")
    entries = sorted(entry.name for entry in target.iterdir())
    if entries:
        more = f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
        held = ", ".join(entries[:_SHOWN]) + more
        raise TargetExistsError(f"'{target}' is not empty, it holds {held}: choose another folder")


def _move_entries(source: Path, target: Path) -> None:
    moved: list[Path] = []
    try:
        for entry in sorted(source.iterdir()):
            moved.append(target / entry.name)
            entry.rename(moved[-1])
        source.rmdir()
    except BaseException:
        for path in moved:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        raise
