"""What a plain scalar of YAML 1.2 means (core schema, https://yaml.org/spec/1.2.2/#103-core-schema).

PyYAML's own resolver is of YAML 1.1: there `no` is false, `0777` is 511 and `12:30:00` is 45000.
"""

from __future__ import annotations

import re

_NULL = re.compile(r"(?:null|Null|NULL|~|)")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)")
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)")
_NOT_A_NUMBER = re.compile(r"\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_MOST_DIGITS = 100  # int() takes quadratic time, and refuses 4,301 digits on newer Pythons only


class AmbiguousScalarError(ValueError):
    """A scalar that readers take differently; the message says what to write instead."""


def resolve(text: str) -> object:
    """The value of a plain scalar.

    Raises:
        AmbiguousScalarError: for `0777`, which is 511 to YAML 1.1 and 777 to YAML 1.2; for over 100 digits.
    """
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if text[0] not in "+-.0123456789":
        return text
    return _number(text)


def _number(text: str) -> object:
    if _LEADING_ZERO.fullmatch(text):
        raise AmbiguousScalarError("a number with a leading zero; drop it, write 0o for octal, or quote text")
    for pattern, base in ((_INT, 10), (_OCTAL, 8), (_HEX, 16)):
        if pattern.fullmatch(text):
            if len(text) > _MOST_DIGITS:
                raise AmbiguousScalarError("a number of over 100 digits; quote it if it is text")
            return int(text, base)
    if _INFINITE.fullmatch(text) or _NOT_A_NUMBER.fullmatch(text):
        return float(text.replace(".", ""))
    return float(text) if _FLOAT.fullmatch(text) else text
