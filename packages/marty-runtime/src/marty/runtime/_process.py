"""One service in one process: the servers it needs, and the supervisor around them."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Callable

from marty import config
from marty.runtime import _sockets
from marty.runtime._access import log_call, log_request
from marty.runtime._http import HttpServer
from marty.runtime._lifespan import Lifespan
from marty.runtime._management import Collect, collect_own, management_app
from marty.runtime._metrics import GrpcMetrics, HttpMetrics
from marty.runtime._service import name_of
from marty.runtime._supervise import Budget, supervise

if TYPE_CHECKING:
    import socket

    from marty.config import ServiceSettings
    from marty.runtime._exit import ExitCode
    from marty.runtime._grpc_handlers import CallRecorder
    from marty.runtime._health import Health
    from marty.runtime._http_observer import RequestRecorder
    from marty.runtime._server import Server
    from marty.runtime._service import Service
    from marty.runtime._stop import Stop

_KUBERNETES_PAUSE_SECONDS = 5.0
"""What kube-proxy and ingress controllers need at the most to take a pod off their lists."""


async def serve(  # noqa: PLR0913 - what differs between the only process and one of many
    settings: ServiceSettings,
    service: Service,
    *,
    stop: Stop,
    health: Health,
    on_ready: Callable[[dict[str, str]], None],
    listen: Callable[[], socket.socket] | None = None,
    grpc_port: int | None = None,
    is_worker: bool = False,
) -> ExitCode:
    """Run ``service`` until ``stop`` is set or a server ends.

    A worker takes its HTTP socket from ``listen`` and shares ``grpc_port``; the management port and the
    pause before the drain are its parent's.
    """
    lifespan = Lifespan(service.app)
    servers: list[Server] = []
    if service.app is not None:
        servers.append(
            HttpServer(
                service.app,
                listen or partial(_sockets.listen, settings, "http"),
                root_path=settings.http.root_path,
                keep_alive=settings.http.keep_alive,
                state=lifespan.state,
                recorders=_request_recorders(settings),
            )
        )
    if service.register is not None:
        from marty.runtime._grpc import GrpcServer  # noqa: PLC0415 - a service without gRPC does not pay for it

        servers.append(GrpcServer(service, settings, health, _call_recorders(settings), grpc_port))
    return await supervise(
        servers,
        probes=[] if is_worker else probes(settings, health, collect_own),
        lifespan=lifespan,
        health=health,
        stop=stop,
        budget=Budget(
            startup=settings.startup.timeout,
            pause=(lambda _: 0) if is_worker else pause_of(settings),
            grace=settings.shutdown.grace,
        ),
        on_ready=on_ready,
    )


def probes(settings: ServiceSettings, health: Health, collect: Collect) -> list[Server]:
    """The management server, where it is enabled."""
    if not settings.management.enabled:
        return []
    about = {
        "name": name_of(settings),
        "version": settings.service.version,
        "description": settings.service.description,
        "environment": config.environment(settings),
    }
    app = management_app(health, collect if settings.metrics.enabled else None, about)
    return [HttpServer(app, partial(_sockets.listen, settings, "management"), name="management")]


def pause_of(settings: ServiceSettings) -> Callable[[Stop], float]:
    """``shutdown.pause`` in seconds; ``auto`` waits where a load balancer must notice and nobody looks on."""

    def seconds(stop: Stop) -> float:
        pause = settings.shutdown.pause
        if pause != "auto":
            return pause
        is_watched = stop.is_interrupt or sys.stderr.isatty()
        return _KUBERNETES_PAUSE_SECONDS if "KUBERNETES_SERVICE_HOST" in os.environ and not is_watched else 0

    return seconds


def _request_recorders(settings: ServiceSettings) -> tuple[RequestRecorder, ...]:
    metrics: tuple[RequestRecorder, ...] = (HttpMetrics(),) if settings.metrics.enabled else ()
    return (*metrics, log_request) if settings.logging.access else metrics


def _call_recorders(settings: ServiceSettings) -> tuple[CallRecorder, ...]:
    metrics: tuple[CallRecorder, ...] = (GrpcMetrics(),) if settings.metrics.enabled else ()
    return (*metrics, log_call) if settings.logging.access else metrics
