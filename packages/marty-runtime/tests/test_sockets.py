"""Taking ports, and who is named when one is taken."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import pytest

from marty.runtime import StartupError
from marty.runtime import _sockets as sockets

if TYPE_CHECKING:
    from marty.config import ServiceSettings

Settings = Callable[..., "ServiceSettings"]


def test_any_free_port(settings: Settings) -> None:
    """Port 0 takes any; the socket listens at once, so that early clients wait."""
    with sockets.listen(settings(), "http") as bound:
        host, port = sockets.address(bound)
        assert sockets.url(bound) == f"http://127.0.0.1:{port}"
        socket.create_connection((host, port), timeout=5).close()


def test_a_port_that_is_taken_names_its_holder(settings: Settings) -> None:
    """The error has the setting's place, and on Linux the process that listens."""
    with sockets.listen(settings(), "http") as bound:
        _, port = sockets.address(bound)
        for take in (sockets.listen, sockets.reserve):
            with pytest.raises(StartupError) as caught:
                take(settings(f"http.port={port}"), "http")
            holder = f" by pid {os.getpid()} (" if Path("/proc/net").is_dir() else ""
            before, _, after = str(caught.value).partition(holder)
            assert before == f"--set: http.port: {port} is in use"
            assert after.endswith("; stop it or set another port")


def test_a_host_of_another_machine(settings: Settings) -> None:
    """An address that is not here, or a name that resolves to nothing, is the host's fault, not the port's."""
    for host in ("192.0.2.1", "no.such.host.invalid"):
        with pytest.raises(StartupError) as caught:
            sockets.listen(settings(f"http.host={host}"), "http")
        assert str(caught.value) == (
            f"--set: http.host: {host} is not an address of this machine; set 127.0.0.1, 0.0.0.0 or one of its own"
        )


def test_a_reserved_port_is_shared_but_does_not_answer(settings: Settings) -> None:
    """The parent holds the port for its workers without taking a connection from them."""
    with sockets.reserve(settings(), "grpc") as held:
        host, port = sockets.address(held)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, port), timeout=5)
        with socket.socket() as worker:
            worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            worker.bind((host, port))


@pytest.mark.parametrize(("host", "text"), [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80"), ("[::]", "[::]:80")])
def test_authority(host: str, text: str) -> None:
    """An IPv6 address stands in brackets."""
    assert text == sockets.authority(host, 80)


def test_ipv6(settings: Settings) -> None:
    """A host with a colon is an IPv6 address."""
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with sockets.listen(settings("http.host=::1"), "http") as bound:
        assert sockets.address(bound)[0] == "::1"
