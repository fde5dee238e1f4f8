"""Whatever stands at the path of a file."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from marty.config import ConfigError, _yaml, load

Write = Callable[[str, str], Path]


def said(config: object = None) -> str:
    """What is said of the settings in the working directory."""
    with pytest.raises(ConfigError) as caught:
        load(config=None if config is None else str(config))
    return str(caught.value)


def test_missing_file() -> None:
    """A file that was named must be there."""
    assert "nope.yaml: no such file; check the name and the working directory" == said("nope.yaml")


def test_part_of_the_path_is_a_file(write: Write) -> None:
    """A file in the place of a folder is named as the cause."""
    write("a", "")

    assert "a/b.yaml: no such file; a part of the path is no directory" == said("a/b.yaml")


def test_path_outside_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is shown relative to the working directory when below it, and absolute otherwise."""
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)

    assert f"{tmp_path}/x.yaml: no such file; check the name and the working directory" == said("../x.yaml")


def test_directory(project: Path) -> None:
    """A directory in the place of the file is a fault, and no reason for defaults."""
    (project / "config.yaml").mkdir()

    assert "config.yaml: is a directory; name a file" == said()


def test_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without permission is named as such."""
    nobody = 65534
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to other users
        folder = Path(name)
        folder.chmod(0o755)
        monkeypatch.chdir(folder)
        (folder / "config.yaml").touch(0)
        was_root = os.geteuid() == 0  # which reads everything
        if was_root:
            os.seteuid(nobody)
        try:
            assert "config.yaml: permission denied; make it readable for the user that runs the service" == said()
        finally:
            if was_root:
                os.seteuid(0)
        monkeypatch.undo()


def test_another_cause(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other cause is told in the system's words."""

    def refuse(*args: object) -> int:
        raise OSError(24, "Too many open files")

    write("config.yaml", "")
    monkeypatch.setattr("marty.config._files.os.open", refuse)

    assert "config.yaml: cannot be read: too many open files" == said()


def test_fifo_never_hangs(project: Path) -> None:
    """A FIFO is refused at once."""
    os.mkfifo(project / "config.yaml")
    start = time.monotonic()

    assert "config.yaml: is no regular file; name a file on disk" == said()
    assert time.monotonic() - start < 1


def test_link_in_a_circle(project: Path) -> None:
    """A link to itself is named as such."""
    (project / "config.yaml").symlink_to("config.yaml")

    assert "config.yaml: symbolic links that lead in a circle; make the link point to a file" == said()


def test_link_to_nowhere(project: Path) -> None:
    """A link that leads nowhere is a fault, and no reason for defaults."""
    (project / "config.yaml").symlink_to("gone.yaml")

    assert "config.yaml: no such file; check the name and the working directory" == said()


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_no_name_of_a_file(name: str) -> None:
    """What can name no file is said to."""
    assert said(name).endswith(": not the name of a file")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"workers: 1\nhttp: \xff\n", ":2:7: not UTF-8; save the file as UTF-8"),
        ("workers: 1\n".encode("utf-16"), ": not UTF-8 but UTF-16 or UTF-32; save it as UTF-8"),
        ("workers: 1\n".encode("utf-32"), ": not UTF-8 but UTF-16 or UTF-32; save it as UTF-8"),
        (b"workers: 1\nhttp: \0\n", ":2:7: a control character, which YAML does not allow; remove it"),
        (b"workers: \x1b[1m\n", ":1:10: a control character, which YAML does not allow; remove it"),
        (b"#" * (2**20 + 1), ": larger than 1 MiB; settings are read whole, so keep data elsewhere"),
    ],
)
def test_content_that_is_no_text(project: Path, content: bytes, expected: str) -> None:
    """Bytes that are no text are refused where they stand."""
    (project / "config.yaml").write_bytes(content)

    assert f"config.yaml{expected}" == said()


def test_byte_order_mark(project: Path) -> None:
    """A mark that some editors put before UTF-8 changes nothing, not even a column."""
    (project / "config.yaml").write_bytes(b"\xef\xbb\xbfworkers: 2\n")

    assert 2 == load().workers


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing\n", "---\n", "---\n...\n", "~\n", "http:\nlogging:\n  levels:\n"]
)
def test_empty_file(write: Write, text: str) -> None:
    """An empty file, and a section that holds nothing but comments, mean the defaults."""
    write("config.yaml", text)

    assert load(config=None) == load(directory=write("empty/x", "").parent)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{below}'] * 9)}]\n" for below, name in zip("abcdefgh", "bcdefghi")
)
ALIAS_CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 60))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BOMB, "more than 20000 values, aliases counted each time"),
        (ALIAS_CHAIN, "nested more than 50 levels deep"),
        ("a: " + "[" * 3000, "nested more than 50 levels deep"),
        ("a: " + "[" * 1_000_000, "nested more than 50 levels deep"),
        ("- " * 3000, "nested more than 50 levels deep"),
        ("a: {", "the file ends in the middle of a value; is a bracket left open?"),
        ("".join(f"a{n}: 1\n" for n in range(80_000)), "more than 20000 values, aliases counted each time"),
        ("".join(f"a{n}: 1\n" for n in range(9_000)), "unknown key"),
        ("a: '" + "x\n" * 500_000, "the quote that opens here is never closed"),
        ("x" * 1_000_000 + ": 1", "a colon is not expected here; check the indentation, or quote the value"),
    ],
    ids=["bomb", "chain", "deep", "deeper", "list", "short", "many", "unknown", "quote", "key"],
)
def test_limits(write: Write, text: str, expected: str) -> None:
    """What would eat time, memory or the stack is refused before it does."""
    write("config.yaml", text)
    start = time.process_time()

    message = said()

    # The promise is half a second; twice that leaves room for a busy machine and PyYAML without its C parser.
    assert time.process_time() - start < (1 if hasattr(yaml, "CSafeLoader") else 10)
    assert message.endswith(expected)


def test_the_parser_in_python_does_as_well(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML has no C parser, nothing changes but the speed."""
    monkeypatch.setattr(_yaml, "_LOADER", yaml.SafeLoader)
    write("config.yaml", "http: {port: 8080}\n")

    assert 8080 == load().http.port
