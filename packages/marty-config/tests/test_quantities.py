"""Durations and sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from marty.config import HttpSettings, ShutdownSettings
from marty.config._quantities import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20s", 20.0),
        ("5m", 300.0),
        ("250ms", 0.25),
        ("1h", 3600.0),
        ("1h30m", 5400.0),
        ("1m30s500ms", 90.5),
        ("0.5s", 0.5),
        ("0", 0.0),
        ("20", 20.0),
        (" 20s ", 20.0),
        (20, 20.0),
        (1.5, 1.5),
        ("0s", 0.0),
    ],
)
def test_durations(text: object, seconds: float) -> None:
    """A duration is read from units, largest first, or from a plain number of seconds."""
    assert seconds == parse_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "-1s",
        -1,
        True,
        None,
        "5 m",
        "1m1h",
        "1d",
        "s",
        "1e3",
        float("nan"),
        float("inf"),
        [],
        10**10,
    ],
)
def test_no_durations(text: object) -> None:
    """Anything else is refused with an example of each unit."""
    with pytest.raises(PydanticCustomError, match=r"^expected a duration such as 20s, 5m or 250ms$"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("8MiB", 8388608),
        ("32KiB", 32768),
        ("1GB", 1000000000),
        ("1 kB", 1000),
        ("1.5KiB", 1536),
        ("7", 7),
        (7, 7),
        ("7B", 7),
        ("2TiB", 2 * 1024**4),
    ],
)
def test_sizes(text: object, count: int) -> None:
    """A size is read from units of 1024 (KiB) or 1000 (KB), or from a plain number of bytes."""
    assert count == parse_size(text)


@pytest.mark.parametrize("text", ["", "big", "-1", -1, True, 1.5, "0.5B", "8Mi", "8mib", None, "9" * 30, 2**63])
def test_no_sizes(text: object) -> None:
    """Anything else is refused with examples, also a fraction of a byte."""
    with pytest.raises(PydanticCustomError, match=r"^expected a size such as 8MiB, 32KiB or 1GB$"):
        parse_size(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(65.0, "65s"), (5400.0, "90m"), (7200.0, "2h"), (0.25, "250ms"), (0.0, "0s"), (1e-07, "0.0000001s")],
)
def test_duration_is_written_in_the_largest_unit_that_divides_it(seconds: float, text: str) -> None:
    """A duration is written as people would write it."""
    assert text == format_duration(seconds)


@given(st.floats(min_value=0, max_value=1e9))
def test_duration_reads_back(seconds: float) -> None:
    """What is written for a duration reads back as the very same number."""
    assert seconds == parse_duration(format_duration(seconds))


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_size_reads_back(count: int) -> None:
    """What is written for a size reads back as the very same number."""
    assert count == parse_size(format_size(count))


def test_json_is_readable() -> None:
    """JSON output has the units, Python output the numbers."""
    assert '"keep_alive":"65s"' in HttpSettings().model_dump_json()
    assert 65.0 == HttpSettings().model_dump()["keep_alive"]
    assert '{"pause":"auto","grace":"15s"}' == ShutdownSettings().model_dump_json()
    assert '{"pause":"5s","grace":"15s"}' == ShutdownSettings(pause=5).model_dump_json()
