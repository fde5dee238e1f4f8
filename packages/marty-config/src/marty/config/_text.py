"""Text from a variable or an option to a value of the type of its key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from marty.config._expected import noun
from marty.config._origin import shown
from marty.config._scalars import AmbiguousScalarError, resolve
from marty.config._tree import Node

if TYPE_CHECKING:
    from marty.config._origin import Origin
    from marty.config._schema import Shape

_SURROGATE = re.compile("[\ud800-\udfff]")  # how Python keeps a byte of a variable that is no UTF-8
_MOST_CHARACTERS = 1024 * 1024
_DEEPEST = 50


class BadTextError(ValueError):
    """Text that stands for no value of its key; the message says what was expected, never the text."""


def interpret(text: str, shape: Shape, origin: Origin) -> Node:
    """The value that `text` stands for at a key of this shape.

    Text is itself where text is allowed. Elsewhere `{…}` and `[…]` are JSON, `null` is null where that is
    allowed, and the rest is left for validation to convert.

    Raises:
        BadTextError: if it is empty, too long, no UTF-8, or JSON that is missing or cannot be read.
    """
    if len(text) > _MOST_CHARACTERS:
        raise BadTextError("longer than 1 MiB; put it into a file")
    if _SURROGATE.search(text):
        raise BadTextError("not UTF-8; set it to text in UTF-8")
    if shape.takes_text:
        return Node(origin, text, is_text=True)
    stripped = text.strip()
    if not stripped:
        raise BadTextError(f"empty; expected {noun(shape) or 'a value'}")
    if stripped[0] in "[{":
        return from_value(_read_json(stripped, shape), origin)
    if shape.is_structured:
        raise BadTextError(_as_json(shape))
    if stripped in ("null", "~") and shape.allows_none:
        return Node(origin)
    return Node(origin, _literal(stripped, shape), is_text=True)


def from_value(value: object, origin: Origin) -> Node:
    """A value with one origin for all that is in it."""
    if isinstance(value, dict):
        return Node(origin, entries={str(key): from_value(each, origin) for key, each in value.items()})
    if isinstance(value, (list, tuple)):
        return Node(origin, items=tuple(from_value(each, origin) for each in value))
    return Node(origin, value)


def _literal(text: str, shape: Shape) -> object:
    """The one of `Literal[1, 2]` that is meant: pydantic converts no text to these."""
    for each in shape.members:
        if get_origin(each.annotation) is Literal and text not in get_args(each.annotation):
            try:
                value = resolve(text)
            except AmbiguousScalarError:
                return text
            if value in get_args(each.annotation):
                return value
    return text


def _read_json(text: str, shape: Shape) -> object:
    remedy = f"; {_as_json(shape)}"
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise BadTextError(f"not valid JSON at character {error.pos + 1}{remedy}") from None
    except RecursionError:
        raise BadTextError(f"nested more than {_DEEPEST} levels deep") from None
    except BadTextError:
        raise
    except ValueError:  # more digits than int() takes
        raise BadTextError(f"a number in the JSON is too long{remedy}") from None
    if _depth(value) > _DEEPEST:
        raise BadTextError(f"nested more than {_DEEPEST} levels deep")
    return value


def _as_json(shape: Shape) -> str:
    example = '["a", "b"]' if shape.is_list else '{"key": "value"}'
    return f"expected {noun(shape) or 'a value'}, as JSON such as {example}"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries: dict[str, object] = {}
    for key, value in pairs:
        if key in entries:
            raise BadTextError(f"the key {shown(key)} is given twice in the JSON; remove one")
        entries[key] = value
    return entries


def _refuse(constant: str) -> object:
    raise BadTextError(f"{constant} is not JSON; write a number")


def _depth(value: object) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        below: list[object] = []
        for each in level:
            if isinstance(each, (dict, list)):
                below.extend(each.values() if isinstance(each, dict) else each)
        level = below
    return deepest
