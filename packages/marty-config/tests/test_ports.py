"""Servers that would take each other's port."""

from collections.abc import Callable
from pathlib import Path

import pytest

from marty.config import ConfigError, HttpSettings, ManagementSettings, Override, ServiceSettings, load

Write = Callable[[str, str], Path]


def test_names_both_places(bad: Callable[[str], str]) -> None:
    """The later of two keys in a file is at fault, and the line of the other is named."""
    text = "http:\n  host: a\n  port: 8000\ngrpc:\n  host: a\n  port: 8000\n"

    assert "config.yaml:6:9: grpc.port: 8000 is also http.port (config.yaml:3:9); give each its own port" == bad(text)


def test_three_of_a_kind(bad: Callable[[str], str]) -> None:
    """Each port after the first is a fault of its own."""
    text = "http: {port: 1}\ngrpc: {port: 1}\nmanagement: {port: 1}\n"

    assert [
        "config.yaml:2:14: grpc.port: 1 is also http.port (config.yaml:1:14); give each its own port",
        "config.yaml:3:20: management.port: 1 is also http.port (config.yaml:1:14); give each its own port",
    ] == bad(text).splitlines()


def test_the_higher_source_is_at_fault(write: Write) -> None:
    """What was given last is at fault: an option rather than a file, a file rather than a default."""
    write("config.yaml", "http: {port: 9090}\n")
    with pytest.raises(ConfigError) as by_default:
        load()
    write("config.yaml", "grpc: {port: 7000}\n")
    with pytest.raises(ConfigError) as by_option:
        load(overrides=[Override("http.port", "7000", "--port")])

    remedy = "give each its own port"
    assert f"config.yaml:1:14: http.port: 9090 is also management.port (default); {remedy}" == str(by_default.value)
    assert f"--port: http.port: 7000 is also grpc.port (config.yaml:1:14); {remedy}" == str(by_option.value)


@pytest.mark.parametrize(
    ("host", "other"),
    [("0.0.0.0", "10.0.0.1"), ("10.0.0.1", "::"), ("localhost", "127.0.0.1"), ("a", "A"), ("", "a")],
)
def test_overlapping_hosts(host: str, other: str) -> None:
    """The same host, or all of them on either side, is one address."""
    with pytest.raises(ValueError, match=r"management\.port: 1 is also http\.port; give each its own port"):
        ServiceSettings(http=HttpSettings(host=host, port=1), management=ManagementSettings(host=other, port=1))


@pytest.mark.parametrize(
    "text",
    [
        "http: {port: 0}\ngrpc: {port: 0}\nmanagement: {port: 0}\n",
        "http: {port: 1, host: a}\ngrpc: {port: 1, host: b}\n",
        "http: {port: 1}\ngrpc: {port: 1, enabled: false}\n",
        "http: {port: 1, enabled: false}\ngrpc: {port: 1}\n",
    ],
)
def test_no_clash(write: Write, text: str) -> None:
    """Any free port, different hosts, and a server that is off, do not clash."""
    write("config.yaml", text)

    load()


def test_no_clash_with_a_default_that_stands_in(bad: Callable[[str], str]) -> None:
    """While a port cannot be read, the default in its place is not held against another."""
    text = "http: {port: 9090}\nmanagement: {port: true}\n"

    assert "config.yaml:2:20: management.port: expected an integer from 0 to 65535" == bad(text)
