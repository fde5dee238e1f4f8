"""From sources to settings, and again."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Union

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from marty.config import (
    ConfigError,
    Fault,
    Origin,
    Override,
    Section,
    ServiceSettings,
    directory,
    environment,
    flatten,
    load,
    origin,
    origins,
    reload,
)

Write = Callable[[str, str], Path]


def test_order_of_the_sources(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Defaults < base file < overlay < variable < option, and each value knows its own."""
    write("config.yaml", "http: {host: a, port: 1, root_path: a, keep_alive: 1}\n")
    write("config/development.yaml", "http: {port: 2, root_path: b, keep_alive: 2}\n")
    monkeypatch.setenv("MARTY_HTTP__ROOT_PATH", "c")
    monkeypatch.setenv("MARTY_HTTP__KEEP_ALIVE", "3s")

    settings = load(overrides=[Override("http.keep_alive", "4s", "--set")])

    found = {key: value for key, value in flatten(settings).items() if key.startswith("http.")}
    assert {
        "http.enabled": (True, "default"),
        "http.app": (None, "default"),
        "http.factory": (False, "default"),
        "http.host": ("a", "config.yaml:1:14"),
        "http.port": (2, "config/development.yaml:1:14"),
        "http.root_path": ("c", "MARTY_HTTP__ROOT_PATH"),
        "http.keep_alive": (4.0, "--set"),
    } == {key: (value, str(origin(settings, key))) for key, value in found.items()}


def test_a_file_beats_defaults(write: Write) -> None:
    """What a file sets counts unless an option was really given (R1)."""
    write("config.yaml", "http: {host: 0.0.0.0}\nworkers: 3\nreload: true\ngrpc: {enabled: false}\n")

    settings = load(overrides=[])

    assert ("0.0.0.0", 3, True, False) == (
        settings.http.host,
        settings.workers,
        settings.reload,
        settings.grpc.enabled,
    )


def test_a_mapping_in_place_of_a_scalar(write: Write) -> None:
    """A higher source may not mend a lower one that is wrong: both files must be right on their own."""
    write("config.yaml", "http: 5\n")
    write("config/development.yaml", "http: {port: 1}\n")

    with pytest.raises(
        ConfigError, match=r"^config\.yaml:1:7: http: expected a mapping of keys such as enabled and app$"
    ):
        load()


def test_a_wrong_value_that_is_overridden(write: Write) -> None:
    """A wrong value is told although a higher source replaces it."""
    write("config.yaml", "workers: many\n")

    with pytest.raises(ConfigError, match=r"^config\.yaml:1:10: workers: expected an integer from 1 to 1024$"):
        load(overrides=[Override("workers", 2, "--workers")])


def test_equal_when_values_are() -> None:
    """Two settings are equal when their values are, however they were loaded."""
    by_option = load(overrides=[Override("workers", 2, "--workers")])
    by_variable = load(environ={"MARTY_WORKERS": "2"})

    assert by_option == by_variable
    assert load() == ServiceSettings()
    assert load() != by_option


def test_frozen() -> None:
    """Settings cannot be changed."""
    with pytest.raises(ValueError, match="frozen"):
        load().workers = 2


def test_reload_reads_anew(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same request again sees changed files and variables, also from another working directory."""
    write("svc/config.yaml", "workers: 2\n")
    first = load(directory="svc", overrides=[Override("http.port", "1", "--port")])
    write("svc/config.yaml", "workers: 3\n")
    monkeypatch.setenv("MARTY_GRPC__PORT", "2")
    monkeypatch.chdir(write("elsewhere/x", "").parent)

    second = reload(first)

    assert (2, 50051) == (first.workers, first.grpc.port)
    assert (3, 1, 2) == (second.workers, second.http.port, second.grpc.port)
    assert f"{tmp_path}/svc/config.yaml:1:10" == str(origin(second, "workers"))


def test_reload_survives_pickling(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that got settings by pickle has values, origins and request."""
    write("config.yaml", "workers: 2\n")
    monkeypatch.setenv("MARTY_SERVICE__NAME", "hunter2")
    settings = load(environment="staging")
    monkeypatch.setenv("MARTY_SERVICE__NAME", "other")

    copy = pickle.loads(pickle.dumps(settings))

    assert settings == copy
    assert origins(settings) == origins(copy)
    assert ("staging", Path.cwd()) == (environment(copy), directory(copy))
    assert "other" == reload(copy).service.name


def test_no_copy_of_the_environment_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the environment but in no setting is not in the settings' memory either."""
    monkeypatch.setenv("SECRET", "hunter2")

    assert b"hunter2" not in pickle.dumps(load())


def test_reload_with_a_given_environment() -> None:
    """A mapping that was given is read again, and the process's environment is not."""
    environ = {"MARTY_WORKERS": "2"}
    settings = load(environ=environ)
    environ["MARTY_WORKERS"] = "3"

    assert 3 == reload(settings).workers


def test_reload_of_settings_made_by_hand(write: Write) -> None:
    """They are loaded from the working directory."""
    write("config.yaml", "workers: 2\n")

    assert 2 == reload(ServiceSettings()).workers


def test_reload_that_fails_leaves_the_settings(write: Write) -> None:
    """A fault in a file that was changed is an error, and the settings at hand stay."""
    write("config.yaml", "workers: 2\n")
    settings = load()
    write("config.yaml", "workers: many\n")

    with pytest.raises(ConfigError):
        reload(settings)
    assert 2 == settings.workers


class Database(Section):
    """A section of a service's own."""

    url: str = "sqlite://"


class Settings(ServiceSettings):
    """Settings of a service."""

    database: Database = Database()


def test_own_class(write: Write) -> None:
    """A service's own settings are loaded, reloaded and pickled like the built-in ones."""
    write("config.yaml", "database: {url: x}\n")

    settings = load(Settings, environ={"MARTY_DATABASE__URL": "y"})

    assert ("y", "MARTY_DATABASE__URL") == (settings.database.url, str(origin(settings, "database.url")))
    assert "y" == pickle.loads(pickle.dumps(reload(settings))).database.url


def test_error_is_a_value() -> None:
    """A ConfigError has its faults, one line for each, and survives pickling."""
    faults = (
        Fault(Origin("file", "config.yaml", 4, 9), "http.port", "expected an integer"),
        Fault(Origin("variable", "MARTY_X"), None, "unknown variable"),
    )
    error = ConfigError(faults)

    assert "config.yaml:4:9: http.port: expected an integer\nMARTY_X: unknown variable" == str(error)
    assert faults == error.faults == pickle.loads(pickle.dumps(error)).faults


def leaves() -> st.SearchStrategy[dict[str, object]]:
    """Values for some keys, as `flatten` gives them."""
    text = st.text("ab é:#'{\n", max_size=5)
    return st.fixed_dictionaries(
        {},
        optional={
            "service.name": st.none() | text,
            "http.enabled": st.booleans(),
            "http.port": st.integers(0, 7000),
            "http.keep_alive": st.floats(0, 1e6),
            "grpc.register": st.none() | text,
            "grpc.max_message": st.integers(0, 2**40),
            "logging.level": st.sampled_from(["debug", "info"]),
            "logging.levels.a.b": st.sampled_from(["debug", "info"]),
            "shutdown.pause": st.just("auto") | st.floats(0, 1e6),
            "workers": st.integers(1, 1024),
        },
    )


@given(leaves())
def test_what_flatten_gives_loads_back_equal(values: dict[str, object]) -> None:
    """Every value of `flatten`, given as an override, makes equal settings."""
    settings = load(environ={}, overrides=[Override(key, value, "--set") for key, value in values.items()])

    again = load(environ={}, overrides=[Override(key, value, "--set") for key, value in flatten(settings).items()])

    assert settings == again
    assert flatten(settings) == flatten(again)


WORDS = ["http", "port", "grpc", "logging", "levels", "a", "1", "0777", "1.5", "true", "null", "<<", "é", "~"]
SIGNS = [*":-{}[],'\"#&*!|>?%@", " ", "  ", "\n", "\n  ", "\t", ": ", "- ", "---\n", "\u2028", "\ufeff"]
yaml_like = st.lists(st.sampled_from([*WORDS, *SIGNS]), max_size=25).map("".join)


def outcome() -> Union[ServiceSettings, ConfigError]:
    """What a load ends in."""
    try:
        return load(environ={})
    except ConfigError as error:
        return error


@hypothesis_settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(text=yaml_like | st.text())
def test_any_text_ends_in_settings_or_faults(text: str, write: Write) -> None:
    """Whatever is in a file, it ends in settings or a ConfigError of one-line faults that name the file."""
    write("config.yaml", text)

    result = outcome()

    if isinstance(result, ConfigError):
        assert result.faults
        assert {"config.yaml"} == {fault.origin.name for fault in result.faults}
        assert len(result.faults) == len(str(result).splitlines())
