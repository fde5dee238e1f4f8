"""What pydantic would take in silence: unknown keys where a model ignores them, and types it converts."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from marty.config._errors import Fault
from marty.config._expected import noun, one_of
from marty.config._origin import dotted
from marty.config._schema import is_class, root
from marty.config._suggest import LONGEST, did_you_mean, suggest
from marty.config._tree import Node, Reading
from marty.config._wording import unquoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from marty.config._schema import Shape


_WELL_TOLD = 100  # faults; finding the nearest key for each of thousands would take seconds


def fit(reading: Reading, model: type[BaseModel]) -> Reading:
    """The reading without the values that its model has no place for, and with a fault for each of them."""
    if reading.tree is None:
        return reading
    fitting = _Fitting(model)
    tree = fitting.fit(reading.tree, root(model), ())
    return Reading(tree, (*reading.faults, *fitting.faults), is_whole=reading.is_whole and fitting.is_whole)


class _Fitting:
    def __init__(self, model: type[BaseModel]) -> None:
        self.faults: list[Fault] = []
        self.is_whole = True
        self._model = model

    def fit(self, node: Node, shape: Shape | None, path: tuple[str, ...]) -> Node | None:
        """The node as far as it fits, or None if nothing is left of it."""
        if shape is None or node.is_refused:
            return None if node.is_refused else node
        if node.entries is not None:
            return replace(node, entries=self._fit_entries(node, shape, path))
        if node.items is not None:
            below = shape.each
            fitted = [self.fit(item, below, (*path, str(at))) or item for at, item in enumerate(node.items)]
            return replace(node, items=tuple(fitted))
        # `http:` with all its keys commented out says nothing.
        if node.is_empty and (shape.section is not None or shape.is_mapping) and not shape.allows_none:
            return None
        if not _is_mixed_up(node, shape):
            return node
        self.faults.append(Fault(node.origin, dotted(path), _mixed_up(node, shape)))
        self.is_whole = False
        return None

    def _fit_entries(self, node: Node, shape: Shape, path: tuple[str, ...]) -> dict[str, Node]:
        model = shape.section
        known = None if model is None or model.model_config.get("extra") == "allow" else shape.fields
        entries: dict[str, Node] = {}
        for key, child in (node.entries or {}).items():
            if known is not None and key not in known:
                origin = child.key_origin or child.origin
                self.faults.append(Fault(origin, dotted((*path, key)), self._unknown((*path, key), known)))
                continue
            fitted = self.fit(child, shape.child(key), (*path, key))
            if fitted is not None:
                entries[key] = fitted
        return entries

    def _unknown(self, path: tuple[str, ...], known: Iterable[str]) -> str:
        if len(self.faults) >= _WELL_TOLD:
            return "unknown key"
        *parent, key = path
        names = suggest(".".join(path), self._model)
        if key in names:  # the one place where a key is not dotted
            return f"unknown key; in a file it is nested: {key.replace('.', ': {', 1)}: …}}"
        if not names:  # within a list or a mapping with free keys, which `suggest` does not enter
            names = tuple(".".join((*parent, each)) for each in get_close_matches(key[:LONGEST], known, 1))
        return "unknown key" + (did_you_mean(names) or "; expected " + one_of(list(known)))


def _mixed_up(node: Node, shape: Shape) -> str:
    expected = noun(shape) or "another type"
    return f"expected {expected}{unquoted(expected, node)}"


def _is_mixed_up(node: Node, shape: Shape) -> bool:
    """Whether pydantic would convert between a truth, a number and a word that YAML tells apart."""
    if node.is_text or shape.takes_text:
        return False
    kinds = [each.annotation for each in shape.members]
    takes_bool = any(is_class(kind, bool) for kind in kinds)
    takes_number = any(is_class(kind, int, float) and not is_class(kind, bool) for kind in kinds)
    if isinstance(node.value, bool):
        return takes_number and not takes_bool
    return takes_bool and not takes_number and isinstance(node.value, (int, float, str)) and len(kinds) == 1
