"""Questions to settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Optional

import pytest
from pydantic import Field, SecretStr

from marty.config import (
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
)

Write = Callable[[str, str], Path]


class Tls(Section):
    """A section that may be absent."""

    key: SecretStr = SecretStr("x")


class Settings(ServiceSettings):
    """With the shapes that the built-in settings lack."""

    tls: Optional[Tls] = None
    peers: dict[str, Tls] = Field(default={})
    tags: list[str] = Field(default=[])


def test_settings_made_by_hand() -> None:
    """Settings that were not loaded have sensible answers: development, here, and nothing but defaults."""
    settings = ServiceSettings()

    assert ("development", Path.cwd()) == (environment(settings), directory(settings))
    assert {Origin("default", "default")} == set(origins(settings).values())
    assert "default" == str(origin(settings, "http.port"))


def test_keys_in_order_of_declaration() -> None:
    """Every value has its key, in order of declaration, with the key that users write."""
    keys = list(flatten(ServiceSettings()))

    assert ["service.name", "service.version", "service.description", "http.enabled"] == keys[:4]
    assert "grpc.register" in keys
    assert ["logging.level", "logging.format", "logging.levels", "logging.access"] == keys[18:22]
    assert ["shutdown.pause", "shutdown.grace", "workers", "reload"] == keys[-4:]
    assert keys == list(origins(ServiceSettings()))


def test_shapes(write: Write) -> None:
    """An absent section is None, a mapping is its entries, a list is one value, a secret stays one."""
    write("config.yaml", "peers: {a: {key: s}}\ntags: [x, y]\n")

    settings = load(Settings)

    values = {key: value for key, value in flatten(settings).items() if key.split(".")[0] in ("tls", "peers", "tags")}
    assert {"tls": None, "peers.a.key": SecretStr("s"), "tags": ["x", "y"]} == values
    assert "config.yaml:1:18" == str(origin(settings, "peers.a.key"))
    assert "config.yaml:2:7" == str(origin(settings, "tags"))


def test_origin_of_a_section(write: Write) -> None:
    """A section's origin is where the highest source names it."""
    write("config.yaml", "logging:\n  levels:\n    a: info\n")

    settings = load(overrides=[Override("http.port", 1, "--port")])

    assert "config.yaml:1:1" == str(origin(settings, "logging"))
    assert "config.yaml:2:3" == str(origin(settings, "logging.levels"))
    assert "config.yaml:3:8" == str(origin(settings, "logging.levels.a"))
    assert "--port" == str(origin(settings, "http"))
    assert "default" == str(origin(settings, "grpc"))


def test_origin_of_an_alias(write: Write) -> None:
    """The value behind a YAML alias stands where the alias does."""
    write("config.yaml", "http: {host: &h a}\ngrpc: {host: *h}\n")

    assert "config.yaml:2:14" == str(origin(load(), "grpc.host"))


def test_origin_of_an_unknown_key() -> None:
    """A key that is not there is a KeyError, with the nearest one."""
    with pytest.raises(KeyError) as caught:
        origin(ServiceSettings(), "http.prot")

    assert "http.prot: unknown key; did you mean http.port?" == caught.value.args[0]
