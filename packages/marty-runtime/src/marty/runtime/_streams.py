"""Standard streams that were closed before this process began."""

from __future__ import annotations

import os
import sys


def open_missing() -> None:
    """Let closed standard streams lead to nowhere.

    Their numbers would else go to the first socket or log that is opened, where prints would write into it and
    where uvloop aborts the process when it closes one; and Python gives None for their objects.
    """
    while True:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened > 2:  # noqa: PLR2004 - stdin, stdout and stderr are all there
            os.close(opened)
            break
        os.set_inheritable(opened, True)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for the process's life
