"""What the README says is what happens: its first command, and its example."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from conftest import Environment, MakeVenv

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ANY_PORTS = {f"MARTY_{section}__PORT": "0" for section in ("HTTP", "GRPC", "MANAGEMENT")}


def _blocks() -> list[str]:
    """Every indented block, in order."""
    found = re.findall(r"(?:^ {4}.*\n(?:\n(?= {4}))?)+", README, re.MULTILINE)
    return [textwrap.dedent(block).strip() for block in found]


def _serve(environment: Environment, command: str, folder: Path) -> dict[str, Any]:
    """Run a shell command that ends in a service; once that is ready call it, press Ctrl-C, and say how all went."""
    process = subprocess.Popen(
        ["bash", "-c", f"set -e; {command}"],
        cwd=folder,
        env={**environment.variables(), **ANY_PORTS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    guard = threading.Timer(300, process.kill)
    guard.start()
    seen = []
    try:
        for line in process.stderr:
            seen.append(line)
            if '"service ready"' in line:
                ready: dict[str, Any] = json.loads(line)
                ready["answer"] = httpx.get(f"{ready['http']}{'/hello/World' if 'new' in command else '/'}").json()
                ready["ready"] = httpx.get(f"{ready['management']}/readyz").status_code
                os.killpg(process.pid, signal.SIGINT)  # Ctrl-C, as a person would
                break
        else:
            raise AssertionError("".join(seen))
        process.stderr.read()
        ready["code"] = process.wait()
        return ready
    finally:
        guard.cancel()
        process.kill()
        process.wait()
        process.stderr.close()


def test_the_first_command(make_venv: MakeVenv, tmp_path: Path) -> None:
    """On a machine with nothing but Python it installs everything, makes a service, and runs it."""
    command = next(block for block in _blocks() if block.startswith("pip install ./packages/*"))
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "packages", checkout / "packages", ignore=shutil.ignore_patterns("__pycache__", "dist"))
    environment = make_venv("pip", is_shared=False)
    assert len(command.splitlines()) == 1
    served = _serve(environment, command, checkout)
    assert (served["answer"], served["ready"], served["code"]) == ({"message": "Hello, World!"}, 200, 0)


def test_the_second_command() -> None:
    """It is one line, and the one that .ci/run takes from here."""
    assert "pip install tox && tox" in _blocks()


def test_the_example(make_venv: MakeVenv, tmp_path: Path) -> None:
    """The file in the README is a service that `marty runservice` finds and runs."""
    example = next(block for block in _blocks() if block.startswith("# main.py"))
    (tmp_path / "main.py").write_text(example)
    environment = make_venv("marty-microservices-framework")
    served = _serve(environment, "exec marty runservice", tmp_path)
    assert (served["answer"], served["ready"], served["code"]) == ("home", 200, 0)


def test_every_command_shown_is_one_that_works(make_venv: MakeVenv, tmp_path: Path) -> None:
    """Each `marty runservice …` line has options that exist: a dry run takes them all."""
    (tmp_path / "main.py").write_text("async def app(scope, receive, send): ...")
    environment = make_venv("marty-microservices-framework")
    shown = [line for block in _blocks() for line in block.splitlines() if line.startswith("marty runservice")]
    assert len(shown) >= 4
    for line in shown:
        words = [*line.split(), "--dry-run", "--set", "management.port=0", "--set", "http.port=0"]
        assert "nothing was started" in environment.run(words, cwd=tmp_path).stdout


def test_the_reference_is_up_to_date(make_venv: MakeVenv) -> None:
    """The tables of docs/reference.md are what the installed packages say."""
    environment = make_venv("marty-microservices-framework")
    environment.run(["python", ROOT / "tools" / "reference.py", "--check"])


def test_signals_are_named() -> None:
    """The reference names every signal that a service handles."""
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert all(signum.name in reference for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
