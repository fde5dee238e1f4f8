from __future__ import annotations

from pathlib import Path

import pytest
import root_backend

ROOT = Path(root_backend.__file__).resolve().parents[2]
COMPONENTS = ["marty-cli", "marty-config", "marty-runtime", "marty-templates"]


def requirements(metadata: str) -> list[str]:
    """Give what the metadata requires without an extra."""
    lines = [line.partition(": ")[2] for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    return [line for line in lines if ";" not in line]


def test_every_component_is_required_by_url(tmp_path: Path) -> None:
    """The metadata of an editable install names the project that stands in for each component, and no version."""
    name = root_backend.prepare_metadata_for_build_editable(str(tmp_path))
    required = requirements((tmp_path / name / "METADATA").read_text("utf-8"))
    editable = (ROOT / "tools" / "editable").as_uri()
    ours = [line for line in required if line.startswith("marty-")]
    assert ours == [f"{component} @ {editable}/{component}" for component in COMPONENTS]


def test_other_requirements_stay(tmp_path: Path) -> None:
    """Third parties and extras are those of the published framework."""
    name = root_backend.prepare_metadata_for_build_editable(str(tmp_path))
    changed = (tmp_path / name / "METADATA").read_text("utf-8")
    published = root_backend.prepare(str(tmp_path), None, url=None)
    lines = (tmp_path / published / "METADATA").read_text("utf-8").splitlines()
    assert [line for line in lines if "marty-" not in line] == [
        line for line in changed.splitlines() if "marty-" not in line
    ]


def test_a_pin_of_a_foreign_distribution_stays() -> None:
    """Only what lies in packages/ is ours to redirect."""
    metadata = "Requires-Dist: marty-unknown (==1.0.0)\n"
    assert root_backend.rewritten(metadata, "file:///{name}") == metadata


def test_every_component_has_its_stand_in() -> None:
    """tools/editable has a folder for each component, whose files are links to the one backend."""
    editable = ROOT / "tools" / "editable"
    links = {str(path.relative_to(editable)): str(path.readlink()) for path in editable.glob("marty-*/*")}
    expected = {f"{component}/pyproject.toml": "../shim.toml" for component in COMPONENTS}
    expected.update({f"{component}/shim.py": "../shim.py" for component in COMPONENTS})
    assert links == expected


def test_the_root_has_no_sdist(tmp_path: Path) -> None:
    """An sdist of the root is refused in a sentence that says what can be built."""
    sentence = "The root of the repository has no sdist: build one in the folder of a package, packages/NAME."
    with pytest.raises(SystemExit) as caught:
        root_backend.build_sdist(str(tmp_path))
    assert caught.value.args == (sentence,)
    assert list(tmp_path.iterdir()) == []
