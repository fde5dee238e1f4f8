"""Values from the command line."""

import pytest

from marty.config import ConfigError, Override, flatten, load, origin


def said(*overrides: Override) -> str:
    """What is said of these overrides."""
    with pytest.raises(ConfigError) as caught:
        load(overrides=overrides)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("http.port", "8080", 8080),
        ("http.port", 8080, 8080),
        ("http.enabled", "false", False),
        ("http.enabled", False, False),
        ("grpc.register", "a:b", "a:b"),
        ("service.name", None, None),
        ("shutdown.grace", "1m", 60.0),
        ("logging.levels.MyApp.db", "debug", "debug"),
    ],
)
def test_value(key: str, value: object, expected: object) -> None:
    """Text is converted as in a variable, other values are taken as they are; the case of a key counts."""
    assert expected == flatten(load(overrides=[Override(key, value, "--set")]))[key]


def test_structures() -> None:
    """A section may be overridden as a whole, by a mapping or by JSON."""
    given = load(
        overrides=[
            Override("http", {"port": 1}, "--set"),
            Override("logging.levels", '{"a": "info"}', "--set"),
        ]
    )

    assert (1, {"a": "info"}) == (given.http.port, given.logging.levels)


def test_the_last_counts() -> None:
    """Of two overrides for one key, the later one."""
    settings = load(overrides=[Override("http.port", "1", "--set"), Override("http.port", "2", "--port")])

    assert (2, "--port") == (settings.http.port, str(origin(settings, "http.port")))


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (Override("http.port", "x", "--port"), "--port: http.port: expected an integer from 0 to 65535"),
        (Override("http.port", True, "--port"), "--port: http.port: expected an integer from 0 to 65535"),
        (
            Override("http.port", "", "--port"),
            "--port: http.port: empty; expected an integer from 0 to 65535",
        ),
        (Override("http.prot", "1", "--set"), "--set: http.prot: unknown key; did you mean http.port?"),
        (Override("HTTP.port", "1", "--set"), "--set: HTTP.port: unknown key; did you mean http.port?"),
        (Override("zzz", "1", "--set"), "--set: zzz: unknown key; see the reference of settings"),
        (Override("", "1", "--set"), "--set: unknown key; see the reference of settings"),
        (Override("http..port", "1", "--set"), "--set: http..port: unknown key; did you mean http.port?"),
    ],
)
def test_sentence(override: Override, expected: str) -> None:
    """Each fault names the flag, the key and what was expected, never the value."""
    assert expected == said(override)


def test_in_the_order_given() -> None:
    """Faults of options come in the order of the options."""
    first, second = Override("workers", "x", "--workers"), Override("http.port", "x", "--port")

    assert ["--workers", "--port"] == [line.split(":")[0] for line in said(first, second).splitlines()]
    assert ["--port", "--workers"] == [line.split(":")[0] for line in said(second, first).splitlines()]


def test_repr_hides_the_value() -> None:
    """The value of an override may be a secret."""
    assert "Override(key='db.password', flag='--set')" == repr(Override("db.password", "hunter2", "--set"))
