"""A build backend that answers a plain install with an editable one.

`pip install -e` makes only the root editable: what that requires by URL, pip installs as copies. The folders
beside this file stand in for the packages: each is named like one, and its "wheel" is the package's editable
wheel. They are committed, not made on the fly, so that `git clean` takes nothing away that an environment
still needs; and they share one backend by links, since a build may load its backend only from inside of its
project.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from poetry.core.masonry import api

# Frontends start a backend in its project's folder (PEP 517).
SHIM = Path.cwd()
os.chdir(SHIM.parents[2] / "packages" / SHIM.name)

prepare_metadata_for_build_wheel = api.prepare_metadata_for_build_editable


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Build the editable wheel of the package that this folder stands in for."""
    return api.build_editable(wheel_directory, config_settings, metadata_directory)
