"""Typed stubs out of `proto/`, by grpcio-tools in a process of its own.

In a process, since protoc writes its errors to the file descriptor itself and keeps state between two runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from marty.templates._errors import StubError, writing

# A proto below these is there to be imported; its Python is in a package of its own (protobuf,
# googleapis-common-protos, grpcio-health-checking), which a `src/google/__init__.py` would hide.
_FOREIGN = ("google", "grpc")


def generate_stubs(project: str | Path) -> tuple[Path, ...]:
    """The stubs of every proto below `<project>/proto`, written into `<project>/src`.

    For each proto `_pb2.py`, `_pb2.pyi` and `_pb2_grpc.py`, in the folders that the proto itself is in; one
    without an `__init__.py` gets it. Same protos and same grpcio-tools, same bytes; a file that is right
    already is not touched. All protos compile, or nothing is written.

    Returns:
        All of these files, also those not touched, relative to the project and sorted.

    Raises:
        StubError: when a proto does not compile, or there is none.
        WriteError: when the file system refuses.
    """
    with writing(str(project)):
        return compile_stubs(Path(project))


def compile_stubs(root: Path) -> tuple[Path, ...]:
    """What `generate_stubs` does, with the file system's own errors."""
    names = sorted(path.relative_to(root / "proto").as_posix() for path in (root / "proto").rglob("*.proto"))
    own = [name for name in names if name.split("/")[0] not in _FOREIGN]
    if not own:
        raise StubError(
            f"there is no .proto file below '{root / 'proto'}': write the service's contract there, "
            "in a folder per package and version, such as proto/pets/v1/pets.proto"
        )
    with tempfile.TemporaryDirectory(prefix=".stubs-", dir=root) as out:
        _protoc(root, Path(out).name, own)
        return _adopt(Path(out), root)


def _protoc(root: Path, out: str, names: list[str]) -> None:
    # Relative paths only: protoc splits others at a colon.
    outs = [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    protos = [f"proto/{name}" for name in names]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-Iproto", *outs, *protos]
    # `-m` must not import from the user's project; older Pythons than 3.11 have no way to say so.
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}
    with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE) as process:
        try:
            _, told = process.communicate()
        except BaseException:
            # Waited for, which subprocess.run does not do on Ctrl-C: it writes into a folder about to go.
            process.kill()
            process.wait()
            raise
    if process.returncode:
        lines = [
            line for line in told.decode(errors="replace").splitlines() if line.strip() and " warning: " not in line
        ]
        # Before 1.7x protoc names a proto as it is imported; a user opens it as it lies.
        lines = [re.sub(r"^(?!proto/)(\S+\.proto:\d)", r"proto/\1", line) for line in lines]
        raise StubError(f"protoc made no stubs: {'; '.join(lines)}")


def _adopt(out: Path, root: Path) -> tuple[Path, ...]:
    source = root / "src"
    stubs = sorted(path.relative_to(out) for path in out.rglob("*.py*"))
    folders = sorted({folder for stub in stubs for folder in list(stub.parents)[:-1]})
    for folder in folders:
        (source / folder).mkdir(parents=True, exist_ok=True)
        if not (source / folder / "__init__.py").exists():
            (source / folder / "__init__.py").touch()
    for stub in stubs:
        written = source / stub
        if not written.exists() or written.read_bytes() != (out / stub).read_bytes():
            written.parent.mkdir(parents=True, exist_ok=True)
            (out / stub).replace(written)
    doors = [folder / "__init__.py" for folder in folders]
    return tuple(sorted(Path("src") / path for path in [*stubs, *doors]))
