"""The one file that knows copier: it fills a folder from the template data.

copier and what it imports cost half a second, so nothing else may import it, and this only when it renders.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from marty.templates._errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA = Path(__file__).parent / "data" / "service"


def fill(folder: Path, answers: Mapping[str, str]) -> None:
    """Render the service template into `folder`; all is answered, nothing is asked, what is there gives way.

    Raises:
        WriteError: when this copier needs git and there is none.
        OSError: when the file system refuses.
    """
    import copier  # noqa: PLC0415 - see above
    from plumbum import CommandNotFound, local  # noqa: PLC0415 - copier's own way to start git

    try:
        with warnings.catch_warnings(), local.env():
            # In a git hook GIT_DIR is set, and copier's look for a git template finds the user's repository.
            for variable in [name for name in local.env.getdict() if name.startswith("GIT_")]:
                local.env.pop(variable)
            # What copier calls by an old name is not the user's to mend, whatever filter is on.
            warnings.simplefilter("ignore", DeprecationWarning)
            copier.run_copy(
                str(_DATA),
                folder,
                data=dict(answers),
                settings=copier.Settings(),  # given, so that a user's copier settings are not even read
                defaults=True,
                overwrite=True,
                quiet=True,
                unsafe=False,
            )
    except CommandNotFound as error:
        # The copier of Python 3.9 looks for git before it knows that the template is a plain folder.
        raise WriteError(
            f"could not render: {error.program!r} is not on PATH and copier {copier.__version__} wants it: install it"
        ) from error
