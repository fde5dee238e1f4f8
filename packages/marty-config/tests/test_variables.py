"""Environment variables as settings."""

import pytest

from marty.config import ConfigError, flatten, load

MAPPING = 'expected a mapping, as JSON such as {"key": "value"}'
LEVELS = "one of trace, debug, info, warning, error, critical"


def said(**environ: str) -> str:
    """What is said of these variables."""
    with pytest.raises(ConfigError) as caught:
        load(environ=environ)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("MARTY_HTTP__PORT", "8080", "http.port", 8080),
        ("MARTY_http__Port", " 8080 ", "http.port", 8080),
        ("MARTY_GRPC__REGISTER", "a:b", "grpc.register", "a:b"),
        ("MARTY_GRPC__MAX_MESSAGE", "8MiB", "grpc.max_message", 8388608),
        ("MARTY_HTTP__ENABLED", "false", "http.enabled", False),
        ("MARTY_HTTP__ENABLED", "no", "http.enabled", False),
        ("MARTY_RELOAD", "1", "reload", True),
        ("MARTY_SERVICE__VERSION", "1.10", "service.version", "1.10"),
        ("MARTY_SERVICE__NAME", "", "service.name", ""),
        ("MARTY_SERVICE__NAME", "{x", "service.name", "{x"),
        ("MARTY_SHUTDOWN__PAUSE", "auto", "shutdown.pause", "auto"),
        ("MARTY_SHUTDOWN__GRACE", "20", "shutdown.grace", 20.0),
        ("MARTY_LOGGING__LEVEL", "DEBUG", "logging.level", "debug"),
        ("MARTY_LOGGING__LEVELS", '{"a.b": "debug"}', "logging.levels.a.b", "debug"),
        ("MARTY_LOGGING__LEVELS__SQLALCHEMY", "debug", "logging.levels.sqlalchemy", "debug"),
        ("MARTY_LOGGING__LEVELS__A__B", "debug", "logging.levels.a.b", "debug"),
        ("MARTY_HTTP", '{"port": 8080}', "http.port", 8080),
    ],
)
def test_value(name: str, text: str, key: str, value: object) -> None:
    """Text is converted to the type of its key; sections and mappings are JSON."""
    assert value == flatten(load(environ={name: text}))[key]


def test_exact_keys_count_more_than_sections() -> None:
    """A section as a whole in one variable gives way to single keys in others."""
    settings = load(environ={"MARTY_HTTP": '{"port": 1, "host": "a"}', "MARTY_HTTP__PORT": "2"})

    assert (2, "a") == (settings.http.port, settings.http.host)


def test_other_variables_are_none_of_ours() -> None:
    """Only the exact prefix makes a setting, and MARTY_ENVIRONMENT is no key."""
    environ = {"marty_nope": "1", "Marty_NOPE": "1", "MARTYNOPE": "1", "MARTY_ENVIRONMENT": "production"}

    assert load(environ={}) == load(environ=environ)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("MARTY_HTTP__PORT", "abc", "http.port: expected an integer from 0 to 65535"),
        ("MARTY_HTTP__PORT", "", "http.port: empty; expected an integer from 0 to 65535"),
        ("MARTY_HTTP__PORT", "  ", "http.port: empty; expected an integer from 0 to 65535"),
        ("MARTY_HTTP__PORT", "1.5", "http.port: expected an integer from 0 to 65535"),
        ("MARTY_HTTP__PORT", "[1]", "http.port: expected an integer from 0 to 65535"),
        ("MARTY_HTTP__ENABLED", "maybe", "http.enabled: expected true or false"),
        ("MARTY_LOGGING__LEVEL", "", f"logging.level: empty; expected {LEVELS}"),
        ("MARTY_LOGGING__LEVELS__A", "loud", f"logging.levels.a: expected {LEVELS}"),
        (
            "MARTY_SHUTDOWN__PAUSE",
            "",
            "shutdown.pause: empty; expected auto or a duration such as 20s, 5m or 250ms",
        ),
        (
            "MARTY_HTTP",
            "5",
            'http: expected a mapping of keys such as enabled and app, as JSON such as {"key": "value"}',
        ),
        ("MARTY_SERVICE__NAME", "\udcff", "service.name: not UTF-8; set it to text in UTF-8"),
        ("MARTY_HTTP", '{"prot": 1}', "http.prot: unknown key; did you mean http.port?"),
        ("MARTY_HTTP", '{"port": "x"}', "http.port: expected an integer from 0 to 65535"),
        (
            "MARTY_LOGGING__LEVELS",
            "x",
            'logging.levels: expected a mapping, as JSON such as {"key": "value"}',
        ),
        (
            "MARTY_LOGGING__LEVELS",
            '{"a": hunter2}',
            f"logging.levels: not valid JSON at character 7; {MAPPING}",
        ),
        ("MARTY_LOGGING__LEVELS", '{"a": NaN}', "logging.levels: NaN is not JSON; write a number"),
        (
            "MARTY_LOGGING__LEVELS",
            '{"a": 1, "a": 2}',
            "logging.levels: the key a is given twice in the JSON; remove one",
        ),
        ("MARTY_LOGGING__LEVELS", "[" * 100_000, "logging.levels: nested more than 50 levels deep"),
        ("MARTY_LOGGING__LEVELS", "[" * 60 + "]" * 60, "logging.levels: nested more than 50 levels deep"),
        ("MARTY_SERVICE__NAME", "x" * (2**20 + 1), "service.name: longer than 1 MiB; put it into a file"),
        ("MARTY_HTTP__PROT", "1", "unknown variable; did you mean MARTY_HTTP__PORT?"),
        ("MARTY_HTTP_PORT", "1", "unknown variable; did you mean MARTY_HTTP__PORT?"),
        ("MARTY_HTP__PORT", "1", "unknown variable; did you mean MARTY_HTTP__PORT?"),
        (
            "MARTY_PORT",
            "1",
            "unknown variable; did you mean MARTY_HTTP__PORT, MARTY_GRPC__PORT or MARTY_MANAGEMENT__PORT?",
        ),
        ("MARTY_HTTP__PORT__X", "1", "unknown variable; unset it, MARTY_ is for settings only"),
        ("MARTY_HTTP__", "1", "unknown variable; did you mean MARTY_HTTP?"),
        ("MARTY___HTTP", "1", "unknown variable; did you mean MARTY_HTTP?"),
        ("MARTY_", "1", "unknown variable; unset it, MARTY_ is for settings only"),
        ("MARTY_ZZZ", "1", "unknown variable; unset it, MARTY_ is for settings only"),
        ("MARTY_LOGGING__LEVELS__", "debug", "unknown variable; did you mean MARTY_LOGGING__LEVELS?"),
    ],
)
def test_sentence(name: str, text: str, expected: str) -> None:
    """Each fault names the variable and what was expected, never the value."""
    assert f"{name}: {expected}" == said(**{name: text})


def test_a_number_too_long_for_int() -> None:
    """JSON with thousands of digits is refused, by JSON or by the type, on every Python."""
    message = said(MARTY_LOGGING__LEVELS='{"a": ' + "9" * 5000 + "}")

    assert message.startswith("MARTY_LOGGING__LEVELS: logging.levels")
    assert "999" not in message


def test_one_key_in_two_cases() -> None:
    """Two variables for one key are a fault that names both."""
    message = said(MARTY_HTTP__PORT="1", MARTY_http__port="2")

    assert "MARTY_http__port: http.port: also given as MARTY_HTTP__PORT; unset one" == message


def test_names_with_control_characters_stay_on_one_line() -> None:
    """A name from outside cannot write lines of its own."""
    assert "MARTY_A\\nB: unknown variable; unset it, MARTY_ is for settings only" == said(**{"MARTY_A\nB": "1"})


def test_service_links_of_kubernetes() -> None:
    """What Kubernetes sets in every pod for a Service named marty, or marty-web, is no setting; a typo still is."""
    links = {
        "MARTY_SERVICE_HOST": "10.0.0.1",
        "MARTY_SERVICE_PORT": "80",
        "MARTY_SERVICE_PORT_HTTP": "80",
        "MARTY_PORT": "tcp://10.0.0.1:80",
        "MARTY_PORT_80_TCP": "tcp://10.0.0.1:80",
        "MARTY_PORT_80_TCP_ADDR": "10.0.0.1",
        "MARTY_WEB_SERVICE_HOST": "10.0.0.2",
        "MARTY_WEB_PORT_80_TCP_PROTO": "tcp",
    }
    pod = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}

    assert 8000 == load(environ={**links, **pod}).http.port
    assert len(links) == len(said(**links).splitlines())
    assert "MARTY_HTTP__PROT: unknown variable; did you mean MARTY_HTTP__PORT?" == said(
        **links, **pod, MARTY_HTTP__PROT="1"
    )
