"""Taking ports before anything runs, with an error that says who holds one.

Every port is bound before the lifespan begins, so that a port that is taken stops a service before its
start hooks have opened anything.
"""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from marty.config import origin
from marty.runtime._errors import StartupError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marty.config import ServiceSettings

_BACKLOG = 2048


def listen(settings: ServiceSettings, section: str) -> socket.socket:
    """A socket that listens where ``<section>.host`` and ``<section>.port`` say.

    It listens at once, so clients that come while the service starts wait instead of being refused.

    Raises:
        StartupError: the address cannot be had; the text names the setting and, on Linux, the process that
            holds the port.
    """
    bound = _bind(settings, section, share=False)
    try:
        bound.listen(_BACKLOG)
    except OSError as error:  # another process bound it too and listened first
        bound.close()
        raise _refusal(settings, section, error) from None
    return bound


def reserve(settings: ServiceSettings, section: str) -> socket.socket:
    """A socket that holds the port for servers of this user that bind it with SO_REUSEPORT.

    It never listens, so the kernel sends it no connection. First the port is taken alone: otherwise another
    gRPC server that shares its port would be joined without a word (grpc/grpc#16920).

    Raises:
        StartupError: as for ``listen``.
    """
    listen(settings, section).close()
    return _bind(settings, section, share=True)


def address(bound: socket.socket) -> tuple[str, int]:
    """Host and port that ``bound`` really has; differs from the settings when the port there is 0."""
    host, port = bound.getsockname()[:2]
    return str(host), int(port)


def url(bound: socket.socket) -> str:
    """What an HTTP client calls, such as ``http://127.0.0.1:8000``."""
    return f"http://{authority(*address(bound))}"


def authority(host: str, port: int) -> str:
    """``host:port`` as it stands in a URL: an IPv6 address in brackets, whether it had them or not."""
    host = host.strip("[]")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bind(settings: ServiceSettings, section: str, *, share: bool) -> socket.socket:
    host, port = getattr(settings, section).host.strip("[]"), getattr(settings, section).port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Lets a restart take the port while connections of the last run linger in TIME_WAIT.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise _refusal(settings, section, error) from None
    return bound


def _refusal(settings: ServiceSettings, section: str, error: OSError) -> StartupError:
    host, port = getattr(settings, section).host, getattr(settings, section).port
    key = f"{section}.port"
    if error.errno == errno.EADDRINUSE:
        sentence = f"{port} is in use{_holder(port)}; stop it or set another port"
    elif error.errno == errno.EACCES:
        sentence = f"{port} is reserved for privileged users; set a port from 1024 on"
    elif error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        key = f"{section}.host"
        sentence = f"{host} is not an address of this machine; set 127.0.0.1, 0.0.0.0 or one of its own"
    else:
        sentence = f"{authority(host, port)} cannot be bound: {error.strerror or error}"
    return StartupError(f"{origin(settings, key)}: {key}: {sentence}")


def _holder(port: int) -> str:
    """`` by pid 4121 (python)`` where it can be known: on Linux, for a process that this user may inspect."""
    inodes = set(_listening_inodes(port))
    for link in Path("/proc").glob("[0-9]*/fd/*") if inodes else ():
        try:
            target = os.readlink(link)  # noqa: PTH115 - tens of thousands of links; Path.readlink costs five times as much
            if target.startswith("socket:[") and target[8:-1] in inodes:
                return f" by pid {link.parts[2]} ({Path('/proc', link.parts[2], 'comm').read_text().strip()})"
        except OSError:  # it ended meanwhile, or belongs to another user
            continue
    return ""


def _listening_inodes(port: int) -> Iterator[str]:
    listening = "0A"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:  # not Linux
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == listening and int(fields[1].rsplit(":", 1)[1], 16) == port:
                yield fields[9]
