"""Importing a service, and what a person is told when that fails."""

from __future__ import annotations

import io
import itertools
import sys
from typing import TYPE_CHECKING, Any, Callable

import pytest

from marty.runtime import DiscoveryError, Service, report
from marty.runtime._discovery import discover
from marty.runtime._locate import locate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from marty.config import ServiceSettings

Settings = Callable[..., "ServiceSettings"]

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _own_imports() -> Iterator[None]:
    """Modules and import paths as they were before."""
    path, modules = sys.path[:], set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.fixture
def found(tmp_path: Path, settings: Settings) -> Callable[..., Service]:
    """Writes a module of a name of its own and discovers the service that it is."""

    def _found(text: str, app: str = "{}:app", *pairs: str) -> Service:
        module = f"service_{next(_numbers)}"
        (tmp_path / f"{module}.py").write_text(text)
        given = settings(f"http.app={app.format(module)}", *pairs)
        return discover(given, locate(given))

    return _found


def _error(found: Callable[..., Service], *arguments: str) -> tuple[str, BaseException | None]:
    with pytest.raises(DiscoveryError) as caught:
        found(*arguments)
    text = str(caught.value)
    return text.replace(f"service_{next(_numbers) - 1}", "MODULE"), caught.value.__cause__


def test_app_and_name(found: Callable[..., Service], tmp_path: Path) -> None:
    """The service's folder is importable, and its name the folder's unless the settings have one."""
    service = found("async def app(scope, receive, send): ...")
    assert callable(service.app)
    assert service.name == tmp_path.name
    assert found("app = print", "{}:app", "service.name=pets").name == "pets"


def test_factory(found: Callable[..., Service]) -> None:
    """With http.factory the named function makes the app."""
    made: Any = found("def make():\n    return print", "{}:make", "http.factory=true").app
    assert made is print


def test_dotted_attribute(found: Callable[..., Service]) -> None:
    """An app may be an attribute of something in the module."""
    app: Any = found("class web:\n    app = print", "{}:web.app").app
    assert app is print


@pytest.mark.parametrize(
    ("text", "app", "sentence"),
    [
        ("app = 1", "{}:app", "--set: http.app: MODULE:app is of type int, not an ASGI app"),
        ("app = 1", "{}:ap", "--set: http.app: MODULE has no ap; did you mean app"),
        (
            "def make(): ...",
            "{}:make",
            "--set: http.app: MODULE:make does not take (scope, receive, send), so it is not an ASGI app; "
            "set http.factory: true if it makes the app",
        ),
        (
            "async def home(request): ...",
            "{}:home",
            "--set: http.app: MODULE:home does not take (scope, receive, send), so it is not an ASGI app",
        ),
        ("x = 1", "{}:zebra", "--set: http.app: MODULE has no zebra"),
        ("app = 'x'", "{}:app.zebra", "--set: http.app: MODULE has no app.zebra"),
        ("app = 1", "{}", "--set: http.app: MODULE is not of the form module:name, for example shop.web:app"),
    ],
)
def test_not_what_was_expected(found: Callable[..., Service], text: str, app: str, sentence: str) -> None:
    """Each way in which a name is wrong has its own sentence, with the place of the setting."""
    assert _error(found, text, app) == (sentence, None)


def test_a_missing_module(settings: Settings, tmp_path: Path) -> None:
    """A module that does not exist is told apart from one that fails."""
    given = settings("http.app=no.such.module:app")
    with pytest.raises(DiscoveryError) as caught:
        discover(given, locate(given))
    assert str(caught.value) == (f"--set: http.app: no module no in {tmp_path}, its src or the installed packages")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("import no_such_dependency", "ModuleNotFoundError"),
        ("from os import no_such_name", "ImportError"),
        ("def broken(:", "SyntaxError"),
        ("raise LookupError('x')", "LookupError"),
        ("raise SystemExit(0)", "SystemExit"),
    ],
)
def test_a_module_that_raises(found: Callable[..., Service], text: str, kind: str) -> None:
    """What the service's own code raises is never hidden: it is the cause."""
    sentence, cause = _error(found, text)
    assert sentence == f"--set: http.app: MODULE does not import: {kind}"
    assert type(cause).__name__ == kind


@pytest.mark.parametrize(
    ("text", "sentence", "kind"),
    [
        (
            "make = 1",
            "--set: http.app: MODULE:make is of type int, not a function that makes an app",
            "NoneType",
        ),
        (
            "def make():\n    raise LookupError",
            "--set: http.app: MODULE:make() raised LookupError",
            "LookupError",
        ),
        ("def make(x): ...", "--set: http.app: MODULE:make() raised TypeError", "TypeError"),
    ],
)
def test_a_factory_that_fails(found: Callable[..., Service], text: str, sentence: str, kind: str) -> None:
    """A factory that is none, or raises, is named."""
    said, cause = _error(found, text, "{}:make", "http.factory=true")
    assert (sentence, kind) == (said, type(cause).__name__)


def test_register_that_is_no_function(tmp_path: Path, settings: Settings) -> None:
    """grpc.register has the same care as http.app."""
    (tmp_path / "some_rpc.py").write_text("register = 'x'")
    given = settings("grpc.register=some_rpc:register")
    with pytest.raises(DiscoveryError) as caught:
        discover(given, locate(given))
    assert str(caught.value) == (
        "--set: grpc.register: some_rpc:register is of type str, not a function that takes a server"
    )


def test_the_report_shows_the_services_own_lines_only(found: Callable[..., Service], tmp_path: Path) -> None:
    """The traceback of a failing module begins in it; with debug everything is shown."""
    with pytest.raises(DiscoveryError) as caught:
        found("def connect():\n    raise LookupError('no pool')\nconnect()")
    short, whole = io.StringIO(), io.StringIO()
    report("the service could not start", caught.value, stream=short)
    report("the service could not start", caught.value, debug=True, stream=whole)
    module = next(tmp_path.glob("service_*.py"))
    lines = [line for line in short.getvalue().splitlines() if "~" not in line and "^" not in line]
    assert lines == [
        "error: the service could not start",
        "",
        f"  --set: http.app: {module.stem} does not import: LookupError",
        "",
        "Traceback (most recent call last):",
        f'  File "{module}", line 3, in <module>',
        "    connect()",
        f'  File "{module}", line 2, in connect',
        "    raise LookupError('no pool')",
        "LookupError: no pool",
    ]
    assert "_discovery.py" in whole.getvalue()
    assert "DiscoveryError" in whole.getvalue()
