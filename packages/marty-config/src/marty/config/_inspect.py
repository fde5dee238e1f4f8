"""Questions to loaded settings: which value, from where, in which environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from marty.config._origin import DEFAULT, Origin
from marty.config._schema import key_of, root
from marty.config._settings import ServiceSettings, provenance
from marty.config._suggest import did_you_mean, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator


def flatten(settings: ServiceSettings) -> dict[str, object]:
    """Every value by its dotted key, in order of declaration; lists are one value, secrets stay `SecretStr`.

    An empty mapping is a value of its own, so that loading all of them again gives equal settings.
    """
    return {".".join(path): value for path, value in _leaves(settings, ())}


def origins(settings: ServiceSettings) -> dict[str, Origin]:
    """The origin of every value, for the keys of `flatten` in the same order."""
    known = provenance(settings).origins
    return {key: known.get(key, DEFAULT) for key in flatten(settings)}


def origin(settings: ServiceSettings, key: str) -> Origin:
    """The origin of the value at a dotted key, or of a section: where the highest source names it.

    Raises:
        KeyError: if there is no such key.
    """
    known = provenance(settings).origins
    if key in known:
        return known[key]
    if key in flatten(settings) or tuple(key.split(".")) in set(root(type(settings)).paths()):
        return DEFAULT
    raise KeyError(f"{key}: unknown key{did_you_mean(suggest(key, type(settings)))}")


def environment(settings: ServiceSettings) -> str:
    """The name of the environment in force: `development` unless something else was asked for."""
    return provenance(settings).environment


def directory(settings: ServiceSettings) -> Path:
    """The folder of the service, absolute; the working directory for settings that were not loaded."""
    request = provenance(settings).request
    return Path.cwd() if request is None else request.directory


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _leaves(getattr(value, name), (*path, key_of(name, field)))
        for name, extra in (value.__pydantic_extra__ or {}).items():
            yield from _leaves(extra, (*path, name))
    elif isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, (*path, str(key)))
    else:
        yield path, value
