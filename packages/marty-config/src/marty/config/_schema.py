"""What a settings class allows at each key, read from its annotations.

Validation itself stays with pydantic; this only answers what sources and messages need to know.
"""

import types
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Any, Optional, Union, get_args, get_origin

from pydantic import BaseModel, Secret, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

_UNIONS = (Union, getattr(types, "UnionType", Union))  # X | Y has a type of its own since 3.10

_LISTS = (Sequence, AbstractSet)


@dataclass(frozen=True, eq=False)
class Shape:
    """A type as annotated, with the metadata beside it, and what is known of it.

    Everything is worked out when first asked and then kept: annotations are slow to read.
    """

    annotation: Any
    metadata: tuple[object, ...] = ()

    @cached_property
    def members(self) -> tuple["Shape", ...]:
        """The alternatives of a union, or the shape alone; None left out, aliases and Annotated opened."""
        annotation, metadata = _opened(self.annotation, self.metadata)
        if get_origin(annotation) in _UNIONS:
            return tuple(each for member in get_args(annotation) for each in Shape(member).members)
        return () if annotation is type(None) else (Shape(annotation, metadata),)

    @cached_property
    def allows_none(self) -> bool:
        """Whether null is a value here."""
        annotation, _ = _opened(self.annotation, ())
        if get_origin(annotation) in _UNIONS:
            return any(Shape(member).allows_none for member in get_args(annotation))
        return annotation in (None, type(None), Any, object)

    @cached_property
    def section(self) -> Optional[type[BaseModel]]:
        """The model at this place, if there is exactly one; which of several it is, only pydantic knows."""
        kinds = [each.annotation for each in self.members if is_class(each.annotation, BaseModel, Mapping)]
        return kinds[0] if len(kinds) == 1 and is_class(kinds[0], BaseModel) else None

    @cached_property
    def fields(self) -> dict[str, "Shape"]:
        """The shapes of the section at this place, by the key that users write, in order of declaration."""
        if self.section is None:
            return {}
        return {
            key_of(name, field): Shape(field.annotation, tuple(field.metadata))
            for name, field in self.section.model_fields.items()
        }

    @cached_property
    def is_mapping(self) -> bool:
        """Whether a mapping with free keys is a value here."""
        return any(is_class(each.annotation, Mapping) for each in self.members)

    @cached_property
    def is_list(self) -> bool:
        """Whether a list is a value here."""
        return any(_is_list(each.annotation) for each in self.members)

    @cached_property
    def is_structured(self) -> bool:
        """Whether every value here is a mapping or a list."""
        kinds = [each.annotation for each in self.members]
        return bool(kinds) and all(is_class(kind, BaseModel, Mapping) or _is_list(kind) for kind in kinds)

    @cached_property
    def takes_text(self) -> bool:
        """Whether any text is a value here, so that text in a variable is that value itself."""
        return any(each.annotation in (Any, object) or _is_text(each.annotation) for each in self.members)

    @cached_property
    def is_secret(self) -> bool:
        """Whether a value here, or in a list or mapping here, must never be shown."""
        return any(
            is_class(each.annotation, Secret, SecretStr, SecretBytes)
            or any(Shape(argument).is_secret for argument in get_args(each.annotation))
            for each in self.members
        )

    @cached_property
    def each(self) -> Optional["Shape"]:
        """The shape of every entry of the mapping or list here, or None if it is not one shape for all."""
        kinds = [each.annotation for each in self.members if is_class(each.annotation, Mapping, *_LISTS)]
        if len(kinds) != 1 or _is_text(kinds[0]):
            return None
        arguments = [argument for argument in get_args(kinds[0]) if argument is not ...]
        if is_class(kinds[0], Mapping):
            arguments = arguments[-1:]
        return Shape(arguments[0]) if len(set(arguments)) == 1 else None

    def child(self, key: str) -> Optional["Shape"]:
        """The shape below `key`, or None if nothing is known about it."""
        return self.each if self.section is None else self.fields.get(key)

    def at(self, path: Sequence[str]) -> Optional["Shape"]:
        """The shape at a path of keys, or None if nothing is known about it."""
        shape: Optional[Shape] = self
        for key in path:
            shape = None if shape is None else shape.child(key)
        return shape

    def paths(self, prefix: tuple[str, ...] = (), above: tuple[type, ...] = ()) -> Iterator[tuple[str, ...]]:
        """Every key of the section here and of those below, as paths in order of declaration."""
        for key, shape in self.fields.items():
            yield (*prefix, key)
            if shape.section is not None and shape.section not in above:  # a model may hold itself
                yield from shape.paths((*prefix, key), (*above, shape.section))


@lru_cache(maxsize=32)
def root(model: type[BaseModel]) -> Shape:
    """The shape of a settings class."""
    return Shape(model)


def key_of(name: str, field: FieldInfo) -> str:
    """The key that users write for a field: its alias, if it has one."""
    if isinstance(field.validation_alias, str):
        return field.validation_alias
    return field.alias or name


def is_class(annotation: object, *bases: type) -> bool:
    """Whether the annotation is a class below one of `bases`, with or without parameters."""
    annotation = get_origin(annotation) or annotation
    return isinstance(annotation, type) and issubclass(annotation, bases)


def _is_list(annotation: object) -> bool:
    return is_class(annotation, *_LISTS) and not _is_text(annotation)


def _is_text(annotation: object) -> bool:
    return is_class(annotation, str, bytes, SecretStr, SecretBytes)


def _opened(annotation: Any, metadata: tuple[object, ...]) -> tuple[Any, tuple[object, ...]]:
    """What is behind Annotated, NewType and `type X = …`, with all the metadata on the way."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            for mark in more:
                metadata = (*metadata, *(mark.metadata if isinstance(mark, FieldInfo) else (mark,)))
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        else:
            return annotation, metadata
