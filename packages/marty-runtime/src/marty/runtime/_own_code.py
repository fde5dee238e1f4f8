"""Telling the service's own code from the libraries around it, for messages that a reader can act on."""

from __future__ import annotations

import sysconfig
from pathlib import Path

_OURS = str(Path(__file__).parent)
_LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def is_machinery(filename: str) -> bool:
    """Whether a file is the framework's or the import system's, and so never what a reader looks for."""
    return filename.startswith(("<frozen importlib", _OURS)) or "/importlib/" in filename


def is_own(filename: str) -> bool:
    """Whether a file is the service's: not machinery, nor an installed or the standard library's."""
    return not (
        is_machinery(filename) or filename.startswith(("<frozen ", *_LIBRARIES)) or "/site-packages/" in filename
    )
