"""Whether the servers of one service would take each other's port."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from marty.config._sections import GrpcSettings, HttpSettings, ManagementSettings

_WILDCARDS = {"", "0.0.0.0", "::", "[::]", "*"}  # noqa: S104 - compared, not bound


_Server = Union["HttpSettings", "GrpcSettings", "ManagementSettings"]


@dataclass(frozen=True)
class Clash:
    """Two keys that give one port: the later one in order of declaration, and the earlier."""

    key: str
    other: str
    port: int

    def swapped(self) -> Clash:
        """The same clash, told of the other key."""
        return Clash(self.other, self.key, self.port)

    def sentence(self, other_origin: object = None) -> str:
        """`8000 is also http.port (config.yaml:3:9); give each its own port`."""
        where = "" if other_origin is None else f" ({other_origin})"
        return f"{self.port} is also {self.other}{where}; give each its own port"


def clashes(http: HttpSettings, grpc: GrpcSettings, management: ManagementSettings) -> tuple[Clash, ...]:
    """Each enabled server that shares its port with one declared before it; 0 is any free port."""
    found: dict[str, Clash] = {}
    servers: tuple[tuple[str, _Server], ...] = (
        ("http.port", http),
        ("grpc.port", grpc),
        ("management.port", management),
    )
    for (other_key, other), (key, server) in combinations(servers, 2):
        is_shared = server.port == other.port != 0 and _overlap(server.host, other.host)
        if is_shared and server.enabled and other.enabled:
            found.setdefault(key, Clash(key, other_key, server.port))
    return tuple(found.values())


def _overlap(host: str, other: str) -> bool:
    hosts = {"127.0.0.1" if each.lower() == "localhost" else each.lower() for each in (host, other)}
    return len(hosts) == 1 or bool(hosts & _WILDCARDS)
