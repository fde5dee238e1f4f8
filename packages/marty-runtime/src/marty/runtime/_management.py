"""The management port: probes and metrics, apart from the service's own traffic and limits.

Plain ASGI, so that a service without FastAPI has them too.
https://kubernetes.io/docs/reference/using-api/health-checks/
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Callable

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from marty.runtime._asgi import App, Receive, Scope, Send
    from marty.runtime._health import Health

Collect = Callable[[], Awaitable[Iterable["Metric"]]]

_TEXT = b"text/plain; charset=utf-8"


async def collect_own() -> Iterable[Metric]:
    """The metrics of this process, the service's own among them."""
    return list(REGISTRY.collect())


class _Collected:
    """What ``choose_encoder`` wants to have: something with ``collect``."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def management_app(health: Health, collect: Collect | None, about: Mapping[str, str | None]) -> App:
    """``/livez``, ``/readyz``, ``/startupz``, ``/info`` and, unless ``collect`` is none, ``/metrics``.

    ``/livez`` answers 200 as long as the process can answer at all and looks at nothing else. The others
    answer 200 or 503, with the phase as their text. ``/info`` gives ``about`` as JSON.
    """
    probes: dict[str, Callable[[], bool]] = {
        "/livez": lambda: True,
        "/readyz": lambda: health.is_ready,
        "/startupz": lambda: health.has_started,
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - no request here has a body
        path = scope["path"]
        if scope["type"] != "http":
            return
        if scope["method"] not in {"GET", "HEAD"}:
            await _answer(send, 405, b"method not allowed\n", _TEXT)
        elif path in probes:
            await _answer(send, 200 if probes[path]() else 503, f"{health.phase.value}\n".encode(), _TEXT)
        elif path == "/info":
            await _answer(send, 200, json.dumps(about).encode(), b"application/json")
        elif path == "/metrics" and collect is not None:
            accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
            encode, content_type = choose_encoder(accept)
            encoder: Any = encode  # typed for a registry, uses only its collect()
            await _answer(send, 200, encoder(_Collected(await collect())), content_type.encode())
        else:
            await _answer(send, 404, b"not found\n", _TEXT)

    return app


async def _answer(send: Send, status: int, body: bytes, content_type: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
