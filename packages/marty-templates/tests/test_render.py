"""A project out of a template."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import Callable

import pytest
import yaml

from marty.templates import Project, StubError, TargetExistsError, WriteError, render

COMMON = {
    ".gitignore",
    ".marty.yaml",
    "README.md",
    "config.yaml",
    "pyproject.toml",
    "src/pet_store/__init__.py",
    "src/pet_store/greeting.py",
    "src/pet_store/py.typed",
    "tests/test_greeting.py",
}
HTTP = {"src/pet_store/main.py", "tests/test_http.py"}
RPC = {
    "proto/pet_store/v1/greeter.proto",
    "src/pet_store/rpc.py",
    "src/pet_store/v1/__init__.py",
    "src/pet_store/v1/greeter_pb2.py",
    "src/pet_store/v1/greeter_pb2.pyi",
    "src/pet_store/v1/greeter_pb2_grpc.py",
    "tests/test_rpc.py",
}
FILES = {"fastapi": COMMON | HTTP, "grpc": COMMON | RPC, "hybrid": COMMON | HTTP | RPC}


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files(project: Project) -> None:
    """Each template makes just the files of what it answers, and the project lists them, sorted."""
    assert sorted(FILES[project.template]) == [path.as_posix() for path in project.files]
    assert FILES[project.template] == set(_contents(project.path))


def test_project(projects: dict[str, Project]) -> None:
    """The project says what it was made of, and where it is."""
    project = projects["hybrid"]

    assert ("hybrid", "pet-store", "pet_store") == (project.template, project.name, project.package)
    assert project.path.is_absolute()


def test_nothing_left_of_the_template(project: Project) -> None:
    """No marker of the template is left, and every text ends with one end of line."""
    texts = {name: text.decode() for name, text in _contents(project.path).items() if text}

    assert [] == [name for name, text in texts.items() if re.search(r"\{\{|\}\}|\{%|%\}|\{#|\.jinja", text)]
    assert [] == [name for name, text in texts.items() if not text.endswith("\n") or text.endswith("\n\n")]
    assert [] == [name for name, text in texts.items() if "\n\n\n" in text and not name.endswith(".py")]


def test_python_compiles(project: Project) -> None:
    """Every Python file compiles on this interpreter, without a warning."""
    for name, text in _contents(project.path).items():
        if name.endswith(".py"):
            compile(text, name, "exec", dont_inherit=True)


def test_no_start_up_code(project: Project) -> None:
    """A service starts nothing itself."""
    code = b"".join(text for name, text in _contents(project.path).items() if name.startswith("src/"))

    assert b"__main__" not in code
    assert b"uvicorn" not in code


def test_rendering_twice(project: Project, tmp_path: Path) -> None:
    """The same words give the same bytes."""
    again = render(project.template, project.name, tmp_path / "again")

    assert _contents(project.path) == _contents(again.path)


def test_stubs_work(projects: dict[str, Project], python: Callable[..., str]) -> None:
    """The servicer answers through the stubs that were generated with it."""
    code = """
import asyncio, grpc
from pet_store.rpc import register
from pet_store.v1 import greeter_pb2, greeter_pb2_grpc

async def main():
    server = grpc.aio.server()
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        greeter = greeter_pb2_grpc.GreeterServiceStub(channel)
        print((await greeter.Greet(greeter_pb2.GreetRequest(name="World"))).message)
    await server.stop(None)

asyncio.run(main())
"""

    assert "Hello, World!" == python(code, projects["grpc"].path / "src")


def test_config(project: Project) -> None:
    """The settings pin what the template made and switch off what it left out."""
    config = yaml.safe_load((project.path / "config.yaml").read_text(encoding="utf-8"))

    http = {"enabled": False} if project.template == "grpc" else {"app": "pet_store.main:app"}
    grpc = {"enabled": False} if project.template == "fastapi" else {"register": "pet_store.rpc:register"}
    service = {"name": "pet-store", "description": "The pet-store service."}
    assert {"service": service, "http": http, "grpc": grpc} == config


def test_record(project: Project) -> None:
    """The project records its template, the version of it and the answers, and nothing of this machine."""
    record = yaml.safe_load((project.path / ".marty.yaml").read_text(encoding="utf-8"))

    assert {
        "template": project.template,
        "version": metadata.version("marty-templates"),
        "answers": {"name": "pet-store"},
    } == record
    assert [] == [name for name, text in _contents(project.path).items() if str(project.path.parent).encode() in text]


def test_a_name_that_yaml_takes_for_a_boolean(tmp_path: Path) -> None:
    """A service may be called `on`."""
    project = render("fastapi", "on", tmp_path / "on")

    assert "on" == yaml.safe_load((project.path / "config.yaml").read_text(encoding="utf-8"))["service"]["name"]


def test_into_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`into` may be the folder one stands in, as long as it is empty."""
    monkeypatch.chdir(tmp_path)

    project = render("fastapi", "pet-store", ".")

    assert tmp_path == project.path
    assert Path("config.yaml").is_file()
    assert FILES["fastapi"] == set(_contents(tmp_path))


def test_target_not_empty(tmp_path: Path) -> None:
    """What is at the target stays as it is."""
    (tmp_path / "mine").touch()

    with pytest.raises(TargetExistsError) as refused:
        render("hybrid", "pets", tmp_path)

    assert f"'{tmp_path}' is not empty, it holds mine: choose another folder" == str(refused.value)
    assert {"mine": b""} == _contents(tmp_path)


def test_refused_by_the_file_system(tmp_path: Path) -> None:
    """What the operating system refuses is told in its own words."""
    (tmp_path / "file").touch()
    into = tmp_path / "file" / "pets"

    with pytest.raises(WriteError) as refused:
        render("fastapi", "pets", into)

    assert f"could not write '{into}': Not a directory" == str(refused.value)


def test_failing_protoc_leaves_nothing(tmp_path: Path, broken_protoc: Callable[[str], None]) -> None:
    """When the stubs cannot be made there is no project either."""
    broken_protoc("import sys; sys.exit('--grpc_python_out: protoc-gen-grpc_python: no space left')")
    home = tmp_path / "home"
    home.mkdir()

    with pytest.raises(StubError) as refused:
        render("hybrid", "pets", home / "pets")

    assert "protoc made no stubs: --grpc_python_out: protoc-gen-grpc_python: no space left" == str(refused.value)
    assert [] == list(home.iterdir())


@pytest.mark.parametrize("into", [".", "pets", "services/pets"])
def test_interrupt_leaves_nothing(into: str, tmp_path: Path, broken_protoc: Callable[[str], None]) -> None:
    """Ctrl-C half-way leaves nothing."""
    broken_protoc("import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(60)")
    home = tmp_path / "home"
    home.mkdir()

    with pytest.raises(KeyboardInterrupt):
        render("grpc", "pets", home / into)

    assert [] == list(home.iterdir())
