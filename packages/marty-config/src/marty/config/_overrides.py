"""Options of the command line to values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marty.config._errors import Fault
from marty.config._keyed import locate, nest
from marty.config._origin import Origin, dotted, shown
from marty.config._suggest import did_you_mean, suggest
from marty.config._text import BadTextError, from_value, interpret
from marty.config._tree import Node, Reading, merge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from marty.config._provenance import Override


def read(overrides: Iterable[Override], model: type[BaseModel]) -> Reading:
    """The values of the overrides; of two for one key, the later counts."""
    tree = Node(Origin("option", "options"), entries={})
    faults: list[Fault] = []
    is_whole = True
    for override in overrides:
        origin = Origin("option", shown(override.flag))
        found = locate(override.key.split("."), model)
        if found is None:
            names = suggest(override.key, model)
            message = "unknown key" + (did_you_mean(names) or "; see the reference of settings")
            faults.append(Fault(origin, shown(override.key) or None, message))
            continue
        path, shape = found
        try:
            node = (
                interpret(override.value, shape, origin)
                if isinstance(override.value, str)
                else from_value(override.value, origin)
            )
            tree = merge(tree, nest(path, node, origin))
        except BadTextError as error:
            faults.append(Fault(origin, dotted(path), str(error)))
            is_whole = False
    return Reading(tree, tuple(faults), is_whole=is_whole)
