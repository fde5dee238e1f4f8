"""Typed stubs out of `proto/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import pytest

from marty.templates import StubError, WriteError, generate_stubs

if TYPE_CHECKING:
    from pathlib import Path

CATS = 'syntax = "proto3"; package cats.v1; message Cat { string name = 1; }'
HOMES = """
syntax = "proto3";
package homes.v1;
import "cats/v1/cats.proto";
import "google/protobuf/timestamp.proto";
service HomeService { rpc Find(cats.v1.Cat) returns (Home); }
message Home { google.protobuf.Timestamp since = 1; }
"""


def _put(root: Path, **protos: str) -> Path:
    for name, text in protos.items():
        path = root / "proto" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".proto").write_text(text, encoding="utf-8")
    return root


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_none(tmp_path: Path) -> None:
    """A project without a proto is told where to write one."""
    with pytest.raises(StubError) as refused:
        generate_stubs(tmp_path)

    wanted = (
        f"there is no .proto file below '{tmp_path / 'proto'}': write the service's contract there, "
        "in a folder per package and version, such as proto/pets/v1/pets.proto"
    )
    assert wanted == str(refused.value)
    assert [] == list(tmp_path.iterdir())


def test_one(tmp_path: Path) -> None:
    """A proto becomes three files beside each other, in packages."""
    _put(tmp_path, cats__v1__cats=CATS)

    stubs = generate_stubs(tmp_path)

    assert [
        "src/cats/__init__.py",
        "src/cats/v1/__init__.py",
        "src/cats/v1/cats_pb2.py",
        "src/cats/v1/cats_pb2.pyi",
        "src/cats/v1/cats_pb2_grpc.py",
    ] == [stub.as_posix() for stub in stubs]
    assert {"proto", "src"} == {path.name for path in tmp_path.iterdir()}


def test_top_level(tmp_path: Path) -> None:
    """A proto in no folder makes modules in no package: `src` itself never becomes one."""
    _put(tmp_path, cats=CATS)

    assert ["src/cats_pb2.py", "src/cats_pb2.pyi", "src/cats_pb2_grpc.py"] == [
        stub.as_posix() for stub in generate_stubs(tmp_path)
    ]


def test_many_import_each_other(tmp_path: Path, python: Callable[..., str]) -> None:
    """Protos may import each other and Google's own, and so may their stubs."""
    _put(tmp_path, cats__v1__cats=CATS, homes__v1__homes=HOMES)
    generate_stubs(str(tmp_path))

    printed = python(
        "from homes.v1 import homes_pb2_grpc as g; print(g.HomeServiceServicer.Find.__name__)",
        tmp_path / "src",
    )

    assert "Find" == printed


def test_foreign_protos_are_only_imported(tmp_path: Path) -> None:
    """No stubs for what lies below proto/google or proto/grpc: they would hide packages of these names."""
    text = 'syntax = "proto3"; package google.api; message Http {}'
    _put(tmp_path, cats__v1__cats=CATS, google__api__http=text, grpc__health__v1__health='syntax = "proto3";')

    generate_stubs(tmp_path)

    assert ["cats"] == [path.name for path in (tmp_path / "src").iterdir()]


def test_same_bytes_and_untouched(tmp_path: Path) -> None:
    """A second run writes the same bytes, that is none."""
    _put(tmp_path, cats__v1__cats=CATS)
    first = generate_stubs(tmp_path)
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in first}

    assert first == generate_stubs(tmp_path)
    assert before == {path: (tmp_path / path).stat().st_mtime_ns for path in first}


def test_owned_init_is_kept(tmp_path: Path) -> None:
    """An `__init__.py` that is there is the user's."""
    _put(tmp_path, cats__v1__cats=CATS)
    owned = tmp_path / "src" / "cats" / "__init__.py"
    owned.parent.mkdir(parents=True)
    owned.write_text("MINE = 1\n", encoding="utf-8")

    generate_stubs(tmp_path)

    assert "MINE = 1\n" == owned.read_text(encoding="utf-8")


def test_changed_proto(tmp_path: Path) -> None:
    """After a change the stubs are those of the new proto."""
    _put(tmp_path, cats__v1__cats=CATS)
    generate_stubs(tmp_path)
    _put(tmp_path, cats__v1__cats=CATS.replace("Cat ", "Lynx "))

    generate_stubs(tmp_path)

    assert "class Lynx(" in (tmp_path / "src/cats/v1/cats_pb2.pyi").read_text(encoding="utf-8")


def test_proto_that_does_not_compile(tmp_path: Path) -> None:
    """An error has protoc's own words, with file, line and column; what was in `src` stays as it was."""
    _put(tmp_path, cats__v1__cats=CATS)
    generate_stubs(tmp_path)
    before = _contents(tmp_path / "src")
    _put(tmp_path, cats__v1__cats=CATS.replace("string", "strin"), zoo=CATS)

    with pytest.raises(StubError) as refused:
        generate_stubs(tmp_path)

    wanted = 'protoc made no stubs: proto/cats/v1/cats.proto:1:51: "strin" is not defined.'
    assert wanted == str(refused.value)
    assert before == _contents(tmp_path / "src")
    assert {"proto", "src"} == {path.name for path in tmp_path.iterdir()}


def test_path_with_colon_and_space(tmp_path: Path) -> None:
    """The project may lie in a folder whose name protoc would split."""
    root = _put(tmp_path / "a: b", cats__v1__cats=CATS)

    assert 5 == len(generate_stubs(root))


def test_refused_by_the_file_system(tmp_path: Path) -> None:
    """What the operating system refuses is told in its own words."""
    _put(tmp_path, cats__v1__cats=CATS)
    (tmp_path / "src").touch()

    with pytest.raises(WriteError) as refused:
        generate_stubs(tmp_path)

    assert f"could not write '{tmp_path}': Not a directory" == str(refused.value)
