"""Finding a service by looking at its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import pytest

from marty.runtime import DiscoveryError
from marty.runtime._locate import locate

if TYPE_CHECKING:
    from pathlib import Path

    from marty.config import ServiceSettings

Settings = Callable[..., "ServiceSettings"]

APP = "app = object()"
FACTORY = "def create_app(): ..."
REGISTER = "def register(server): ..."


@pytest.mark.parametrize(
    ("files", "app", "register"),
    [
        ({"main.py": APP}, "main:app", None),
        ({"app.py": APP}, "app:app", None),
        ({"api.py": APP}, "api:app", None),
        ({"main.py": "import os", "api.py": APP}, "api:app", None),
        ({"main.py": APP, "app.py": APP}, "main:app", None),
        ({"main.py": FACTORY}, "main:create_app", None),
        ({"main.py": f"{FACTORY}\n{APP}"}, "main:app", None),
        ({"main.py": "async def create_app(): ..."}, "main:create_app", None),
        ({"main.py": "from shop.web import app"}, "main:app", None),
        ({"main.py": "from shop.web import api as app"}, "main:app", None),
        ({"main.py": "app: object = 1"}, "main:app", None),
        ({"main.py": "app, other = 1, 2"}, "main:app", None),
        ({"main.py": "if True:\n    app = 1"}, "main:app", None),
        ({"main.py": "try:\n    import x\nexcept ImportError:\n    app = 1"}, "main:app", None),
        ({"main.py": "def broken(:"}, "main:app", None),
        ({"main.py": f"if x:\n    def make():\n        app = 1\n{FACTORY}"}, "main:create_app", None),
        ({"main.py": "if 0: pass\n" + "elif 1: pass\n" * 40 + APP}, "main:app", None),
        ({"main.py": f"with x:\n    {APP}"}, "main:app", None),
        ({"main.py": f"for x in y: pass\nelse:\n    {APP}"}, "main:app", None),
        ({"main.py": f"try: pass\nexcept E: pass\nelse:\n    {APP}"}, "main:app", None),
        ({"rpc.py": REGISTER}, None, "rpc:register"),
        ({"grpc_server.py": REGISTER, "rpc.py": REGISTER}, None, "grpc_server:register"),
        ({"main.py": APP, "rpc.py": REGISTER}, "main:app", "rpc:register"),
        ({"src/pets/__init__.py": "", "src/pets/main.py": APP}, "pets.main:app", None),
        ({"src/pets/__init__.py": "", "src/pets/rpc.py": REGISTER}, None, "pets.rpc:register"),
        ({"src/pets/__init__.py": "", "src/other/__init__.py": "", "src/pets/main.py": APP}, "pets.main:app", None),
    ],
)  # fmt: skip
def test_what_is_found(tmp_path: Path, settings: Settings, files: dict[str, str], app: str, register: str) -> None:
    """Files are looked at in one order, without being imported; a broken one is taken for the service's."""
    _write(tmp_path, files)
    entry = locate(settings())
    assert (app, register) == (entry.app, entry.register)
    assert entry.is_factory == (app is not None and app.endswith("create_app"))


def test_the_lines_that_would_pin_it(tmp_path: Path, settings: Settings) -> None:
    """What was found by looking is said as lines of config.yaml; what the settings name is not."""
    _write(tmp_path, {"main.py": FACTORY, "rpc.py": REGISTER})
    assert locate(settings()).found == (
        "http: {app: main:create_app, factory: true}",
        "grpc: {register: rpc:register}",
    )
    (tmp_path / "config.yaml").write_text("\n".join(locate(settings()).found))
    assert locate(settings()).app == "main:create_app"
    pinned = settings("http.app=shop:app", "grpc.register=shop:register")
    entry = locate(pinned)
    assert ("shop:app", "shop:register", ()) == (entry.app, entry.register, entry.found)


def test_a_protocol_that_is_off_is_not_looked_for(tmp_path: Path, settings: Settings) -> None:
    """With http.enabled or grpc.enabled false that part is none, also when the settings name it."""
    _write(tmp_path, {"main.py": APP, "rpc.py": REGISTER})
    assert locate(settings("http.enabled=false", "http.app=main:app")).app is None
    assert locate(settings("grpc.enabled=false")).register is None


def test_a_local_name_in_a_function_is_none_of_the_module(tmp_path: Path, settings: Settings) -> None:
    """Only names that the module itself binds count."""
    _write(tmp_path, {"main.py": "def make():\n    app = 1", "api.py": APP})
    assert locate(settings()).app == "api:app"


def test_nothing_found(tmp_path: Path, settings: Settings) -> None:
    """The error says where it looked, for what, and how to name it."""
    with pytest.raises(DiscoveryError) as caught:
        locate(settings())
    assert str(caught.value) == (
        f"no service in {tmp_path}: looked there and in src for an app or a create_app in main.py, app.py or "
        "api.py and for a register(server) in grpc_server.py or rpc.py; name it in config.yaml, for example "
        "http: {app: shop.web:app}"
    )


def test_both_protocols_off(settings: Settings) -> None:
    """A service that may serve nothing is told so."""
    with pytest.raises(DiscoveryError) as caught:
        locate(settings("http.enabled=false", "grpc.enabled=false"))
    assert str(caught.value) == "http.enabled and grpc.enabled are both false; a service needs one of them"


@pytest.mark.parametrize(("file", "text", "key"), [("main.py", APP, "http.app"), ("rpc.py", REGISTER, "grpc.register")])
def test_two_packages_with_one(tmp_path: Path, settings: Settings, file: str, text: str, key: str) -> None:
    """Which of several packages is meant is asked for, with the choices."""
    _write(tmp_path, {f"src/{name}/{part}": text for name in ("cats", "dogs") for part in ("__init__.py", file)})
    with pytest.raises(DiscoveryError) as caught:
        locate(settings())
    module, name = file[:-3], key.split(".")[1]
    assert str(caught.value) == (
        f"several packages under {tmp_path / 'src'} have one: cats.{module}:{name}, dogs.{module}:{name}; "
        f"name one as {key} in config.yaml"
    )


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
