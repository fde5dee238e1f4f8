"""A project out of a template: check the words, stage, fill, generate the stubs, publish."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

from marty.templates import _catalog, _copier, _names, _stubs
from marty.templates._errors import writing
from marty.templates._stage import staged


@dataclass(frozen=True)
class Project:
    """A project that was rendered: `path` is absolute, `files` are relative to it and sorted."""

    path: Path
    template: str
    name: str
    package: str
    files: tuple[Path, ...]


def render(template: str, name: str, into: str | Path) -> Project:
    """The project of a service called `name`, written whole to the folder `into`, or not at all.

    `into` is the project's own folder; folders missing above it are made. Whatever ends this early, also a
    KeyboardInterrupt, leaves the file system as it was. Nothing is fetched, and no code of a template runs.

    Raises:
        UnknownTemplateError: when there is no such template.
        ServiceNameError: when no service may be called that.
        TargetExistsError: when there is something at `into`.
        WriteError: when the machine refuses.
        StubError: when grpcio-tools does not compile the template's proto.
    """
    kind = _catalog.find(template).name
    package = _names.package_of(name)
    target = Path(os.path.abspath(into))  # noqa: PTH100 - Path.resolve would follow a link at the target
    with writing(str(into)), staged(target) as folder:
        _write(folder, {"kind": kind, "name": name, "package": package})
        files = tuple(sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()))
    return Project(target, kind, name, package, files)


def _write(folder: Path, answers: dict[str, str]) -> None:
    from marty.templates import _versions  # noqa: PLC0415 - reads metadata, too slow for every import

    known = {**answers, "version": _versions.own_version()}
    _copier.fill(folder, {**known, "grpcio": "", "protobuf": "", "python": ">=3.9"})
    if (folder / "proto").is_dir():
        # Twice, since only the stubs say what the project must depend on, and they are made from its proto.
        stubs = _stubs.compile_stubs(folder)
        _copier.fill(folder, {**known, **asdict(_versions.stub_floors(folder / stub for stub in stubs))})
