"""The order in which faults are told: that of the sources, low to high, and then that of position."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from marty.config._errors import Fault
    from marty.config._provenance import Override

_KINDS = ("default", "file", "variable", "option")


def in_order(faults: Iterable[Fault], files: Sequence[str], overrides: Iterable[Override]) -> tuple[Fault, ...]:
    """Each fault once; `files` by their shown names, low to high. What concerns no file in it comes first."""
    keys = [override.key for override in overrides]

    def place(fault: Fault) -> tuple[int, int, int, int, str]:
        at = fault.origin
        rank = 0
        if at.kind == "file":
            rank = files.index(at.name) if at.name in files else -1
        elif at.kind == "option":
            rank = keys.index(fault.key) if fault.key in keys else -1
        return _KINDS.index(at.kind), rank, at.line or 0, at.column or 0, at.name

    return tuple(sorted(dict.fromkeys(faults), key=place))
