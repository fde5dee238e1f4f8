"""A secret is never shown."""

import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Optional

import pytest
from pydantic import Field, SecretStr, field_validator, model_validator

from marty.config import ConfigError, Override, Section, ServiceSettings, flatten, load

Write = Callable[[str, str], Path]
SECRET = "hunter2-correct-horse"
ANCHOR = "no such anchor is complete above; quote a value that starts with *"


class Vault(Section):
    """A section with secrets."""

    password: SecretStr = SecretStr("")
    keys: dict[str, SecretStr] = Field(default={})
    spare: Optional[SecretStr] = None
    pin: SecretStr = SecretStr("")
    length: int = 0

    @field_validator("password")
    @classmethod
    def _check_password(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() == SECRET:
            raise ValueError(f"{value.get_secret_value()} is too weak")
        return value

    @field_validator("pin")
    @classmethod
    def _check_pin(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            raise ValueError(f"{value.get_secret_value()[::-1]} read backwards is no pin")
        return value

    @model_validator(mode="after")
    def _check(self) -> "Vault":
        if self.spare:
            raise ValueError(f"no spare {self.spare.get_secret_value()[3:12]} is needed")
        if self.length:
            raise ValueError("length must be 0")
        return self


class Settings(ServiceSettings):
    """A service's own."""

    vault: Vault = Vault()


def fault(**arguments: object) -> ConfigError:
    """The error of a load."""
    with pytest.raises(ConfigError) as caught:
        load(Settings, **arguments)  # type: ignore[call-overload]  # any mixture of arguments
    return caught.value


def assert_hidden(error: ConfigError) -> None:
    """The secret is in no text of the error, and the error has no other behind it."""
    told = traceback.format_exception_only(type(error), error)
    shown = [str(error), repr(error), repr(error.args), repr(error.faults), *told]

    assert [] == [text for text in shown if "hunter2" in text or "correct" in text]
    assert SECRET.encode() not in pickle.dumps(error)
    assert (None, None) == (error.__cause__, error.__context__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{{password: {SECRET}}}", "config.yaml:1:19: vault.password: not accepted"),
        (f"{{password: [{SECRET}]}}", "config.yaml:1:19: vault.password: expected text"),
        (f"{{keys: {{a: [{SECRET}]}}}}", "config.yaml:1:19: vault.keys.a: expected text"),
        ("{pin: terces}", "config.yaml:1:14: vault.pin: not accepted"),
        (f"{{keys: {SECRET}}}", "config.yaml:1:15: vault.keys: expected a mapping"),
        (f"{{spare: {SECRET}}}", "config.yaml:1:1: vault: not accepted"),
        (f"{{length: {SECRET}}}", "config.yaml:1:17: vault.length: expected an integer"),
        (f"{{length: 1, spare: ~, password: {SECRET[:-1]}}}", "config.yaml:1:1: vault: length must be 0"),
        (
            f"{{password: !{SECRET} }}",
            "config.yaml:1:19: vault.password: tags are not supported; quote a value that starts with !",
        ),
        (
            f"{{password: *{SECRET}}}",
            f"config.yaml:1:19: vault.password: {ANCHOR}",
        ),
        (
            f"{{password: '{SECRET}}}",
            "config.yaml:1:19: vault.password: the quote that opens here is never closed",
        ),
        (f'{{password: "\\q{SECRET}"}}', None),
        (
            f"{{password: @{SECRET}}}",
            "config.yaml:1:19: vault.password: quote a value that starts with this character",
        ),
        (f"{{password: {SECRET}: x}}", None),
        (f"{{password: !{SECRET}!x y}}", None),
    ],
)
def test_in_a_file(write: Write, text: str, expected: Optional[str]) -> None:
    """No fault of a file shows a value, whatever is wrong with it."""
    write("config.yaml", f"vault: {text}\n")

    error = fault()

    assert_hidden(error)
    if expected is not None:
        assert expected == str(error)


@pytest.mark.parametrize(
    "environ",
    [
        {"MARTY_VAULT__PASSWORD": SECRET},
        {"MARTY_VAULT__KEYS": SECRET},
        {"MARTY_VAULT__KEYS": f'{{"a": {SECRET}}}'},
        {"MARTY_VAULT__LENGTH": SECRET},
        {"MARTY_VAULT": SECRET},
        {"MARTY_VAULT": f'["{SECRET}"]'},
        {"MARTY_VALT__PASSWORD": SECRET},
    ],
)
def test_in_a_variable(environ: dict[str, str]) -> None:
    """No fault of a variable shows its value."""
    assert_hidden(fault(environ=environ))


@pytest.mark.parametrize("key", ["vault.password", "vault.length", "vault.pasword"])
def test_in_an_option(key: str) -> None:
    """No fault of an option shows its value."""
    assert_hidden(fault(overrides=[Override(key, SECRET, "--set")]))


def test_no_frame_holds_a_value(write: Write) -> None:
    """A traceback with local variables, as loguru prints them, shows no value that came from a file."""
    write("config.yaml", f"vault: {{password: {SECRET}}}\n")
    try:
        load(Settings)
    except ConfigError as error:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename != __file__]

    assert [] == [frame.f_code.co_name for frame in frames if SECRET in repr(frame.f_locals)]


def test_right_secrets_stay_hidden(write: Write) -> None:
    """Settings that are right show no secret either."""
    write("config.yaml", f"vault: {{password: x{SECRET}, keys: {{a: y{SECRET}}}}}\n")

    settings = load(Settings)

    assert f"x{SECRET}" == settings.vault.password.get_secret_value()
    assert SECRET not in f"{settings} {settings!r} {flatten(settings)} {settings.model_dump_json()}"
