"""Service templates of the Marty Microservices Framework: `render` writes a whole project, or nothing.

| concept | file |
| --- | --- |
| which templates there are | `_catalog.py` |
| what a service may be called | `_names.py` |
| a project out of a template | `_render.py`, data in `data/service/` |
| whole or nothing | `_stage.py` |
| typed stubs out of `proto/` | `_stubs.py` |
"""

from marty.templates._catalog import Template, templates
from marty.templates._errors import (
    ServiceNameError,
    StubError,
    TargetExistsError,
    TemplateError,
    UnknownTemplateError,
    WriteError,
)
from marty.templates._render import Project, render
from marty.templates._stubs import generate_stubs

__all__ = [
    "Project",
    "ServiceNameError",
    "StubError",
    "TargetExistsError",
    "Template",
    "TemplateError",
    "UnknownTemplateError",
    "WriteError",
    "generate_stubs",
    "render",
    "templates",
]


def __getattr__(name: str) -> str:
    # On demand: reading metadata costs more than the rest of this import.
    if name == "__version__":
        from marty.templates._versions import own_version  # noqa: PLC0415 - see above

        return own_version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
