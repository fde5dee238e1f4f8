"""The sections of a service's settings: every option there is, each in this one place."""

from typing import Annotated, Any, Literal, Optional, Union

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from marty.config._expected import Expected
from marty.config._quantities import DURATION_NOUN, Duration, Size


class Section(BaseModel):
    """A group of settings, frozen and without unknown keys; the base of a service's own sections."""

    # Validated as part of the whole; a validator for each section alone would add 30 ms to the import.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


LogLevel = Annotated[
    Literal["trace", "debug", "info", "warning", "error", "critical"],
    BeforeValidator(_lower),
]
"""How much is logged; read without regard to case."""

Pause = Annotated[Union[Literal["auto"], Duration], Expected(f"auto or {DURATION_NOUN}")]
"""Seconds, or `auto`: decided by where the service runs."""

Port = Annotated[int, Field(ge=0, le=65535)]
"""A TCP port; 0 takes any free one."""


class IdentitySettings(Section):
    """What the service is."""

    name: Optional[str] = Field(default=None, description="Name of the service; its folder's when there is none.")
    version: Optional[str] = Field(default=None, description="Version of the service, quoted: 1.10 is a number.")
    description: Optional[str] = Field(default=None, description="One sentence on what the service is for.")


class HttpSettings(Section):
    """The HTTP server."""

    enabled: bool = Field(default=True, description="Whether to serve HTTP when the service has an app.")
    app: Optional[str] = Field(default=None, description="Import string of the ASGI app: pets.main:app.")
    factory: bool = Field(default=False, description="Whether app names a function that makes the app.")
    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 or :: for all.")
    port: Port = Field(default=8000, description="Port to listen on; 0 takes any free one.")
    root_path: str = Field(default="", description="Path under which a proxy serves the app.")
    keep_alive: Duration = Field(
        # Above the 60 s of common proxies: a shorter one gives sporadic 502 responses.
        default=65.0,
        description="How long an idle connection stays open; longer than the proxy in front keeps it.",
    )


class GrpcSettings(Section):
    """The gRPC server."""

    enabled: bool = Field(default=True, description="Whether to serve gRPC when the service registers servicers.")
    # The key is `register`; an attribute of that name would hide ABCMeta.register, of which pydantic warns.
    registers: Optional[str] = Field(
        default=None,
        alias="register",
        description="Import string of the function that registers the servicers: pets.rpc:register.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 or :: for all.")
    port: Port = Field(default=50051, description="Port to listen on; 0 takes any free one.")
    max_message: Size = Field(default=4 * 1024**2, description="Largest message to receive or send.")


class ManagementSettings(Section):
    """The port for probes and metrics."""

    enabled: bool = Field(default=True, description="Whether to serve probes and metrics.")
    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 or :: for all.")
    port: Port = Field(default=9090, description="Port to listen on; 0 takes any free one.")


class LoggingSettings(Section):
    """What is logged, and how."""

    level: LogLevel = Field(default="info", description="The least severe level that is logged.")
    format: Literal["auto", "json", "text"] = Field(
        default="auto", description="Form of a log line; auto is text on a terminal and json elsewhere."
    )
    levels: dict[str, LogLevel] = Field(default={}, description="Levels of single loggers by name.")
    access: bool = Field(default=True, description="Whether each call gets a line.")


class MetricsSettings(Section):
    """What is measured."""

    enabled: bool = Field(default=True, description="Whether to measure and to serve /metrics.")


class StartupSettings(Section):
    """How the service starts."""

    timeout: Duration = Field(default=60.0, description="How long the service may take to start.")


class ShutdownSettings(Section):
    """How the service stops."""

    pause: Pause = Field(
        default="auto",
        description="How long to go on serving once no longer ready; auto is 5s under Kubernetes, else 0.",
    )
    grace: Duration = Field(default=15.0, description="How long running calls may take to finish.")
