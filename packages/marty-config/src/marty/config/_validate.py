"""Values to settings, by pydantic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from marty.config._diagnose import Diagnosis
from marty.config._settings import ServiceSettings
from marty.config._tree import plain

if TYPE_CHECKING:
    from marty.config._errors import Fault
    from marty.config._origin import Origin
    from marty.config._tree import Node

S = TypeVar("S", bound=ServiceSettings)


def validate(tree: Node, model: type[S], base: Origin | None, *, is_whole: bool) -> tuple[S | None, list[Fault]]:
    """The settings, or what is wrong with them.

    `base` stands for the base file, where a missing key would go. Unless the tree `is_whole`, checks across
    values are not told: a default that stands in for a lost value may be all that is wrong.
    """
    settings, errors = _run(tree, model)
    diagnosis = Diagnosis(tree, model, base)
    told = [error for error in errors if is_whole or not diagnosis.is_across(error)]
    return settings, list(diagnosis.faults(told))


def check(tree: Node, model: type[ServiceSettings]) -> list[Fault]:
    """What is wrong with single values of one source, whether or not a higher source replaces them.

    What depends on more than one value, or on code of the service, is left to `validate`.
    """
    try:
        _, errors = _run(tree, model)
    except Exception:  # noqa: BLE001 - a service's validator need not stand half the values
        return []
    diagnosis = Diagnosis(tree, model, None)
    return list(diagnosis.faults([error for error in errors if diagnosis.is_of_one_value(error)]))


def _run(tree: Node, model: type[S]) -> tuple[S | None, list[dict[str, Any]]]:
    try:
        return model.model_validate(plain(tree)), []
    except ValidationError as error:
        # The error keeps every value and must not outlive this block.
        return None, [dict(each) for each in error.errors(include_url=False, include_input=False)]
