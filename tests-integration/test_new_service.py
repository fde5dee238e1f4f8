"""The main job from built wheels: a new service, run, called by clients of another make, and stopped."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Environment, MakeVenv

FRAMEWORK = "marty-microservices-framework"

NODE_CLIENT = """
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const [address, proto, healthProto] = process.argv.slice(2);
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(file, {enums: String}));
const credentials = grpc.credentials.createInsecure();
const greeter = new (load(proto).pets.v1.GreeterService)(address, credentials);
const health = new (load(healthProto).grpc.health.v1.Health)(address, credentials);
const told = {};
greeter.Greet({name: "Node"}, (error, answer) => {
  told.greet = error ? error.message : answer.message;
  greeter.Greet({name: ""}, (refusal) => {
    told.refusal = refusal && refusal.details;
    health.Check({service: "pets.v1.GreeterService"}, (failure, state) => {
      told.health = failure ? failure.message : state.status;
      const stream = greeter.GreetMany({names: ["a", "b"]});
      told.stream = [];
      stream.on("data", (message) => told.stream.push(message.message));
      stream.on("end", () => console.log(JSON.stringify(told)));
    });
  });
});
"""

HEALTH_PROTO = """
syntax = "proto3";
package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse {
  enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
  ServingStatus status = 1;
}
service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }
"""

SLOW = """
import asyncio
import pathlib


async def be_slow(who: str) -> None:
    pathlib.Path(f"begun-{who}").touch()
    await asyncio.sleep(1.5)


"""

SLOW_ROUTE = """

@app.get("/slow")
async def slow() -> str:
    await be_slow("http")
    return "slept"
"""


class Running:
    """`marty runservice` as a process, with what it logs."""

    def __init__(self, environment: Environment, folder: Path, *options: str, **variables: str) -> None:
        self.process = subprocess.Popen(
            [str(environment.bin("marty")), "runservice", *options],
            cwd=folder,
            env={**environment.variables(), **variables},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()

    def event(self, name: str) -> dict[str, Any]:
        """The first log line with this event; waits for it."""
        with self._news:
            assert self._news.wait_for(lambda: self._find(name) is not None, 30), "".join(self.lines)
        found = self._find(name)
        assert found is not None
        return found

    def _find(self, name: str) -> dict[str, Any] | None:
        logged = (json.loads(line) for line in self.lines if line.startswith("{"))
        return next((line for line in logged if line["event"] == name), None)

    def end(self) -> None:
        """End it, whatever the test has done."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.process.stderr is not None:
            self.process.stderr.close()


@contextmanager
def running(environment: Environment, folder: Path, *options: str, **variables: str) -> Iterator[Running]:
    """Run the service in `folder` on free ports, given by option and by variable."""
    variables = {"MARTY_GRPC__PORT": "0", "MARTY_MANAGEMENT__PORT": "0", **variables}
    service = Running(environment, folder, "--set", "http.port=0", *options, **variables)
    try:
        yield service
    finally:
        service.end()


@pytest.fixture(scope="module")
def environment(make_venv: MakeVenv) -> Environment:
    """The published package, as a user installs it."""
    return make_venv(FRAMEWORK)


@pytest.fixture
def pets(environment: Environment, tmp_path: Path) -> Path:
    """A new service of both kinds, in a folder named by --into, with a slow way added to each protocol."""
    folder = tmp_path / "X"
    environment.run(["marty", "new", "pets", "--template", "hybrid", "--into", folder])
    main, rpc = folder / "src" / "pets" / "main.py", folder / "src" / "pets" / "rpc.py"
    main.write_text(SLOW + main.read_text() + SLOW_ROUTE)
    refusal = "        if not request.name:"
    slow_name = f'        if request.name == "slow":\n            await be_slow("grpc")\n{refusal}'
    rpc.write_text(SLOW + rpc.read_text().replace(refusal, slow_name))
    return folder


@pytest.fixture
def stubs(pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stubs that a client makes itself, from nothing but the proto."""
    from grpc_tools import protoc  # noqa: PLC0415 - only here

    out = tmp_path / "client"
    out.mkdir()
    words = [
        "protoc",
        f"-I{pets / 'proto'}",
        f"--python_out={out}",
        f"--grpc_python_out={out}",
        "pets/v1/greeter.proto",
    ]
    assert protoc.main(words) == 0
    monkeypatch.syspath_prepend(str(out))
    return import_module("pets.v1.greeter_pb2"), import_module("pets.v1.greeter_pb2_grpc")


@pytest.fixture(autouse=True)
def _own_modules() -> Iterator[None]:
    """Forget the client's stubs, which each test makes anew."""
    import sys  # noqa: PLC0415 - only here

    yield
    for name in [name for name in sys.modules if name == "pets" or name.startswith("pets.")]:
        del sys.modules[name]


def test_a_new_service_answers_and_drains(environment: Environment, pets: Path, stubs: Any) -> None:
    """It answers on the ports that option and variables say, and SIGTERM loses no call in flight: exit code 0."""
    messages, services = stubs
    with running(environment, pets, MARTY_SHUTDOWN__PAUSE="1s") as service:
        addresses = service.event("service ready")
        http, management = addresses["http"], addresses["management"]
        curl = environment.run(["curl", "--silent", "--fail", f"{http}/hello/World"])
        assert json.loads(curl.stdout) == {"message": "Hello, World!"}
        with grpc.insecure_channel(addresses["grpc"]) as channel:
            greeter, health = services.GreeterServiceStub(channel), health_pb2_grpc.HealthStub(channel)
            assert greeter.Greet(messages.GreetRequest(name="World"), timeout=10).message == "Hello, World!"
            for name in ("", "pets.v1.GreeterService"):
                state = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)  # type: ignore[attr-defined]
                assert state.status == health_pb2.HealthCheckResponse.SERVING

            slow_call = greeter.Greet.future(messages.GreetRequest(name="slow"), timeout=20)
            answers: list[httpx.Response] = []
            slow_request = threading.Thread(target=lambda: answers.append(httpx.get(f"{http}/slow", timeout=20)))
            slow_request.start()
            _wait_for(pets / "begun-http", pets / "begun-grpc")
            service.process.send_signal(signal.SIGTERM)
            service.event("service draining")
            assert httpx.get(f"{management}/readyz").status_code == 503
            assert httpx.get(f"{http}/hello/late").json() == {"message": "Hello, late!"}
            assert slow_call.result().message == "Hello, slow!"
            slow_request.join()
            assert [(answer.status_code, answer.json()) for answer in answers] == [(200, "slept")]
        assert service.process.wait(20) == 0


def _wait_for(*paths: Path) -> None:
    end = time.monotonic() + 20
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end, f"waited in vain for {paths}"
        time.sleep(0.02)


def test_a_client_of_another_make(environment: Environment, pets: Path, tmp_path: Path) -> None:
    """The gRPC library of Node.js gets answers, a stream, a refusal with its text, and SERVING from health."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so there is no client for Node.js")
    node = tmp_path / "node"
    node.mkdir()
    (node / "client.js").write_text(NODE_CLIENT)
    (node / "health.proto").write_text(HEALTH_PROTO)
    environment.run([npm, "install", "--silent", "@grpc/grpc-js", "@grpc/proto-loader"], cwd=node, timeout_seconds=120)
    with running(environment, pets) as service:
        address = service.event("service ready")["grpc"]
        proto = pets / "proto" / "pets" / "v1" / "greeter.proto"
        told = environment.run(["node", "client.js", address, proto, "health.proto"], cwd=node)
    assert json.loads(told.stdout) == {
        "greet": "Hello, Node!",
        "refusal": "name is empty",
        "health": "SERVING",
        "stream": ["Hello, a!", "Hello, b!"],
    }


@pytest.mark.parametrize(("template", "parts"), [("fastapi", {"http"}), ("grpc", {"grpc"})])
def test_a_service_of_one_kind(environment: Environment, tmp_path: Path, template: str, parts: set[str]) -> None:
    """The other protocol's port is not opened, with workers too."""
    environment.run(["marty", "new", "pets", "--template", template, "--into", tmp_path / "X"])
    with running(environment, tmp_path / "X", "--workers", "2") as service:
        ready = service.event("service ready")
        assert {"http", "grpc", "management"} & set(ready) == {*parts, "management"}
        assert httpx.get(f"{ready['management']}/readyz").status_code == 200
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(20) == 0
