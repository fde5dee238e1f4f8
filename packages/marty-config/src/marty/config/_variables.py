"""Environment variables to values: `MARTY_HTTP__PORT` is `http.port`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from marty.config._errors import Fault
from marty.config._keyed import locate, nest
from marty.config._origin import Origin, dotted, shown
from marty.config._suggest import did_you_mean, suggest
from marty.config._text import BadTextError, interpret
from marty.config._tree import Node, Reading, merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

PREFIX = "MARTY_"
ENVIRONMENT = "MARTY_ENVIRONMENT"
_RESERVED = {ENVIRONMENT}  # names that are no keys

# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_SERVICE_LINK = re.compile(
    r"MARTY_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)


def read(environ: Mapping[str, str], model: type[BaseModel]) -> Reading:
    """The values of every variable that begins with `MARTY_`; the rest of its name in any case."""
    names = [name for name in environ if name.startswith(PREFIX) and not _is_foreign(name, environ)]
    # A section as a whole comes before the keys in it, which are more exact.
    names.sort(key=lambda name: (name.count("__"), name))
    tree = Node(Origin("variable", PREFIX), entries={})
    faults: list[Fault] = []
    is_whole = True
    taken: dict[tuple[str, ...], str] = {}
    for name in names:
        origin = Origin("variable", shown(name))
        found = locate(name[len(PREFIX) :].split("__"), model, folds_case=True)
        if found is None:
            faults.append(Fault(origin, None, _unknown(name, model)))
            continue
        path, shape = found
        if path in taken:
            message = f"also given as {shown(taken[path])}; unset one"
            faults.append(Fault(origin, dotted(path), message))
            continue
        taken[path] = name
        try:
            tree = merge(tree, nest(path, interpret(environ[name], shape, origin), origin))
        except BadTextError as error:
            faults.append(Fault(origin, dotted(path), str(error)))
            is_whole = False
    return Reading(tree, tuple(sorted(faults, key=lambda fault: fault.origin.name)), is_whole=is_whole)


def _is_foreign(name: str, environ: Mapping[str, str]) -> bool:
    """Whether a variable is not about settings: reserved, or set by Kubernetes for a Service called `marty`."""
    if name in _RESERVED:
        return True
    return "KUBERNETES_SERVICE_HOST" in environ and "__" not in name and _SERVICE_LINK.fullmatch(name) is not None


def name_of(key: str) -> str:
    """The variable for a dotted key."""
    return PREFIX + key.upper().replace(".", "__")


def _unknown(name: str, model: type[BaseModel]) -> str:
    word = name[len(PREFIX) :].replace("__", ".").strip("._")
    names = tuple(name_of(key) for key in suggest(word, model))
    return "unknown variable" + (did_you_mean(names) or "; unset it, MARTY_ is for settings only")
