"""Plain scalars mean what YAML 1.2 says."""

import math

import pytest

from marty.config._scalars import AmbiguousScalarError, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("", None),
        ("~", None),
        ("null", None),
        ("nULL", "nULL"),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("0x50", 80),
        ("0o777", 511),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30:00", "12:30:00"),
        ("2025-01-31", "2025-01-31"),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.2.3", "1.2.3"),
        ("127.0.0.1", "127.0.0.1"),
        ("-", "-"),
        ("١٢", "١٢"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
    ],
)
def test_meaning(text: str, value: object) -> None:
    """Only the core schema's words and numbers are more than text."""
    assert (value, type(value)) == (resolve(text), type(resolve(text)))


def test_not_a_number() -> None:
    """`.nan` is a number that equals none."""
    value = resolve(".nan")

    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0777", "a number with a leading zero; drop it, write 0o for octal, or quote text"),
        ("-012", "a number with a leading zero; drop it, write 0o for octal, or quote text"),
        ("9" * 101, "a number of over 100 digits; quote it if it is text"),
        ("0x" + "f" * 100, "a number of over 100 digits; quote it if it is text"),
    ],
)
def test_ambiguous(text: str, message: str) -> None:
    """What readers of YAML take differently is refused, with the ways to say it clearly."""
    with pytest.raises(AmbiguousScalarError) as caught:
        resolve(text)

    assert message == str(caught.value)
