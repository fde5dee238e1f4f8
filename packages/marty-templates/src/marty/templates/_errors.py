"""What can go wrong, by whose fault it is, and the code a command exits with for it.

TemplateError
├── ServiceNameError      the name breaks a rule                       2
├── UnknownTemplateError  no template of that name                     2
├── TargetExistsError     there is something where the project goes    4
├── StubError             the protos do not compile, or there are none 1
└── WriteError            the machine refused: rights, disk, a tool    3
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator


class TemplateError(Exception):
    """Nothing was written; `str()` is a sentence for the user and `exit_code` what a command ends with."""

    exit_code: ClassVar[int] = 1


class ServiceNameError(TemplateError):
    """The name cannot be a service's; the sentence says the rule it breaks."""

    exit_code = 2


class UnknownTemplateError(TemplateError):
    """There is no template of this name; the sentence says which there are."""

    exit_code = 2


class TargetExistsError(TemplateError):
    """What is at the target would have to be replaced or mixed with; the sentence says what it is."""

    exit_code = 4


class StubError(TemplateError):
    """No stubs: the sentence has protoc's own words, with file, line and column."""

    exit_code = 1


class WriteError(TemplateError):
    """The machine did not let us write: no rights, no space, a tool that is missing."""

    exit_code = 3


@contextmanager
def writing(target: str) -> Iterator[None]:
    """Tell a refusal of the operating system as one of ours.

    Raises:
        WriteError: when the block raises an OSError; that one is its cause.
    """
    try:
        yield
    except OSError as error:
        raise WriteError(f"could not write {target!r}: {error.strerror or error}") from error
