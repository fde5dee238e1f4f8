"""Values given one key at a time, by variables and options, put together as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marty.config._schema import root
from marty.config._tree import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from marty.config._origin import Origin
    from marty.config._schema import Shape


def locate(
    parts: Sequence[str], model: type[BaseModel], *, folds_case: bool = False
) -> tuple[tuple[str, ...], Shape] | None:
    """The path and shape that a name leads to, or None for an unknown key.

    A name that `folds_case` matches keys in any case, and its free keys become lower case.

    In a mapping with free keys and plain values, all that is left is one key:
    `logging.levels.sqlalchemy.engine` is the level of the logger `sqlalchemy.engine`.
    """
    path: list[str] = []
    shape = root(model)
    left = [part.lower() for part in parts] if folds_case else list(parts)
    while left:
        key = _key(left, shape, folds_case=folds_case)
        below = shape.child(key) if key is not None else None
        if key is None or below is None:
            return None
        path.append(key)
        shape = below
    return tuple(path), shape


def _key(left: list[str], shape: Shape, *, folds_case: bool) -> str | None:
    """Take the next key off `left`."""
    if shape.section is not None:
        word = left.pop(0)
        return next((key for key in shape.fields if (key.lower() if folds_case else key) == word), None)
    if not shape.is_mapping or not all(left):
        return None
    if shape.each is not None and (shape.each.section or shape.each.is_mapping):
        return left.pop(0)
    key = ".".join(left)
    left.clear()
    return key


def nest(path: tuple[str, ...], node: Node, origin: Origin) -> Node:
    """The tree that holds `node` at `path` and nothing else."""
    for key in reversed(path):
        node = Node(origin, entries={key: node})
    return node
