"""The framework as a whole: its version, and the components it was tested with."""

from __future__ import annotations

import importlib.metadata

from marty.framework._components import Component, components

__all__ = [
    "Component",
    "components",
]


def __getattr__(name: str) -> str:
    # Asked, not read at import: the answer costs a walk through all installed distributions.
    if name == "__version__":
        return importlib.metadata.version("marty-microservices-framework")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
