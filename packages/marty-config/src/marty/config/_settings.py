"""The whole of what a service may be told, as one frozen model."""

from pydantic import Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from marty.config._ports import clashes
from marty.config._provenance import Provenance
from marty.config._sections import (
    GrpcSettings,
    HttpSettings,
    IdentitySettings,
    LoggingSettings,
    ManagementSettings,
    MetricsSettings,
    Section,
    ShutdownSettings,
    StartupSettings,
)


class ServiceSettings(Section):
    """Everything a service may be told. Frozen; unknown keys are refused.

    A service adds sections of its own in a subclass, and gives that class to `load`.
    """

    # model_construct() fills in the defaults, as a call would, but does not build the section's validator.

    service: IdentitySettings = Field(default=IdentitySettings.model_construct(), description="What the service is.")
    http: HttpSettings = Field(default=HttpSettings.model_construct(), description="The HTTP server.")
    grpc: GrpcSettings = Field(default=GrpcSettings.model_construct(), description="The gRPC server.")
    management: ManagementSettings = Field(
        default=ManagementSettings.model_construct(), description="The port for probes and metrics."
    )
    logging: LoggingSettings = Field(default=LoggingSettings.model_construct(), description="What is logged, and how.")
    metrics: MetricsSettings = Field(default=MetricsSettings.model_construct(), description="What is measured.")
    startup: StartupSettings = Field(default=StartupSettings.model_construct(), description="How the service starts.")
    shutdown: ShutdownSettings = Field(default=ShutdownSettings.model_construct(), description="How the service stops.")
    workers: int = Field(default=1, ge=1, le=1024, description="How many processes serve.")
    reload: bool = Field(default=False, description="Whether to restart when a source file changes.")

    _provenance: Provenance = PrivateAttr(default_factory=Provenance)

    @model_validator(mode="after")
    def _check_ports(self) -> "ServiceSettings":
        found = clashes(self.http, self.grpc, self.management)
        if found:
            sentences = "; ".join(f"{clash.key}: {clash.sentence()}" for clash in found)
            raise PydanticCustomError("port_clash", "{sentences}", {"sentences": sentences, "clashes": found})
        return self


def provenance(settings: ServiceSettings) -> Provenance:
    """How these settings were loaded; for settings made by hand, as if from nothing but defaults."""
    return settings._provenance  # noqa: SLF001 - private to this package, which this function opens


def remember(settings: ServiceSettings, how: Provenance) -> None:
    """Note how these settings were loaded; pydantic lets a frozen model set what is private."""
    settings._provenance = how  # noqa: SLF001 - as above
