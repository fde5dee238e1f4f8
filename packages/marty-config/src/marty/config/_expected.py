"""What a key expects, in the words of a message."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Literal, Optional, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr

from marty.config._schema import Shape, is_class


@dataclass(frozen=True)
class Expected:
    """Metadata for an annotation: the words for what it expects, as in "expected {noun}"."""

    noun: str


@lru_cache(maxsize=256)
def noun(shape: Shape) -> Optional[str]:
    """`an integer from 0 to 65535`, `one of auto, json, text`; None where only pydantic knows."""
    for mark in shape.metadata:
        if isinstance(mark, Expected):
            return mark.noun
    nouns = [_member_noun(each) for each in shape.members]
    known = [each for each in dict.fromkeys(nouns) if each is not None]
    return " or ".join(known) if known and None not in nouns else None


_NOUNS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool,), "true or false"),
    ((str, SecretStr, SecretBytes), "text"),
    ((PurePath,), "a path"),
    ((Mapping,), "a mapping"),
)


def _member_noun(shape: Shape) -> Optional[str]:
    for mark in shape.metadata:
        if isinstance(mark, Expected):
            return mark.noun
    annotation = shape.annotation
    if get_origin(annotation) is Literal:
        return one_of([str(value) for value in get_args(annotation)])
    if is_class(annotation, enum.Enum):
        return one_of([str(member.value) for member in annotation])
    words = next((words for kinds, words in _NOUNS if is_class(annotation, *kinds)), None)
    return words or _composed_noun(shape)


def _composed_noun(shape: Shape) -> Optional[str]:
    annotation = shape.annotation
    if is_class(annotation, BaseModel):
        keys = list(shape.fields)[:2]
        return " of keys such as ".join(("a mapping", " and ".join(keys))) if keys else "a mapping"
    if is_class(annotation, int, float):
        return ("an integer" if is_class(annotation, int) else "a number") + _range(shape)
    return "a list" if shape.is_list else None


def one_of(values: list[str]) -> str:
    """`one of a, b`, or the only one."""
    return values[0] if len(values) == 1 else "one of " + ", ".join(values)


def _range(shape: Shape) -> str:
    """` from 0 to 65535`, ` of at least 1`, from what annotated_types calls ge, gt, le and lt."""
    bounds: dict[str, object] = {}
    for mark in shape.metadata:
        for name in ("ge", "gt", "le", "lt"):
            bound = getattr(mark, name, None)
            if bound is not None:
                bounds[name] = bound
    if bounds.keys() >= {"ge", "le"}:
        return f" from {bounds['ge']} to {bounds['le']}"
    words = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    return "".join(f" {words[name]} {bound}" for name, bound in bounds.items())
