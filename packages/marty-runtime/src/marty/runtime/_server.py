"""The one seam between the supervisor and whatever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Cut:
    """Calls that were still running when the grace ended and were ended by force."""

    unanswered: int = 0
    """Calls whose client had got nothing yet."""
    answering: int = 0
    """Streams that had already begun to answer."""

    def __add__(self, other: Cut) -> Cut:
        """Both together."""
        return Cut(self.unanswered + other.unanswered, self.answering + other.answering)


class Server(Protocol):
    """Something that listens on one port.

    The supervisor calls ``bind`` and ``start`` once each and in this order; ``stop`` may come more than once,
    also after a ``bind`` that was never followed by ``start``.
    """

    @property
    def name(self) -> str:
        """What it is called in messages: ``http``, ``grpc`` or ``management``."""

    def bind(self) -> dict[str, str]:
        """Take the port and return what clients call, such as ``{"http": "http://127.0.0.1:8000"}``.

        Raises:
            StartupError: the port cannot be had.
        """

    async def start(self) -> None:
        """Return once the server answers.

        Raises:
            StartupError: the environment does not let it start.
            DiscoveryError: the service's own code does not.
        """

    async def wait(self) -> None:
        """Return, or raise, when the server has ended on its own."""

    async def stop(self, grace: float) -> Cut:
        """Take no new calls, finish those in flight within ``grace`` seconds, then cut the rest."""
