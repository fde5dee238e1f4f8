"""Values with their positions, as every source gives them, and how two sources become one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from marty.config._errors import Fault
    from marty.config._origin import Origin
    from marty.config._schema import Shape


@dataclass(frozen=True)
class Node:
    """One value: a mapping if it has `entries`, a list if it has `items`, else the scalar `value`.

    `is_text` marks text that stands for a value of any type, as in a variable; a string in a file is one.
    `replaces` marks a mapping that took the place of something else: nothing below it shows through.
    `is_refused` marks a place whose value is lost to a fault that has been told.
    """

    origin: Origin
    value: object = None
    entries: Mapping[str, Node] | None = None
    items: tuple[Node, ...] | None = None
    key_origin: Origin | None = None
    is_text: bool = False
    replaces: bool = False
    is_refused: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether this is a null."""
        return self.value is None and self.entries is None and self.items is None


@dataclass(frozen=True)
class Reading:
    """What one source gave: its values, and what was wrong with it.

    `is_whole` is False when a value was lost to a fault: what others make of the rest is then no news.
    """

    tree: Node | None = None
    faults: tuple[Fault, ...] = ()
    is_whole: bool = True


def merge(low: Node, high: Node) -> Node:
    """`high` over `low`: mappings merge key by key, anything else replaces.

    Associative, so that sources may be merged in any grouping: a mapping that replaced a scalar remembers it.
    """
    if high.entries is None or high.replaces:
        return high
    if low.entries is None:
        return replace(high, replaces=True)
    entries = dict(low.entries)
    for key, node in high.entries.items():
        entries[key] = merge(entries[key], node) if key in entries else node
    return replace(high, entries=entries, replaces=low.replaces)


def plain(node: Node) -> object:
    """The value without its positions, for validation."""
    if node.entries is not None:
        return {key: plain(child) for key, child in node.entries.items()}
    if node.items is not None:
        return [plain(child) for child in node.items]
    return node.value


def find(node: Node, loc: Sequence[object]) -> tuple[Node, tuple[str, ...], tuple[object, ...]]:
    """The deepest node on a location, its path, and what is left of the location.

    A location of pydantic's also names the members of unions, which are no keys: one such step is passed over
    where the next one leads on.
    """
    path: list[str] = []
    rest = tuple(loc)
    while rest:
        child, length = _child(node, rest[0]), 1
        if child is None and len(rest) > 1:
            child, length = _child(node, rest[1]), 2
        if child is None:
            break
        node = child
        path.append(str(rest[length - 1]))
        rest = rest[length:]
    return node, tuple(path), rest


def _child(node: Node, step: object) -> Node | None:
    if node.entries is not None:
        return node.entries.get(str(step))
    if node.items is not None and str(step).isdecimal() and int(str(step)) < len(node.items):
        return node.items[int(str(step))]
    return None


def walk(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every node with its path, mappings and lists before what they hold."""
    yield path, node
    for key, child in (node.entries or {}).items():
        yield from walk(child, (*path, key))
    for index, child in enumerate(node.items or ()):
        yield from walk(child, (*path, str(index)))


def secrets(node: Node, shape: Shape | None, *, is_secret: bool = False) -> Iterator[str]:
    """Every value, as text, that is secret by its own shape or by that of what holds it."""
    is_secret = is_secret or (shape is not None and shape.is_secret and shape.section is None)
    for key, child in (node.entries or {}).items():
        yield from secrets(child, shape and shape.child(key), is_secret=is_secret)
    for child in node.items or ():
        yield from secrets(child, shape and shape.each, is_secret=is_secret)
    if is_secret and node.value is not None:
        yield str(node.value)
