"""Files of a service that changed, for reload."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import watchfiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_SUFFIXES = (".py", ".proto", ".yaml", ".yml", ".env")


class _SourceFilter(watchfiles.DefaultFilter):
    """Sources and configuration; the default leaves out .git, .venv, caches and the like."""

    def __call__(self, change: watchfiles.Change, path: str) -> bool:
        return path.endswith(_SUFFIXES) and super().__call__(change, path)


async def changed_files(folder: Path) -> AsyncIterator[list[str]]:
    """The files that changed below ``folder``, sorted and relative to it, once per burst of changes."""
    async for changes in watchfiles.awatch(folder, watch_filter=_SourceFilter(), debounce=200, step=50):
        yield sorted({str(Path(path).relative_to(folder)) for _, path in changes})
