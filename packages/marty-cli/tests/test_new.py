"""marty new and marty proto: from nothing to a service that runs."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Callable

import pytest

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from conftest import Running

Marty = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "Running"]


@pytest.mark.parametrize(
    ("template", "serves"),
    [
        ("fastapi", "HTTP: pets.main:app"),
        ("grpc", "gRPC: pets.rpc:register"),
    ],
)
def test_one_side_only(tmp_path: Path, marty: Marty, template: str, serves: str) -> None:
    """A service of HTTP or gRPC alone is written where --into says, and is one that would run."""
    into = tmp_path / "services" / "here"

    done = marty("new", "pets", "--template", template, "--into", str(into), cwd=tmp_path)
    count = sum(path.is_file() for path in into.rglob("*"))
    planned = marty(*("runservice", "--dry-run", "--port", "0", "--grpc-port", "0", "--management-port", "0"), cwd=into)

    wanted = f"wrote {count} files of service pets into {into}\nrun it with: cd {into} && marty runservice\n"
    assert (0, wanted, "") == (done.returncode, done.stdout, done.stderr)
    assert (0, "") == (planned.returncode, planned.stderr)
    assert f"# service pets would serve {serves}; nothing was started" == planned.stdout.splitlines()[0]


def test_run_at_once(tmp_path: Path, start: Start, environ: dict[str, str]) -> None:
    """--run runs the new service, by default a hybrid one in a folder of its name, until SIGTERM."""
    (tmp_path / "empty").mkdir()
    environ.update(MARTY_HTTP__PORT="0", MARTY_GRPC__PORT="0", MARTY_MANAGEMENT__PORT="0")

    running = start("new", "pets", "--run", cwd=tmp_path / "empty")

    assert (200, '{"message":"Hello, Ada!"}') == running.get("/hello/Ada")
    # A GreetRequest with the name in field 1, as its bytes; so is the answer.
    assert b"\x0a\x0bHello, Ada!" == running.call("Greet", b"\x0a\x03Ada", service="pets.v1.GreeterService")
    assert b"\x08\x01" == running.call("Check", service="grpc.health.v1.Health")  # SERVING
    running.signal(signal.SIGTERM)
    assert 0 == running.end()
    count = sum(path.suffix != ".pyc" for path in (tmp_path / "empty" / "pets").rglob("*") if path.is_file())
    folder = tmp_path / "empty" / "pets"
    assert (
        f"wrote {count} files of service pets into {folder}\nrun it again with: cd {folder} && marty runservice\n"
    ) == running.stdout()


def test_proto_writes_the_same_again(tmp_path: Path, marty: Marty) -> None:
    """``marty proto`` writes the stubs that marty new wrote, byte for byte, and lists them."""
    project = tmp_path / "new"
    marty("new", "pets", "--template", "grpc", "--into", str(project))
    stubs = [path for path in sorted((project / "src").rglob("*")) if "_pb2" in path.name]
    before = {path.relative_to(project): path.read_bytes() for path in stubs}
    for path in stubs:
        path.unlink()

    done = marty("proto", cwd=project)

    assert (0, "") == (done.returncode, done.stderr)
    assert {"greeter_pb2.py", "greeter_pb2.pyi", "greeter_pb2_grpc.py"} == {path.name for path in before}
    assert before == {path: (project / path).read_bytes() for path in before}
    assert set(map(str, before)) <= set(done.stdout.splitlines())


def test_proto_without_protos(folder: Path, marty: Marty) -> None:
    """``marty proto`` says where a proto would have to be."""
    done = marty("proto")

    wanted = (
        "error: no stubs were generated\n\n"
        f"  there is no .proto file below '{folder / 'proto'}': write the service's contract there, "
        "in a folder per package and version, such as proto/pets/v1/pets.proto\n"
    )
    assert (1, "", wanted) == (done.returncode, done.stdout, done.stderr)


def test_proto_that_does_not_compile(folder: Path, marty: Marty) -> None:
    """A proto that does not compile is told with file, line and column, in protoc's words."""
    (folder / "proto").mkdir()
    (folder / "proto" / "pets.proto").write_text('syntax = "proto3";\nmessage Pet { strin name = 1; }\n')

    done = marty("proto")

    wanted = (
        'error: no stubs were generated\n\n  protoc made no stubs: proto/pets.proto:2:15: "strin" is not defined.\n'
    )
    assert (1, "", wanted) == (done.returncode, done.stdout, done.stderr)
