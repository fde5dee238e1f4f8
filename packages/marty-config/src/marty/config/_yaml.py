"""YAML text to values with positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from marty.config._builder import Builder, StopError
from marty.config._origin import Origin
from marty.config._syntax import explain
from marty.config._tree import Node, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

# The C parser takes 1 ms for 100 keys, the one in Python 6 ms; not every build of PyYAML has it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: str, name: str) -> Reading:
    """The mapping in `text`, the content of the file shown as `name`; an empty text is an empty mapping.

    Reads the core schema of YAML 1.2. Refuses tags, merge keys, duplicate keys, keys that are no text,
    a second document, a root that is no mapping, over 50 levels and over 20,000 values.
    """
    builder = Builder(name)
    try:
        for event in _events(text):
            builder.take(event)
    except StopError:
        return Reading(None, tuple(builder.faults), is_whole=False)
    except yaml.MarkedYAMLError as error:
        mark, message = explain(error, text)
        builder.fault(builder.at(mark), message)
        return Reading(None, tuple(builder.faults), is_whole=False)
    root = builder.root
    if root is None or root.is_empty:
        root = Node(Origin("file", name), entries={})
    elif root.entries is None:
        builder.fault(root.origin, "expected keys such as http: or logging: at the top of the file")
        root = None
    return Reading(root, tuple(builder.faults), is_whole=builder.is_whole and root is not None)


def _events(text: str) -> Iterator[Any]:
    loader = _LOADER(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()
