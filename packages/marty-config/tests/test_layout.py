"""Which files count, and which environment is in force."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Optional

import pytest

from marty.config import ConfigError, directory, environment, load

Write = Callable[[str, str], Path]
PLAIN = "expected a plain name such as production, not base and without slashes"


def said(name: Optional[str] = None, environ: Optional[Mapping[str, str]] = None, where: str = ".") -> str:
    """What is said of the settings of an environment."""
    with pytest.raises(ConfigError) as caught:
        load(directory=where, environment=name, environ=environ or {})
    return str(caught.value)


def test_no_file_at_all(project: Path) -> None:
    """A service without a file has the defaults, in development, and knows its folder."""
    settings = load()

    assert (8000, "development", project) == (settings.http.port, environment(settings), directory(settings))


@pytest.mark.parametrize("base", ["config.yaml", "config/base.yaml"])
def test_overlay_is_merged_deeply(write: Write, base: str) -> None:
    """An overlay replaces what it names and keeps the rest of the base, wherever that is."""
    write(base, "http: {host: 0.0.0.0, port: 8080}\nlogging: {levels: {a: info, b: info}}\n")
    write("config/staging.yaml", "http: {port: 8081}\nlogging: {levels: {b: debug}}\n")

    settings = load(environment="staging")

    assert ("0.0.0.0", 8081) == (settings.http.host, settings.http.port)
    assert {"a": "info", "b": "debug"} == settings.logging.levels


def test_two_base_files(write: Write) -> None:
    """Two base files are a fault that names both."""
    write("config.yaml", "")
    write("config/base.yaml", "")

    assert "config.yaml: there is also config/base.yaml; keep one base file" == said()


def test_config_replaces_the_base(write: Write) -> None:
    """A file that is named takes the place of the base file; the overlay still counts."""
    write("config.yaml", "workers: 2\n")
    write("other.yaml", "http: {port: 8080}\n")
    write("config/staging.yaml", "http: {host: '::1'}\n")

    settings = load(config="other.yaml", environment="staging")

    assert (1, 8080, "::1") == (settings.workers, settings.http.port, settings.http.host)


def test_mistyped_environment(write: Write) -> None:
    """An environment that was asked for must have an overlay if any has; the nearest one is named."""
    write("config.yaml", "")
    write("config/production.yaml", "")

    remedy = "no config/prodution.yaml; did you mean production (config/production.yaml)?"
    assert f"--environment: {remedy}" == said("prodution")
    assert f"MARTY_ENVIRONMENT: {remedy}" == said(None, {"MARTY_ENVIRONMENT": "prodution"})
    remedy = "no config/qa.yaml; there is config/production.yaml"
    assert f"--environment: {remedy}" == said("qa")


def test_environment_without_any_overlay(write: Write) -> None:
    """While there is no overlay at all, any environment will do."""
    write("config/base.yaml", "workers: 2\n")

    settings = load(environment="production")

    assert ("production", 2) == (environment(settings), settings.workers)


def test_development_need_not_have_an_overlay(write: Write) -> None:
    """`development` by default, asked for by nobody, needs no overlay."""
    write("config/production.yaml", "workers: 2\n")

    assert 1 == load().workers


def test_environment_from_the_variable(write: Write) -> None:
    """The argument counts more than the variable, which counts more than the default."""
    write("config/a.yaml", "workers: 2\n")
    write("config/b.yaml", "workers: 3\n")
    write("config/development.yaml", "workers: 4\n")
    environ = {"MARTY_ENVIRONMENT": "a"}

    assert 2 == load(environ=environ).workers
    assert 3 == load(environment="b", environ=environ).workers
    assert 4 == load(environ={}).workers


@pytest.mark.parametrize("name", ["../x", "a/b", "", " ", ".", "-e", "base", "a\nb", "x" * 65])
def test_no_plain_name(name: str) -> None:
    """An environment is a plain name, so that it never leaves `config/`."""
    assert f"--environment: {PLAIN}" == said(name)
    assert f"MARTY_ENVIRONMENT: {PLAIN}" == said(None, {"MARTY_ENVIRONMENT": name})


def test_case_of_an_environment_counts(write: Write) -> None:
    """Also where the file system ignores case."""
    write("config/production.yaml", "")

    remedy = "did you mean production (config/production.yaml)?"
    assert f"--environment: no config/Production.yaml; {remedy}" == said("Production")


@pytest.mark.parametrize("name", ["config.yml", "config/base.yml", "config/development.yml"])
def test_yml(write: Write, name: str) -> None:
    """A file that would be read but for its ending is not passed over in silence."""
    write(name, "")

    assert f"{name}: not read; rename it to {Path(name).stem}.yaml" == said()


def test_unrelated_files_in_config(write: Write) -> None:
    """`config/` may hold files of others."""
    write("config/prometheus.yml", "")

    assert 8000 == load().http.port


def test_missing_directory() -> None:
    """A folder that is not there is one fault."""
    assert "nope: no such directory; name the folder of a service" == said(where="nope")


def test_config_is_a_file(write: Write) -> None:
    """A file called `config` is none of ours."""
    write("config", "")

    assert 8000 == load(environment="production").http.port


def test_config_that_cannot_be_listed(project: Path) -> None:
    """A `config/` that cannot be looked into is a fault."""
    (project / "config").symlink_to("config")

    assert said().startswith("config: cannot be listed: too many levels of symbolic links")


def test_faults_of_all_sources_in_order(write: Write) -> None:
    """Faults come in the order of the sources, low to high, each with its own place."""
    write("config.yaml", "workers: many\nhttp: {prot: 1}\n")
    write("config/a.yaml", "workers: none\n")

    assert [
        "config.yaml:1:10: workers: expected an integer from 1 to 1024",
        "config.yaml:2:8: http.prot: unknown key; did you mean http.port?",
        "config/a.yaml:1:10: workers: expected an integer from 1 to 1024",
        "MARTY_GRPC__PORT: grpc.port: expected an integer from 0 to 65535",
        "MARTY_WORKRS: unknown variable; did you mean MARTY_WORKERS?",
    ] == said("a", {"MARTY_WORKRS": "1", "MARTY_GRPC__PORT": "x"}).splitlines()
