"""The right name for a mistyped one."""

from __future__ import annotations

import re
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from marty.config._schema import root

if TYPE_CHECKING:
    from pydantic import BaseModel

_CLOSE = 0.6
_ALIKE = 0.75
_SURE = 0.85
_AT_MOST = 3
LONGEST = 80  # difflib takes quadratic time, and nothing this long was mistyped


def suggest(word: str, model: type[BaseModel]) -> tuple[str, ...]:
    """Dotted keys that `word`, dotted too, may have meant: the likeliest, or up to three alike."""
    if len(word) > LONGEST:
        return ()
    word = word.lower()
    keys = _keys(model)
    flat = [key for key in keys if _flat(key) == _flat(word)]  # http_port, http-port
    if flat:
        return tuple(flat[:1])
    parent, _, last = word.rpartition(".")
    namesakes = [key for key in keys if key.rpartition(".")[2] == last]
    if namesakes:
        best = max(namesakes, key=lambda key: _likeness(word, key))
        return (best,) if _likeness(word, best) >= _SURE else tuple(namesakes[:_AT_MOST])
    siblings = {key.rpartition(".")[2]: key for key in keys if key.rpartition(".")[0] == parent}
    near = [siblings[name] for name in get_close_matches(last, siblings, 1, _CLOSE)]
    if not near:  # log_level
        near = [key for key in keys if key.rpartition(".")[2] == re.split("[_-]", last)[-1]][:_AT_MOST]
    others = [key for key in keys if not word.startswith(f"{key}.")]
    return tuple(near or get_close_matches(word, others, 1, _ALIKE))


def did_you_mean(names: tuple[str, ...]) -> str:
    """`; did you mean a, b or c?`, or nothing."""
    if not names:
        return ""
    *first, last = names
    return f"; did you mean {', '.join(first)} or {last}?" if first else f"; did you mean {last}?"


@lru_cache(maxsize=8)
def _keys(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(".".join(path) for path in root(model).paths())


def _flat(key: str) -> str:
    return re.sub(r"[._-]+", ".", key)


def _likeness(word: str, key: str) -> float:
    return SequenceMatcher(None, word, key).ratio()
