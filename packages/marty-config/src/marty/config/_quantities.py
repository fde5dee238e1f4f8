"""Durations and sizes as people write them: `20s`, `8MiB`."""

import re
from decimal import Decimal
from typing import Annotated, Union

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from marty.config._expected import Expected

DURATION_NOUN = "a duration such as 20s, 5m or 250ms"
SIZE_NOUN = "a size such as 8MiB, 32KiB or 1GB"

# Bounded, because converting more digits takes time; 400 decimals hold the smallest float.
_NUMBER = r"(\d{1,20}(?:\.\d{1,400})?)"
# Timers overflow long before a float does; thirty years are for ever.
_LONGEST = 10**9
_LARGEST = 2**63 - 1
_PLAIN = re.compile(_NUMBER)
_DURATION = re.compile(f"(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?")
_SECONDS = (Decimal(3600), Decimal(60), Decimal(1), Decimal("0.001"))
_SIZE = re.compile(_NUMBER + r" ?([kKMGT]i?B|B)?")
_BYTES = {
    "": 1,
    "B": 1,
    "kB": 1000,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}


def parse_duration(value: object) -> float:
    """Seconds from `1h30m`, `20s`, `250ms` or a plain number of seconds."""
    seconds: Union[Decimal, float, None] = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value
    elif isinstance(value, str):
        text = value.strip()
        match = _DURATION.fullmatch(text)
        if _PLAIN.fullmatch(text):
            seconds = Decimal(text)
        elif match and text:
            # Decimal keeps 0.1s + 200ms exact, so that what format_duration writes reads back equal.
            parts = zip(match.groups(), _SECONDS)
            seconds = sum((Decimal(number) * size for number, size in parts if number), Decimal(0))
    if seconds is None or not 0 <= seconds <= _LONGEST:  # NaN fails both comparisons
        raise PydanticCustomError("duration", "expected {noun}", {"noun": DURATION_NOUN})
    return float(seconds)


def format_duration(seconds: float) -> str:
    """`65s`, `90m`, `250ms`: in the largest unit that divides it; it reads back as the same number."""
    exact = Decimal(repr(seconds))
    milliseconds = exact * 1000
    if milliseconds != int(milliseconds):
        return f"{exact:f}s"
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % size == 0 and milliseconds:
            return f"{int(milliseconds) // size}{unit}"
    return f"{int(milliseconds)}ms" if milliseconds else "0s"


def parse_size(value: object) -> int:
    """Bytes from `8MiB` (1024 based), `1GB` (1000 based) or a plain number of bytes."""
    count: Union[Decimal, int, None] = None
    if isinstance(value, int) and not isinstance(value, bool):
        count = value
    elif isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match and (match[2] or "") in _BYTES:
            count = Decimal(match[1]) * _BYTES[match[2] or ""]
    if count is None or not 0 <= count <= _LARGEST or count != int(count):
        raise PydanticCustomError("size", "expected {noun}", {"noun": SIZE_NOUN})
    return int(count)


def format_size(count: int) -> str:
    """`8MiB`, `1500B`: the largest unit that divides the number of bytes, 1024 based where both do."""
    for unit in ("TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "KB"):
        if count and count % _BYTES[unit] == 0:
            return f"{count // _BYTES[unit]}{unit}"
    return f"{count}B"


Duration = Annotated[
    float,
    Expected(DURATION_NOUN),
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
]
"""Seconds, 0 or more, as a float; read from `20s`, `5m`, `250ms`, `1h30m` or a plain number of seconds.

JSON output writes it back in that form.
"""

Size = Annotated[
    int,
    Expected(SIZE_NOUN),
    BeforeValidator(parse_size),
    PlainSerializer(format_size, return_type=str, when_used="json"),
]
"""Bytes, 0 or more, as an int; read from `8MiB` (1024 based), `1GB` (1000 based) or a plain number of bytes.

JSON output writes it back in that form.
"""
