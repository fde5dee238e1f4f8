"""One line in the log for each call, in both protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    import grpc
    from loguru import Record

    from marty.runtime._asgi import Scope


def _rename(record: Record) -> None:
    record["name"] = "marty.access"  # so that logging.levels can name it


_log = logger.patch(_rename)


def log_request(scope: Scope, status: int, seconds: float) -> None:
    """Log one HTTP request; a RequestRecorder."""
    client = scope.get("client")
    _log.info(
        "http request",
        method=scope["method"],
        path=scope["path"],
        status=status,
        milliseconds=round(seconds * 1000, 3),
        client=client[0] if client else None,
    )


def log_call(method: str, status: grpc.StatusCode, seconds: float) -> None:
    """Log one gRPC call; a CallRecorder."""
    _log.info("grpc call", method=method, status=status.name, milliseconds=round(seconds * 1000, 3))
