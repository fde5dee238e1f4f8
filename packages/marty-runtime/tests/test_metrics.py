"""Request metrics: names, labels that cannot grow, and sums over workers."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import httpx
import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from marty.runtime._calls import Calls
from marty.runtime._http_observer import ObservedApp
from marty.runtime._metrics import GrpcMetrics, HttpMetrics
from marty.runtime._workers._totals import Totals


def _app() -> FastAPI:
    app, inner, outer, mounted = (
        FastAPI(),
        APIRouter(prefix="/inner"),
        APIRouter(prefix="/outer/{kind}"),
        FastAPI(),
    )

    @app.get("/pets/{pet_id}")
    async def pet(pet_id: int) -> int:
        return pet_id

    @inner.get("/{name}")
    async def nested(name: str, kind: str) -> str:
        return name + kind

    @mounted.get("/x")
    async def mounted_route() -> str:
        return ""

    async def plain(request: Any) -> PlainTextResponse:
        return PlainTextResponse("")

    outer.include_router(inner)
    app.include_router(outer)
    app.mount("/mounted", mounted)
    app.router.routes.append(Route("/plain/{name}", plain))
    return app


def _labels_after(*calls: tuple[str, str]) -> list[dict[str, str]]:
    registry = CollectorRegistry()
    observed = ObservedApp(_app(), Calls(), {}, (HttpMetrics(registry),))

    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(observed), base_url="http://x") as client:
            for method, path in calls:
                await client.request(method, path)

    asyncio.run(main())
    return [
        sample.labels
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "http_server_request_duration_seconds_count"
    ]


def test_the_route_is_a_template() -> None:
    """Paths of one route are one series, with the prefixes of the routers around it."""
    labels = _labels_after(("GET", "/pets/1"), ("GET", "/pets/2"), ("GET", "/outer/a/inner/b"))
    assert [label["http_route"] for label in labels] == ["/pets/{pet_id}", "/outer/{kind}/inner/{name}"]


def test_what_matches_no_route_is_one_series() -> None:
    """Unknown paths share the empty route, whatever they are, also below a mounted app."""
    labels = _labels_after(*(("GET", f"/{path}") for path in ("a", "b", "mounted/y")))
    assert [(label["http_route"], label["http_response_status_code"]) for label in labels] == [("", "404")]


def test_a_route_of_a_mounted_app_is_its_own() -> None:
    """Behind a mount the template is the mounted app's."""
    assert [label["http_route"] for label in _labels_after(("GET", "/mounted/x"))] == ["/x"]


def test_unknown_methods_are_one_series() -> None:
    """A method that HTTP does not define is _OTHER, as OpenTelemetry says."""
    labels = _labels_after(("BREW", "/pets/1"), ("STEEP", "/pets/1"), ("GET", "/pets/1"))
    assert sorted({label["http_request_method"] for label in labels}) == ["GET", "_OTHER"]


def test_grpc_calls_by_method_and_status() -> None:
    """One series for each method and status."""
    registry = CollectorRegistry()
    metrics = GrpcMetrics(registry)
    for status in (grpc.StatusCode.OK, grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND):
        metrics("pets.v1.Pets/Get", status, 0.01)
    counts = {
        tuple(sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "grpc_server_call_duration_seconds_count"
    }
    assert counts == {("pets.v1.Pets/Get", "OK"): 2, ("pets.v1.Pets/Get", "NOT_FOUND"): 1}


def _families(requests: int, pool: int) -> list[Any]:
    registry = CollectorRegistry()
    counter = Counter("asked", "Asked.", ("route",), registry=registry)
    counter.labels("/a").inc(requests)
    Gauge("pool_size", "Pool.", registry=registry).set(pool)
    Gauge("process_start_time_seconds", "Start.", registry=registry).set(100 + requests)
    Gauge("build_info", "Build.", registry=registry).set(1)
    histogram = Histogram("seconds", "Seconds.", buckets=(1,), registry=registry)
    for _ in range(requests):
        histogram.observe(0.5)
    return list(registry.collect())


def _values(families: list[Any]) -> dict[str, float]:
    return {
        sample.name + sample.labels.get("le", ""): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_workers_are_summed() -> None:
    """Counters, histograms and gauges add up; start times are the first, and infos stay 1."""
    assert _values(Totals().with_living([_families(2, 5), _families(3, 6)])) == {
        "asked_total": 5,
        "pool_size": 11,
        "process_start_time_seconds": 102,
        "build_info": 1,
        "seconds_bucket1.0": 5,
        "seconds_bucket+Inf": 5,
        "seconds_count": 5,
        "seconds_sum": 2.5,
    }


def test_counters_of_ended_workers_stay_and_their_gauges_go() -> None:
    """No total goes down when a worker ends; what only a living process has is gone with it."""
    totals = Totals()
    for _ in range(2):
        totals.retire(_families(2, 5))
    values = _values(totals.with_living([_families(1, 6)]))
    assert values["asked_total"] == 5
    assert values["seconds_count"] == 5
    assert values["pool_size"] == 6


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_series_is_resolved_once(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second request of a series does not look its labels up again: that costs more than the observation."""
    registry = CollectorRegistry()
    metrics = HttpMetrics(registry)
    scope = {"type": "http", "method": method, "path": "/"}
    metrics(scope, 200, 0.1)
    monkeypatch.setattr(Histogram, "labels", None)
    metrics(scope, 200, 0.1)
