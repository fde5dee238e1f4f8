"""What settings remember of how they were loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from marty.config._origin import Origin


@dataclass(frozen=True)
class Override:
    """One value from the command line, above every other source.

    `key` is dotted, `flag` is how the user gave it: `--port`, or `--set` for any key.
    A `value` of type str stands for the type of its key, as in a variable; it is kept out of repr.
    """

    key: str
    value: object = field(repr=False)
    flag: str


@dataclass(frozen=True)
class Request:
    """The arguments of one `load`, with paths made absolute, so that it can be done again anywhere.

    `environ` is None for the environment of the process, of which no copy is kept.
    """

    directory: Path
    environment: Optional[str] = None
    config: Optional[Path] = None
    overrides: tuple[Override, ...] = field(default=(), repr=False)
    environ: Optional[Mapping[str, str]] = field(default=None, repr=False)


@dataclass(frozen=True)
class Provenance:
    """How settings came to be: the request, the environment in force, and the origin of each given key.

    Compares equal to any other, so that two settings are equal when their values are.
    """

    request: Optional[Request] = field(default=None, compare=False)
    environment: str = field(default="development", compare=False)
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False)
