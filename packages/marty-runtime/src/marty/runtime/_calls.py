"""The calls in flight of one server, and which of them have begun to answer."""

from __future__ import annotations

from marty.runtime._server import Cut


class Call:
    """One call in flight."""

    __slots__ = ("is_answering",)

    def __init__(self) -> None:
        """Begin without an answer."""
        self.is_answering = False


class Calls:
    """The calls in flight of one server; safe to change from several threads.

    A set and not two counters: adding and discarding are atomic, also for gRPC handlers in the thread pool.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._active: set[Call] = set()

    def begin(self) -> Call:
        """Note a new call; hand what it returns to ``end``."""
        call = Call()
        self._active.add(call)
        return call

    def end(self, call: Call) -> None:
        """Forget ``call``."""
        self._active.discard(call)

    def __len__(self) -> int:
        """How many are in flight."""
        return len(self._active)

    def cut(self) -> Cut:
        """What would be cut if everything in flight were ended now."""
        active = self._active.copy()  # of one moment: handlers in the thread pool end meanwhile
        answering = sum(call.is_answering for call in active)
        return Cut(unanswered=len(active) - answering, answering=answering)
