"""By whose fault, and the exit code of each."""

from __future__ import annotations

import pytest

from marty.templates import (
    ServiceNameError,
    StubError,
    TargetExistsError,
    TemplateError,
    UnknownTemplateError,
    WriteError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ServiceNameError, 2),
        (UnknownTemplateError, 2),
        (TargetExistsError, 4),
        (StubError, 1),
        (WriteError, 3),
    ],
)
def test_exit_code(error: type[TemplateError], code: int) -> None:
    """Each error is a TemplateError and knows what a command ends with."""
    assert issubclass(error, TemplateError)
    assert code == error.exit_code
