"""Whether the packages may be published as they are: their wheels and sdists, and what must agree between them.

Works on what tools/wheelhouse.py builds, since that is what people get. Prints a sentence for each fault.
"""

from __future__ import annotations

import email.parser
import re
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import wheelhouse
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FRAMEWORK = "marty-microservices-framework"


@dataclass(frozen=True)
class Package:
    """A distribution as it was built, and the folder it was built from."""

    project: Path
    wheel: frozenset[str]  #: names of the files in the wheel
    sdist: frozenset[str]  #: the same of the sdist, below its one folder
    name: str
    version: str
    requires: tuple[str, ...]

    @property
    def part(self) -> str:
        """Its own folder of the namespace, for example `marty/config`."""
        return f"marty/{'framework' if self.name == FRAMEWORK else self.name.partition('-')[2]}"


def read(project: Path, built: Path) -> Package:
    """Give the package of a project folder from its wheel and its sdist in `built`."""
    stem = project.name.replace("-", "_")
    (wheel,) = built.glob(f"{stem}-*.whl")
    (sdist,) = built.glob(f"{stem}-*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = frozenset(archive.namelist())
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        fields = email.parser.Parser().parsestr(archive.read(metadata).decode())
    with tarfile.open(sdist) as tar:
        members = frozenset(member.name.partition("/")[2] for member in tar.getmembers() if not member.isdir())
    requires = tuple(fields.get_all("Requires-Dist", []))
    return Package(project, names, members, str(fields["Name"]), str(fields["Version"]), requires)


def contents(package: Package) -> Iterator[str]:
    """Give the faults in what a wheel and an sdist contain."""
    own = re.compile(rf"{package.part}/|[^/]+\.dist-info/")
    for name in sorted(package.wheel):
        if not own.match(name):
            yield f"{package.name}: the wheel has {name!r}, which is neither in {package.part}/ nor metadata"
    source = package.project / "src"
    files = [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]
    files = [name for name in files if "__pycache__" not in name]
    # A file that .gitignore names is left out without a word, also by one inside of a template.
    for name in sorted({*files, f"{package.part}/py.typed"} - package.wheel):
        yield f"{package.name}: the wheel lacks {name!r}"
    expected = {"LICENSE", "README.md", "pyproject.toml", *(f"src/{name}" for name in files)}
    for name in sorted(expected - package.sdist):
        yield f"{package.name}: the sdist lacks {name!r}"


def documents(package: Package) -> Iterator[str]:
    """Give the faults in what comes with a package."""
    if (package.project / "LICENSE").read_bytes() != (wheelhouse.ROOT / "LICENSE").read_bytes():
        yield f"{package.name}: LICENSE differs from the repository's"
    changes = package.project / "CHANGELOG.md"
    heading = re.compile(rf"(?m)^## \[?{re.escape(package.version)}\b")
    if not changes.exists() or not heading.search(changes.read_text("utf-8")):
        yield f"{package.name}: CHANGELOG.md has no heading for {package.version}"


def agreement(packages: dict[str, Package]) -> Iterator[str]:
    """Give the faults in what packages require of each other."""
    for package in packages.values():
        for requirement in map(Requirement, package.requires):
            if requirement.url:
                yield f"{package.name}: requires {requirement.name} from a URL"
            elif requirement.name in packages:
                yield from sibling(package, requirement, packages[requirement.name].version)
    wanted = {str(Requirement(text)) for text in packages[FRAMEWORK].requires}
    for text in packages["marty-runtime"].requires:
        requirement = Requirement(text)
        if 'extra == "fastapi"' in text and f"{requirement.name}{requirement.specifier}" not in wanted:
            yield f"{FRAMEWORK}: lacks {requirement.name}{requirement.specifier}, which marty-runtime[fastapi] requires"


def sibling(package: Package, requirement: Requirement, version: str) -> Iterator[str]:
    """Give the fault in one requirement of a package of ours, which is at `version`."""
    if not requirement.specifier.contains(version):
        yield f"{package.name}: requires {requirement}, which does not admit {version}"
    # Two components with exact pins upon a third can hardly ever be installed together.
    is_exact = str(requirement.specifier) == f"=={version}"
    if is_exact != (package.name == FRAMEWORK) and requirement.specifier.contains(version):
        yield f"{package.name}: requires {requirement}; the framework pins, all others give a range"


def tools_say(built: Path) -> Iterator[str]:
    """Give the faults that others' checkers find."""
    wheels = sorted(map(str, built.glob("*.whl")))
    archives = sorted(map(str, built.glob("*.tar.gz")))
    for command in (["check-wheel-contents", *wheels], ["twine", "check", "--strict", *wheels, *archives]):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            yield f"{command[0]}: {result.stdout}{result.stderr}"


def main() -> int:
    """Check everything and give the number of faults as an exit code of 0 or 1."""
    built = wheelhouse.build(wheelhouse.default_out())
    packages = {package.name: package for package in (read(project, built) for project in wheelhouse.projects())}
    faults = list(agreement(packages))
    for package in packages.values():
        faults += [*contents(package), *documents(package)]
    faults += tools_say(built)
    print(*faults or [f"{len(packages)} packages may be published"], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
