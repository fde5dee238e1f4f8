"""The parser's events of one YAML document to a tree, within limits.

Events, and not PyYAML's composed nodes: the composer calls itself, so that a deep text ends the process, and
it takes aliases and duplicate keys before anyone can count them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from marty.config._errors import Fault
from marty.config._origin import Origin, dotted
from marty.config._scalars import AmbiguousScalarError, resolve
from marty.config._tree import Node

_STRING_TAGS = {"!", "tag:yaml.org,2002:str"}
# Without the word itself: a secret that starts with ! or * is taken for a tag or an alias.
_TAGGED = "tags are not supported; quote a value that starts with !"
_DEEPEST = 50
_MOST_NODES = 20_000


@dataclass
class _Open:
    """A mapping or list that has begun."""

    start: Origin
    anchor: str | None
    is_mapping: bool
    entries: dict[str, Node] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    key: str | None = None
    key_origin: Origin | None = None
    is_refused: bool = False
    is_tagged: bool = False
    size: int = 1
    height: int = 1


class StopError(Exception):
    """Nothing after this place can be read."""


class Builder:
    """Takes events in their order and builds the tree of one document."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Node | None = None
        self.documents = 0
        self.faults: list[Fault] = []
        self.is_whole = True
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._count = 0

    def take(self, event: Any) -> None:
        """One more event."""
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._stop(event, "a second document starts here; keep one in a file")
        elif isinstance(event, yaml.AliasEvent):
            self._take_alias(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self._stack.pop()
            if done.is_mapping:
                node = Node(done.start, entries=done.entries)
            else:
                node = Node(done.start, items=tuple(done.items))
            if done.is_tagged:
                node = Node(done.start, is_refused=True)
            self._place(node, done.anchor, done.size, done.height)

    def at(self, mark: Any) -> Origin:
        """The origin for a mark of the parser, which counts from 0."""
        return Origin("file", self.name, mark.line + 1, mark.column + 1)

    def fault(self, origin: Origin, message: str, *, is_lost: bool = True) -> None:
        """Note what is wrong at a place."""
        steps = (each.key if each.is_mapping else str(len(each.items)) for each in self._stack)
        path = tuple(step for step in steps if step is not None)
        self.faults.append(Fault(origin, dotted(path), message))
        self.is_whole = self.is_whole and not is_lost

    def _stop(self, event: Any, message: str) -> None:
        self.fault(self.at(event.start_mark), message)
        raise StopError

    def _open(self, event: Any) -> None:
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if self._awaits_key():
            self._stop(event, "a key must be plain text")
        if event.tag is not None:
            self.fault(self.at(event.start_mark), _TAGGED)
        if len(self._stack) >= _DEEPEST:
            self._stop(event, f"nested more than {_DEEPEST} levels deep")
        self._tally(event, 1)
        is_tagged = event.tag is not None
        self._stack.append(_Open(self.at(event.start_mark), event.anchor, is_mapping, is_tagged=is_tagged))

    def _take_alias(self, event: Any) -> None:
        if self._awaits_key():
            self._stop(event, "a key must be plain text")
        if event.anchor not in self._anchors:
            self._stop(event, "no such anchor is complete above; quote a value that starts with *")
        node, size, height = self._anchors[event.anchor]
        if len(self._stack) + height - 1 > _DEEPEST:
            self._stop(event, f"nested more than {_DEEPEST} levels deep")
        self._tally(event, size)
        self._place(replace(node, origin=self.at(event.start_mark)), None, size, height)

    def _take_scalar(self, event: Any) -> None:
        origin = self.at(event.start_mark)
        self._tally(event, 1)
        if self._awaits_key():
            self._begin_entry(event, origin)
            return
        node = Node(origin, event.value)
        if event.tag is not None and event.tag not in _STRING_TAGS:
            self.fault(origin, _TAGGED)
            node = Node(origin, is_refused=True)
        elif event.tag is None and not event.style:
            try:
                node = Node(origin, resolve(event.value))
            except AmbiguousScalarError as error:
                self.fault(origin, str(error))
                node = Node(origin, is_refused=True)
        self._place(node, event.anchor, 1, 1)

    def _begin_entry(self, event: Any, origin: Origin) -> None:
        into = self._stack[-1]
        into.key, into.key_origin, into.is_refused = event.value, origin, False
        if event.value == "<<" and not event.style:
            self.fault(origin, "merge keys are not supported; write the keys out, or use an overlay")
            into.is_refused = True
        elif event.tag is not None and event.tag not in _STRING_TAGS:
            self.fault(origin, _TAGGED)
        elif event.value in into.entries:
            first = into.entries[event.value].key_origin
            self.fault(origin, f"given twice, first in line {first.line if first else 1}; remove one")

    def _place(self, node: Node, anchor: str | None, size: int, height: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, size, height)
        if not self._stack:
            self.root = node
            return
        into = self._stack[-1]
        into.size += size
        into.height = max(into.height, height + 1)
        if into.key is not None:
            if not into.is_refused:
                into.entries.setdefault(into.key, replace(node, key_origin=into.key_origin))
            into.key = None
        else:
            into.items.append(node)

    def _awaits_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].is_mapping and self._stack[-1].key is None

    def _tally(self, event: Any, size: int) -> None:
        self._count += size
        if self._count > _MOST_NODES:
            self._stop(event, f"more than {_MOST_NODES} values, aliases counted each time")
