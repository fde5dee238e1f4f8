"""The parser's complaints, in sentences that say what to do and quote nothing of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

# What PyYAML's two parsers say, by a part they share. Their own text is not passed on: it may quote the file.
_INDENTED = "does not fit the lines above; check its indentation"
_SENTENCES = (
    (
        "mapping values are not allowed",
        "a colon is not expected here; check the indentation, or quote the value",
    ),
    ("could not find expected ':'", "expected a colon and a space after the key"),
    ("block end", _INDENTED),
    ("did not find expected key", _INDENTED),
    ("expected '-' indicator", _INDENTED),
    ("expected ',' or", "expected a comma, or the end of the bracket that opened in line {line}"),
    ("unexpected end of stream", "the quote that opens here is never closed"),
    ("unexpected document separator", "the quote that opens here is never closed"),
    ("unknown escape", "unknown escape in double quotes; use single quotes, or double the backslash"),
    ("expected hex", "unknown escape in double quotes; use single quotes, or double the backslash"),
    ("tag handle", "tags are not supported; quote a value that starts with !"),
    ("while scanning a tag", "tags are not supported; quote a value that starts with !"),
    ("incompatible YAML document", "write YAML 1.2, or leave the version out"),
    ("directive", "quote a value that starts with %"),
    ("anchor", "quote a value that starts with & or *"),
    ("alias", "quote a value that starts with & or *"),
    ("block scalar", "expected nothing but a comment after | or >"),
    ("document start", "not part of what is above; check brackets and indentation"),
    ("cannot start any token", "quote a value that starts with this character"),
    ("expected node content", "quote a value that starts with this character"),
    ("sequence entries are not allowed", "a list entry is not expected here; start it on a line of its own"),
)


def explain(error: yaml.MarkedYAMLError, text: str) -> tuple[Any, str]:
    """Where a syntax error stands, and what to do about it."""
    mark: Any = error.problem_mark or error.context_mark
    before = text[text.rfind("\n", 0, mark.index) + 1 : mark.index]
    if text[mark.index : mark.index + 1] == "\t" or "\t" in before[: len(before) - len(before.lstrip())]:
        return mark, "indented with a tab; use spaces"
    if not text[mark.index :].strip() and "node content" in str(error.problem):
        return mark, "the file ends in the middle of a value; is a bracket left open?"
    said = f"{error.problem} {error.context}"
    sentence = next((sentence for part, sentence in _SENTENCES if part in said), "not valid YAML")
    if sentence == _INDENTED and before.strip():
        return mark, "not expected here; is a quote, a comma or a colon missing?"
    opened: Any = error.context_mark or mark
    return (opened if "opens here" in sentence else mark), sentence.format(line=opened.line + 1)
