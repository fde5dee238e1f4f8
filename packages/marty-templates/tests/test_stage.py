"""Whole or nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marty.templates import TargetExistsError
from marty.templates._stage import staged


def _write(folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "src" / "a.py").touch()
    (folder / "b.txt").touch()


def _tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_missing_target(tmp_path: Path) -> None:
    """What the block wrote is at the target, with the rights any new folder has."""
    (tmp_path / "like").mkdir()

    with staged(tmp_path / "pets") as folder:
        _write(folder)
        assert re.fullmatch(r"\.pets-[0-9a-f]{8}", folder.name)

    assert ["b.txt", "src", "src/a.py"] == _tree(tmp_path / "pets")
    assert (tmp_path / "like").stat().st_mode == (tmp_path / "pets").stat().st_mode


def test_missing_parents(tmp_path: Path) -> None:
    """Folders missing above the target are made with it."""
    with staged(tmp_path / "services" / "shop" / "pets") as folder:
        _write(folder)

    assert ["services", "services/shop", "services/shop/pets"] == _tree(tmp_path)[:3]


def test_empty_target_stays_the_same_folder(tmp_path: Path) -> None:
    """A folder that exists and is empty is filled, not replaced: somebody may stand in it."""
    before = tmp_path.stat().st_ino

    with staged(tmp_path) as folder:
        _write(folder)

    assert ["b.txt", "src", "src/a.py"] == _tree(tmp_path)
    assert before == tmp_path.stat().st_ino


@pytest.mark.parametrize("target", ["", "pets", "services/pets"])
@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failing_block_leaves_nothing(target: str, fault: type[BaseException], tmp_path: Path) -> None:
    """Whatever ends the block early, the file system is as it was."""
    with pytest.raises(fault), staged(tmp_path / target) as folder:  # noqa: PT012 - the writing is the point
        _write(folder)
        raise fault

    assert [] == _tree(tmp_path)


def test_a_failing_move_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was moved into an existing folder goes again when a later move fails."""
    rename = Path.rename

    def refuse_second(path: Path, target: Path) -> Path:
        if path.name == "src":
            raise OSError("no space")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_second)
    with pytest.raises(OSError, match="no space"), staged(tmp_path) as folder:  # noqa: PT012 - as above
        _write(folder)
        (folder / "a").mkdir()

    assert [] == _tree(tmp_path)


@pytest.mark.parametrize(
    ("count", "held"),
    [
        (1, "f0"),
        (5, "f0, f1, f2, f3, f4"),
        (8, "f0, f1, f2, f3, f4 and 3 more"),
    ],
)
def test_target_not_empty(count: int, held: str, tmp_path: Path) -> None:
    """A folder with anything in it is refused with up to five of its entries, and left as it is."""
    for n in range(count):
        (tmp_path / f"f{n}").touch()
    before = _tree(tmp_path)

    with pytest.raises(TargetExistsError) as refused, staged(tmp_path):
        pytest.fail("not reached")

    assert f"'{tmp_path}' is not empty, it holds {held}: choose another folder" == str(refused.value)
    assert before == _tree(tmp_path)


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_target_not_a_folder(kind: str, tmp_path: Path) -> None:
    """A file, or a link to nothing, is refused and left as it is."""
    target = tmp_path / "pets"
    if kind == "file":
        target.write_text("mine", encoding="utf-8")
    else:
        target.symlink_to(tmp_path / "nowhere")

    with pytest.raises(TargetExistsError) as refused, staged(target):
        pytest.fail("not reached")

    assert f"'{target}' is there and is not a folder: choose another place" == str(refused.value)
    assert ["pets"] == [path.name for path in tmp_path.iterdir()]
