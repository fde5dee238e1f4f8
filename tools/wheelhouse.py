"""Our wheels, built once per state of packages/, and their installation into an environment.

The folder of a state is named by the hash of what goes into the wheels and never changes once it is there, so
environments that run at the same time may each ask for it. A `constraints.txt` in it names every wheel by its
URL: a plain `marty-config` then means this wheel and no other, also where an index has a foreign distribution
of that name.

    wheelhouse.py                      build if need be, print the folder
    wheelhouse.py install NAME ...     the same, then install these into the environment of this interpreter
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
BUILDER = ROOT / "tools" / "requirements" / "build.txt"
DAY_SECONDS = 24 * 60 * 60
SOURCE_DATE_EPOCH = "1451606400"  # 2016, as in poetry-core's wheels: an sdist of the same source has the same bytes too

# Both hooks in one process: half of the time of a build is the start of an interpreter.
BUILD = """
import sys
from poetry.core.masonry.api import build_sdist, build_wheel
build_wheel(sys.argv[1])
build_sdist(sys.argv[1])
"""


def default_out() -> Path:
    """Give the folder of all states: `MARTY_WHEELHOUSE` if that is set."""
    return Path(os.environ.get("MARTY_WHEELHOUSE", ROOT / ".tox" / "wheelhouse"))


def projects(root: Path = ROOT) -> list[Path]:
    """Give the folder of every distribution, in the order of their names."""
    return sorted(path.parent for path in root.glob("packages/*/pyproject.toml"))


def sources(project: Path) -> list[Path]:
    """Give every file that a build of the project may read: its metadata files and `src`."""
    files = [path for path in project.iterdir() if path.is_file()]
    files += [path for path in (project / "src").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return sorted(files)


def state(root: Path = ROOT) -> str:
    """Give a name for what is in packages/ now, equal exactly if the wheels would be."""
    digest = hashlib.sha256()
    for path in [Path(__file__), BUILDER, *(file for project in projects(root) for file in sources(project))]:
        content = path.read_bytes()
        digest.update(f"{os.path.relpath(path, root)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def build(out: Path, root: Path = ROOT) -> Path:
    """Give the folder of the present state inside `out`, made first if it is not there.

    Raises:
        subprocess.CalledProcessError: a build failed; nothing is left in `out`.
    """
    folder = out.resolve() / state(root)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.parent / "lock"):
            if not folder.exists():
                make(folder, projects(root))
                forget_old(folder.parent, keep=folder)
    return folder


def make(folder: Path, paths: Iterable[Path]) -> None:
    """Build wheel and sdist of each project beside `folder`, then rename: what has the name is whole."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        builder, made = Path(scratch, "builder"), Path(scratch, "made")
        run_pip("install", "--target", str(builder), "--requirement", str(BUILDER))
        made.mkdir()
        environment = {**os.environ, "PYTHONPATH": str(builder), "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH}
        for path in paths:
            subprocess.run([sys.executable, "-c", BUILD, str(made)], cwd=path, env=environment, check=True)
        lines = [f"{distribution(wheel)} @ {(folder / wheel.name).as_uri()}" for wheel in sorted(made.glob("*.whl"))]
        (made / "constraints.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        made.rename(folder)


def forget_old(out: Path, keep: Path) -> None:
    """Remove states that nobody can be installing from any more."""
    for folder in out.iterdir():
        if folder.is_dir() and folder != keep and time.time() - folder.stat().st_mtime > DAY_SECONDS:
            shutil.rmtree(folder)


def install(folder: Path, requirements: list[str]) -> None:
    """Install the requirements into this interpreter's environment: ours from `folder`, all others from the
    index.

    pip leaves an installed wheel alone while its version stays the same, so ours that have changed are
    removed first.
    """
    changed = [distribution(wheel) for wheel in sorted(folder.glob("*.whl")) if is_changed(wheel)]
    if changed:
        run_pip("uninstall", "--yes", *changed)
    run_pip("install", *arguments(folder, requirements))


def arguments(folder: Path, requirements: Iterable[str]) -> list[str]:
    """Give what `pip install` is told, so that ours come from `folder`, also as requirements of requirements.

    A constraint alone would do, but pip up to 26.0 finds no URL for `NAME[extra]` by one.
    """
    located = []
    for requirement in requirements:
        wheels = folder.glob(f"{requirement.partition('[')[0].replace('-', '_')}-*.whl")
        located += [f"{requirement} @ {wheel.as_uri()}" for wheel in wheels] or [requirement]
    return ["--constraint", str(folder / "constraints.txt"), *located]


def is_changed(wheel: Path) -> bool:
    """Tell whether this environment has the wheel's distribution, but from other bytes (PEP 610)."""
    try:
        installed = importlib.metadata.distribution(distribution(wheel))
    except importlib.metadata.PackageNotFoundError:
        return False
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    recorded: str | None = origin.get("archive_info", {}).get("hashes", {}).get("sha256")
    return recorded != hashlib.sha256(wheel.read_bytes()).hexdigest()


def distribution(wheel: Path) -> str:
    """Give the distribution's name as people write it."""
    return wheel.name.split("-", 1)[0].replace("_", "-")


def run_pip(*words: str) -> None:
    """Run this interpreter's pip, quietly."""
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--no-input", *words], check=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that `path` stands for, among processes, waiting for it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Build our wheels once per state of packages/, and install them.")
    parser.add_argument("--out", type=Path, default=default_out(), help="folder of all states, default: %(default)s")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("install").add_argument("requirements", nargs="+")
    options = parser.parse_args()
    folder = build(options.out)
    if options.command == "install":
        install(folder, options.requirements)
    else:
        print(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
