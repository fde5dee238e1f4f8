"""The errors of pydantic as faults, each at the place of its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marty.config._errors import Fault
from marty.config._origin import DEFAULT, Origin, dotted
from marty.config._schema import root
from marty.config._tree import Node, find, secrets
from marty.config._variables import name_of
from marty.config._wording import is_from_user, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import BaseModel

    from marty.config._ports import Clash

_Error = dict[str, Any]
_RANKS = ("default", "file", "variable", "option")


class Diagnosis:
    """What pydantic says of one tree, in our words. `base` stands for the base file, if there is one."""

    def __init__(self, tree: Node, model: type[BaseModel], base: Origin | None) -> None:
        self._tree = tree
        self._shape = root(model)
        self._base = base

    def is_across(self, error: _Error) -> bool:
        """Whether a validator of a whole section raised it, and not one of a single key."""
        node, path, rest = find(self._tree, error["loc"])
        return is_from_user(error) and node.entries is not None and not self._is_default(path, rest)

    def is_of_one_value(self, error: _Error) -> bool:
        """Whether it needs nothing but the one value, and no code of the service, to be wrong."""
        _, path, rest = find(self._tree, error["loc"])
        is_absent = error["type"] == "missing" or self._is_default(path, rest)
        return not is_from_user(error) and not is_absent

    def faults(self, errors: Sequence[_Error]) -> Iterator[Fault]:
        """One fault for each value, also where a union refused it several times."""
        groups: dict[tuple[str, ...], list[_Error]] = {}
        for error in errors:
            if error["type"] == "port_clash":
                for clash in error["ctx"]["clashes"]:
                    yield self._clash(clash)
            elif error["type"] == "missing":
                yield self._missing(error)
            else:
                _, path, rest = find(self._tree, error["loc"])
                path = (*path, str(rest[0])) if self._is_default(path, rest) else path
                groups.setdefault(path, []).append(error)
        hidden = list(secrets(self._tree, self._shape))
        for path, group in groups.items():
            node, taken, _ = find(self._tree, path)
            node = node if len(taken) == len(path) else Node(DEFAULT, "", is_text=True)
            if not node.is_refused:  # that has been told
                yield self._fault(path, node, group, hidden)

    def _is_default(self, path: tuple[str, ...], rest: tuple[object, ...]) -> bool:
        """Whether an error is about a key that no source gave."""
        shape = self._shape.at(path)
        return bool(rest) and shape is not None and str(rest[0]) in shape.fields

    def _fault(self, path: tuple[str, ...], node: Node, group: list[_Error], hidden: list[str]) -> Fault:
        first = group[0]
        key_origin = node.key_origin or node.origin
        if first["loc"][-1:] == ("[key]",):
            return Fault(key_origin, dotted(path), "not accepted as a key")
        if first["type"] == "extra_forbidden":
            return Fault(key_origin, dotted(path), "unknown key")
        origin = node.origin
        if is_from_user(first) and node.entries is not None:
            origin = key_origin if path else self._base or DEFAULT
        return Fault(origin, dotted(path), sentence(group, self._shape.at(path), node, hidden))

    def _missing(self, error: _Error) -> Fault:
        node, path, rest = find(self._tree, error["loc"])
        if node.items is not None:
            return Fault(node.origin, dotted(path), "expected more entries")
        path = (*path, str(rest[-1]))
        variable = name_of(".".join(path)) if path in set(self._shape.paths()) else None
        places = (node.key_origin, node.origin, self._base)
        origin = next((each for each in places if each is not None and each.kind == "file"), None)
        if origin is not None:
            remedy = f" or set {variable}" if variable else ""
            return Fault(origin, dotted(path), f"required but not set; add it here{remedy}")
        origin = Origin("variable", variable) if variable else node.origin
        return Fault(origin, dotted(path), "required but not set; set it here, or the key in a file")

    def _clash(self, clash: Clash) -> Fault:
        """Told of the key that its user changed last, as far as that can be known."""
        origin, other = self._origin(clash.key), self._origin(clash.other)
        if _RANKS.index(origin.kind) < _RANKS.index(other.kind):
            clash, origin, other = clash.swapped(), other, origin
        return Fault(origin, clash.key, clash.sentence(other))

    def _origin(self, key: str) -> Origin:
        node, _, rest = find(self._tree, key.split("."))
        return DEFAULT if rest else node.origin
