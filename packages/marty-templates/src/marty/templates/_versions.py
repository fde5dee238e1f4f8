"""The versions a rendered project depends on, read from what is installed and never written down twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class StubFloors:
    """What a project needs to import its stubs, as version specifiers.

    `_pb2_grpc.py` refuses a grpcio older than the grpcio-tools it is from, and `_pb2.py` an older protobuf:
    these are floors, not taste. protobuf is also capped: it reads stubs of its own major and the one before
    (https://protobuf.dev/support/cross-version-runtime-guarantee/). Python is what that grpcio runs on.
    """

    grpcio: str
    protobuf: str
    python: str


def own_version() -> str:
    """The version of marty-templates, `0+source` when it runs from a source tree that is not installed."""
    try:
        return metadata.version("marty-templates")
    except metadata.PackageNotFoundError:
        return "0+source"


def stub_floors(stubs: Iterable[Path]) -> StubFloors:
    """What these stubs ask for. They say it themselves; the requirements of grpcio-tools can be lower."""
    text = "".join(stub.read_text(encoding="utf-8") for stub in stubs)
    protobuf = _found(r"^# Protobuf Python Version: ([\d.]+)$", text)
    minor = max(9, int(_found(r">=3\.(\d+)", metadata.metadata("grpcio-tools")["Requires-Python"])))
    return StubFloors(
        grpcio=">=" + _found(r"^GRPC_GENERATED_VERSION = '([\d.]+)'$", text),
        protobuf=f">={protobuf},<{int(protobuf.split('.')[0]) + 2}",
        python=f">=3.{minor}",
    )


def _found(pattern: str, text: str) -> str:
    return str(re.findall(pattern, text, re.MULTILINE)[0])
