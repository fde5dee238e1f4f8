"""One sentence for what pydantic refused: from the type of its error and the schema, never from the value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic_core.core_schema import ErrorType

from marty.config._expected import noun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marty.config._schema import Shape
    from marty.config._tree import Node

_OUR_TYPES = {"duration", "size"}
_USER_TYPES = {"value_error", "assertion_error"}
_PYDANTIC_PREFIXES = ("path_", "ip_", "import_error", "payment_card")  # of its own types, not in its list
_KNOWN_TYPES = {*get_args(ErrorType), *_OUR_TYPES} - _USER_TYPES
_REFUSED = "not accepted"
_LONGEST = 300
_PIECE = 4  # characters of a secret that a message may not have in common with it

# Only what the schema says may be filled in: some of pydantic's own sentences quote the value.
_BOUNDS = {
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text that matches {pattern}",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "multiple_of": "a multiple of {multiple_of}",
    "path_not_file": "the path of a file that exists",
    "path_not_directory": "the path of a directory that exists",
    "path_exists": "a path at which nothing exists",
    "finite_number": "a finite number",
    "decimal_max_digits": "at most {max_digits} digits",
    "decimal_max_places": "at most {decimal_places} decimals",
    "union_tag_invalid": "one of {expected_tags} as its kind",
}
_FAMILIES = (
    ("string", "text"),
    ("bytes", "text"),
    ("bool", "true or false"),
    ("int", "an integer"),
    ("float", "a number"),
    ("decimal", "a number"),
    ("list", "a list"),
    ("tuple", "a list"),
    ("set", "a list"),
    ("frozen_set", "a list"),
    ("dict", "a mapping"),
    ("mapping", "a mapping"),
    ("model", "a mapping"),
    ("dataclass", "a mapping"),
    ("datetime", "a date and time such as 2025-01-31T12:30:00Z"),
    ("date", "a date such as 2025-01-31"),
    ("time_delta", "a duration such as PT20S"),
    ("time", "a time such as 12:30:00"),
    ("url", "a URL such as https://example.org/path"),
    ("uuid", "a UUID"),
    ("ip", "an IP address"),
    ("path", "a path"),
)


def is_from_user(error: Mapping[str, Any]) -> bool:
    """Whether a validator of the service raised it, and not pydantic or this package."""
    kind: str = error["type"]
    return kind not in _KNOWN_TYPES and not kind.startswith(_PYDANTIC_PREFIXES)


def sentence(errors: Sequence[Mapping[str, Any]], shape: Shape | None, node: Node, secrets: Sequence[str]) -> str:
    """What was expected at `node`, whose errors these are: more than one if it is a union."""
    for error in errors:
        if is_from_user(error):
            return _own_words(error, shape, secrets)
    known = noun(shape) if shape is not None else None
    expected = _bounds(errors, known or "") or known or _family(errors)
    if expected is None:
        return _REFUSED
    return f"expected {expected}{_remedy(expected, node)}"


def _remedy(expected: str, node: Node) -> str:
    if node.is_empty:
        return ", not an empty value"
    if expected == "text" and isinstance(node.value, (bool, int, float)):
        return "; put the value in quotes"
    if expected == "a list":
        return " such as [a, b]"
    return unquoted(expected, node)


def unquoted(expected: str, node: Node) -> str:
    """What to add where a string in a file was to be a truth."""
    is_string = isinstance(node.value, str) and not node.is_text
    return ", without quotes" if expected == "true or false" and is_string else ""


def _bounds(errors: Sequence[Mapping[str, Any]], known: str) -> str | None:
    kind = errors[0]["type"]
    # For .inf where an integer belongs, "a finite number" would not be enough.
    if len(errors) != 1 or kind not in _BOUNDS or (kind == "finite_number" and known.startswith("an integer")):
        return None
    context = {key: str(value).replace("'", "") for key, value in errors[0].get("ctx", {}).items()}
    return _BOUNDS[errors[0]["type"]].format_map(context)


def _family(errors: Sequence[Mapping[str, Any]]) -> str | None:
    found: dict[str, None] = {}
    for error in errors:
        for prefix, words in _FAMILIES:
            if str(error["type"]).startswith(prefix + "_"):
                found[words] = None
                break
    return " or ".join(found) or None


def _own_words(error: Mapping[str, Any], shape: Shape | None, secrets: Sequence[str]) -> str:
    """The text of the service's validator, unless a secret may be in it."""
    text = " ".join(str(error.get("ctx", {}).get("error") or error["msg"]).split())
    if (shape is not None and shape.is_secret) or any(_leaks(text, secret) for secret in secrets):
        return _REFUSED
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _leaks(text: str, secret: str) -> bool:
    pieces = [secret[at : at + _PIECE] for at in range(max(1, len(secret) - _PIECE + 1))]
    return any(piece in text for piece in pieces if piece)
