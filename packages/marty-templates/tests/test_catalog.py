"""Which templates there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from marty.templates import UnknownTemplateError, render, templates

if TYPE_CHECKING:
    from pathlib import Path


def test_templates() -> None:
    """There are three, sorted by name, each with a line about it."""
    assert ["fastapi", "grpc", "hybrid"] == [template.name for template in templates()]
    assert all(template.summary for template in templates())


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        (
            "hybird",
            "there is no template 'hybird': did you mean 'hybrid'? The templates are fastapi, grpc, hybrid",
        ),
        (
            "FastAPI",
            "there is no template 'FastAPI': did you mean 'fastapi'? The templates are fastapi, grpc, hybrid",
        ),
        ("django", "there is no template 'django': the templates are fastapi, grpc, hybrid"),
        ("", "there is no template '': the templates are fastapi, grpc, hybrid"),
    ],
)
def test_unknown_template(word: str, sentence: str, tmp_path: Path) -> None:
    """An unknown template is named, with the nearest one and all there are; nothing is written."""
    with pytest.raises(UnknownTemplateError) as refused:
        render(word, "pets", tmp_path / "pets")

    assert sentence == str(refused.value)
    assert [] == list(tmp_path.iterdir())
