"""Which templates there are. All are one folder of data, told apart by the answer to its question `kind`."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from marty.templates._errors import UnknownTemplateError


@dataclass(frozen=True)
class Template:
    """One kind of service: its name, as a user types it, and a line about it."""

    name: str
    summary: str


_TEMPLATES = (
    Template("fastapi", "a service that answers HTTP: plain FastAPI"),
    Template("grpc", "a service that answers gRPC: plain grpc.aio, with its proto"),
    Template("hybrid", "a service that answers both, from the same code"),
)


def templates() -> tuple[Template, ...]:
    """The templates there are, sorted by name."""
    return _TEMPLATES


def find(name: str) -> Template:
    """The template of this name.

    Raises:
        UnknownTemplateError: when there is none.
    """
    by_name = {template.name: template for template in _TEMPLATES}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name.lower(), by_name, n=1)
    hint = f"did you mean {near[0]!r}? The templates are" if near else "the templates are"
    raise UnknownTemplateError(f"there is no template {name!r}: {hint} {', '.join(by_name)}")
