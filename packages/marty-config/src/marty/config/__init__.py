"""Typed settings of a service, from YAML, environment variables and options, with the origin of every value.

from marty.config import load, origin

settings = load()
settings.http.port, str(origin(settings, "http.port"))    # 8080, config.yaml:2:9
"""

from marty.config._errors import ConfigError, Fault
from marty.config._inspect import directory, environment, flatten, origin, origins
from marty.config._load import load, reload
from marty.config._origin import Origin
from marty.config._provenance import Override
from marty.config._quantities import Duration, Size
from marty.config._sections import (
    GrpcSettings,
    HttpSettings,
    IdentitySettings,
    LoggingSettings,
    LogLevel,
    ManagementSettings,
    MetricsSettings,
    Section,
    ShutdownSettings,
    StartupSettings,
)
from marty.config._settings import ServiceSettings

__all__ = [
    "ConfigError",
    "Duration",
    "Fault",
    "GrpcSettings",
    "HttpSettings",
    "IdentitySettings",
    "LogLevel",
    "LoggingSettings",
    "ManagementSettings",
    "MetricsSettings",
    "Origin",
    "Override",
    "Section",
    "ServiceSettings",
    "ShutdownSettings",
    "Size",
    "StartupSettings",
    "directory",
    "environment",
    "flatten",
    "load",
    "origin",
    "origins",
    "reload",
]

__version__: str


def __getattr__(name: str) -> str:
    """`__version__`, of the installed distribution: looked up when asked, which takes longer than loading."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - costs 50 ms; only those who ask pay

        return version("marty-config")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
