"""Request metrics with the names of OpenTelemetry and gRPC, and labels that cannot grow without bound.

https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
https://github.com/grpc/proposal/blob/master/A66-otel-stats.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import REGISTRY, Histogram

if TYPE_CHECKING:
    import grpc
    from prometheus_client import CollectorRegistry

    from marty.runtime._asgi import Scope

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})


class HttpMetrics:
    """``http_server_request_duration_seconds`` by method, route template and status."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Register in ``registry``."""
        self._family = Histogram(
            "http_server_request_duration_seconds",
            "Duration of HTTP server requests.",
            ("http_request_method", "http_route", "http_response_status_code"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._children: dict[tuple[str, str, int], Any] = {}

    def __call__(self, scope: Scope, status: int, seconds: float) -> None:
        """Observe one request; one that matched no route has the empty route."""
        method = scope["method"]
        key = (method if method in _METHODS else "_OTHER", route_template(scope), status)
        child = self._children.get(key)
        if child is None:  # labels() costs more than the observation
            child = self._children[key] = self._family.labels(*key)
        child.observe(seconds)


class GrpcMetrics:
    """``grpc_server_call_duration_seconds`` by method and status."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Register in ``registry``."""
        self._family = Histogram(
            "grpc_server_call_duration_seconds",
            "Duration of gRPC server calls.",
            ("grpc_method", "grpc_status"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._children: dict[tuple[str, str], Any] = {}

    def __call__(self, method: str, status: grpc.StatusCode, seconds: float) -> None:
        """Observe one call."""
        key = (method, status.name)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._family.labels(*key)
        child.observe(seconds)


def route_template(scope: Scope) -> str:
    """The template of the route that served ``scope``, such as ``/pets/{pet_id}``, or nothing.

    Newer FastAPI keeps the template with the prefixes of included routers in a context of its own; before,
    it was the route's. Of a mounted app it is that app's own: the prefix in ``root_path`` may hold values.
    """
    context = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return str(getattr(context, "path_format", ""))
