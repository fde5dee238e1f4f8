"""The right name for a mistyped one."""

import pytest

from marty.config import ServiceSettings
from marty.config._suggest import did_you_mean, suggest


@pytest.mark.parametrize(
    ("word", "keys"),
    [
        ("http.prot", ("http.port",)),
        ("htp.port", ("http.port",)),
        ("http_port", ("http.port",)),
        ("http-port", ("http.port",)),
        ("port", ("http.port", "grpc.port", "management.port")),
        ("level", ("logging.level",)),
        ("http.level", ("logging.level",)),
        ("log_level", ("logging.level",)),
        ("workes", ("workers",)),
        ("grpc.max_mesage", ("grpc.max_message",)),
        ("shutdwn.grac", ("shutdown.grace",)),
        ("zzz", ()),
        ("http.zzz", ()),
        ("x" * 81, ()),
    ],
)
def test_nearest(word: str, keys: tuple[str, ...]) -> None:
    """The nearest key is found by spelling, by its last part, and across sections."""
    assert keys == suggest(word, ServiceSettings)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), ""),
        (("a",), "; did you mean a?"),
        (("a", "b"), "; did you mean a or b?"),
        (("a", "b", "c"), "; did you mean a, b or c?"),
    ],
)
def test_words(names: tuple[str, ...], text: str) -> None:
    """One name, or several as a question between them."""
    assert text == did_you_mean(names)
