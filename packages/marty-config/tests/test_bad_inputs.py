"""Every sentence about a bad file: where it stands, which key, what to do."""

from collections.abc import Callable

import pytest
import yaml

from marty.config import _yaml

TOP = "service, http, grpc, management, logging, metrics, startup, shutdown, workers, reload"
LEVELS = "trace, debug, info, warning, error, critical"
DURATION = "a duration such as 20s, 5m or 250ms"
INDENT = "does not fit the lines above; check its indentation"
COLON = "a colon is not expected here; check the indentation, or quote the value"
ESCAPE = "unknown escape in double quotes; use single quotes, or double the backslash"
TAG = "tags are not supported; quote a value that starts with !"
ROOT = "expected keys such as http: or logging: at the top of the file"
ZERO = "a number with a leading zero; drop it, write 0o for octal, or quote text"
ANCHOR = "no such anchor is complete above; quote a value that starts with *"
SECTION = "expected a mapping of keys such as enabled and app"

TABLE = [
    # values of the wrong type: at the value
    ("http:\n  port: abc\n", "2:9: http.port: expected an integer from 0 to 65535"),
    ("http:\n  port: 70000\n", "2:9: http.port: expected an integer from 0 to 65535"),
    ("http:\n  port: -1\n", "2:9: http.port: expected an integer from 0 to 65535"),
    ("http:\n  port: true\n", "2:9: http.port: expected an integer from 0 to 65535"),
    ("http:\n  port: 1.5\n", "2:9: http.port: expected an integer from 0 to 65535"),
    ("http:\n  port: .inf\n", "2:9: http.port: expected an integer from 0 to 65535"),
    ("http:\n  port: ~\n", "2:9: http.port: expected an integer from 0 to 65535, not an empty value"),
    ("http:\n  port: [1]\n", "2:9: http.port: expected an integer from 0 to 65535"),
    ("http:\n  port: {a: 1}\n", "2:9: http.port: expected an integer from 0 to 65535"),
    ("http:\n  enabled: no\n", "2:12: http.enabled: expected true or false, without quotes"),
    ("http:\n  enabled: on\n", "2:12: http.enabled: expected true or false, without quotes"),
    ("http:\n  enabled: 'true'\n", "2:12: http.enabled: expected true or false, without quotes"),
    ("http:\n  enabled: 1\n", "2:12: http.enabled: expected true or false"),
    ("http:\n  enabled: 1.0\n", "2:12: http.enabled: expected true or false"),
    ("service:\n  version: 1.10\n", "2:12: service.version: expected text; put the value in quotes"),
    ("service:\n  version: 1e3\n", "2:12: service.version: expected text; put the value in quotes"),
    ("service:\n  name: true\n", "2:9: service.name: expected text; put the value in quotes"),
    ("service:\n  name: [a]\n", "2:9: service.name: expected text"),
    ("logging:\n  format: xml\n", "2:11: logging.format: expected one of auto, json, text"),
    ("logging:\n  level: loud\n", f"2:10: logging.level: expected one of {LEVELS}"),
    ("logging:\n  level: 3\n", f"2:10: logging.level: expected one of {LEVELS}"),
    ("logging:\n  levels:\n    a: loud\n", f"3:8: logging.levels.a: expected one of {LEVELS}"),
    ("logging:\n  levels: []\n", "2:11: logging.levels: expected a mapping"),
    ("logging:\n  access: ~\n", "2:11: logging.access: expected true or false, not an empty value"),
    ("http:\n  keep_alive: soon\n", f"2:15: http.keep_alive: expected {DURATION}"),
    ("http:\n  keep_alive: -1s\n", f"2:15: http.keep_alive: expected {DURATION}"),
    ("http:\n  keep_alive: true\n", f"2:15: http.keep_alive: expected {DURATION}"),
    ("http:\n  keep_alive: 12:30:00\n", f"2:15: http.keep_alive: expected {DURATION}"),
    ("shutdown:\n  pause: never\n", f"2:10: shutdown.pause: expected auto or {DURATION}"),
    ("grpc:\n  max_message: 4Mb\n", "2:16: grpc.max_message: expected a size such as 8MiB, 32KiB or 1GB"),
    ("workers: 0\n", "1:10: workers: expected an integer from 1 to 1024"),
    ("workers: 1025\n", "1:10: workers: expected an integer from 1 to 1024"),
    ("http: 5\n", f"1:7: http: {SECTION}"),
    ("http: [1]\n", f"1:7: http: {SECTION}"),
    # unknown keys: at the key
    ("http:\n  prot: 1\n", "2:3: http.prot: unknown key; did you mean http.port?"),
    ("port: 1\n", "1:1: port: unknown key; did you mean http.port, grpc.port or management.port?"),
    ("grpc_port: 1\n", "1:1: grpc_port: unknown key; did you mean grpc.port?"),
    ("log_level: 1\n", "1:1: log_level: unknown key; did you mean logging.level?"),
    ("Http: {port: 1}\n", "1:1: Http: unknown key; did you mean http?"),
    ("no: 1\n", f"1:1: no: unknown key; expected one of {TOP}"),
    ("metrics: {zzz: 1}\n", "1:11: metrics.zzz: unknown key; expected enabled"),
    ('"a\\nb": 1\n', f"1:1: a\\nb: unknown key; expected one of {TOP}"),
    ("x" * 100 + ": 1\n", f"1:1: {'x' * 59}…: unknown key; expected one of {TOP}"),
    ("grpc: {registers: a}\n", "1:8: grpc.registers: unknown key; did you mean grpc.register?"),
    # ambiguous numbers
    ("workers: 0777\n", f"1:10: workers: {ZERO}"),
    ("service:\n  version: 007\n", f"2:12: service.version: {ZERO}"),
    ("workers: " + "9" * 5000 + "\n", "1:10: workers: a number of over 100 digits; quote it if it is text"),
    # structure
    ("http:\n  port: 1\n  port: 2\n", "3:3: http.port: given twice, first in line 2; remove one"),
    ("workers: 1\nworkers: 1\n", "2:1: workers: given twice, first in line 1; remove one"),
    ("- a\n", f"1:1: {ROOT}"),
    ("hello\n", f"1:1: {ROOT}"),
    ("workers: 1\n---\nworkers: 2\n", "2:1: a second document starts here; keep one in a file"),
    ("? [a]\n: b\n", "1:3: a key must be plain text"),
    ("? {a: b}\n: b\n", "1:3: a key must be plain text"),
    ("workers: &a 1\n*a : b\n", "2:1: a key must be plain text"),
    ("<<: {workers: 1}\n", "1:1: <<: merge keys are not supported; write the keys out, or use an overlay"),
    ("workers: !!int 1\n", f"1:10: workers: {TAG}"),
    ("!!int workers: 1\n", f"1:1: workers: {TAG}"),
    ("workers: !!python/object/apply:os.getpid []\n", f"1:10: workers: {TAG}"),
    ("http: !!python/object:os.system {}\n", f"1:7: http: {TAG}"),
    ("workers: *a\n", f"1:10: workers: {ANCHOR}"),
    ("workers: &a [*a]\n", f"1:14: workers.0: {ANCHOR}"),
    # syntax
    ("http:\n\tport: 1\n", "2:1: http: indented with a tab; use spaces"),
    ("http: 'x\n", "1:7: http: the quote that opens here is never closed"),
    ("http: {port: 1\n", "2:1: http: expected a comma, or the end of the bracket that opened in line 1"),
    (
        "http: [1, 2\nworkers: 3\n",
        "2:8: http.2: expected a comma, or the end of the bracket that opened in line 1",
    ),
    ("a: b: c\n", f"1:5: {COLON}"),
    ("http:\n port: 1\n  host: a\n", f"3:7: http: {COLON}"),
    ("http:\n  - b\n port: d\n", f"3:2: {INDENT}"),
    ("http: 'b' c\n", "1:11: not expected here; is a quote, a comma or a colon missing?"),
    ("http: @x\n", "1:7: http: quote a value that starts with this character"),
    ("http: %x\n", "1:7: http: quote a value that starts with this character"),
    ("http: - b\n", "1:7: http: a list entry is not expected here; start it on a line of its own"),
    ("http: |x\n  b\n", "1:8: http: expected nothing but a comment after | or >"),
    ("{}}\n", "1:3: not part of what is above; check brackets and indentation"),
    ("%YAML 3.0\n---\na: 1\n", "1:1: write YAML 1.2, or leave the version out"),
    ("http: !a!b c\n", f"1:7: http: {TAG}"),
]


@pytest.mark.parametrize("loader", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)])
@pytest.mark.parametrize(("text", "expected"), TABLE, ids=[text[:30] for text, _ in TABLE])
def test_sentence(
    text: str, expected: str, loader: type, bad: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each bad file gets one line, with either of PyYAML's parsers: position, key, remedy."""
    monkeypatch.setattr(_yaml, "_LOADER", loader)

    assert f"config.yaml:{expected}" == bad(text)


@pytest.mark.parametrize("escape", ["\\q", "\\xzz"])
def test_unknown_escape(escape: str, bad: Callable[[str], str]) -> None:
    """A bad escape is named as such; the two parsers of PyYAML differ on the column."""
    assert bad(f'http: "{escape}"\n').endswith(f": http: {ESCAPE}")


def test_all_faults_at_once_in_order(bad: Callable[[str], str]) -> None:
    """One load tells every fault of a file, by position."""
    text = "workers: many\nhttp:\n  prot: 1\n  port: abc\nhttp: {}\nlogging: {level: 1}\n"

    assert [
        "config.yaml:1:10: workers: expected an integer from 1 to 1024",
        "config.yaml:3:3: http.prot: unknown key; did you mean http.port?",
        "config.yaml:4:9: http.port: expected an integer from 0 to 65535",
        "config.yaml:5:1: http: given twice, first in line 2; remove one",
        f"config.yaml:6:18: logging.level: expected one of {LEVELS}",
    ] == bad(text).splitlines()


def test_a_refused_key_is_still_looked_up(bad: Callable[[str], str]) -> None:
    """A key may be unknown and its value bad: both are told."""
    assert [
        "config.yaml:1:1: worker: unknown key; did you mean workers?",
        f"config.yaml:1:9: worker: {ZERO}",
    ] == bad("worker: 007\n").splitlines()
