"""Sections of a service's own: what is said of them, for the many types that pydantic knows."""

import datetime as dt
import enum
import sys
import typing
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, Optional, Union

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from marty.config import ConfigError, Duration, Section, ServiceSettings, Size, flatten, load

Write = Callable[[str, str], Path]
Name = NewType("Name", str)


class Colour(enum.Enum):
    """An enumeration."""

    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    """A plain model, which by itself ignores unknown keys."""

    name: str
    size: Size = 1


class Open(BaseModel):
    """A model that takes any key."""

    model_config = ConfigDict(extra="allow")

    known: int = 1


class Cat(Section):
    """One kind."""

    kind: Literal["cat"]


class Dog(Section):
    """Another kind."""

    kind: Literal["dog"]
    age: int = 1


class Things(Section):
    """One key of each type."""

    items: list[Item] = Field(default=[])
    named: dict[str, Item] = Field(default={})
    open: Open = Open()
    colour: Colour = Colour.RED
    one: Literal[1, 2] = 1
    either: Union[int, bool] = 1
    words: list[str] = Field(default=[])
    ports: list[Annotated[int, Field(ge=1, le=9)]] = Field(default=[])
    timeouts: dict[str, Duration] = Field(default={})
    some: Optional[int] = None
    above: int = Field(default=1, gt=0)
    below: float = Field(default=1.0, lt=2)
    even: int = Field(default=2, multiple_of=2)
    short: str = Field(default="", max_length=3)
    code: str = Field(default="a", pattern="^[a-z]+$")
    path: Path = Path()
    url: HttpUrl = HttpUrl("http://a")
    day: dt.date = dt.date(2025, 1, 1)
    key: Optional[uuid.UUID] = None
    number: Name = Name("x")
    anything: Any = None
    pet: Annotated[Union[Cat, Dog], Field(discriminator="kind")] = Cat(kind="cat")
    pair: tuple[int, int] = (1, 1)
    tags: frozenset[str] = frozenset()
    mixed: tuple[int, bool] = (1, True)
    loose: Union[dict[str, int], list[bool]] = Field(default=[])
    either_way: Union[Item, dict[str, int]] = Field(default={})
    sizes: dict[int, str] = Field(default={})
    call: Optional[Callable[[], None]] = None

    @field_validator("code")
    @classmethod
    def _check_code(cls, value: str) -> str:
        if value == "no":
            raise ValueError("a code may not be no;\n  try another")
        if value == "never":
            raise AssertionError("never is never a code")
        return value


class Settings(ServiceSettings):
    """A service's own."""

    things: Things = Things()


class Needy(ServiceSettings):
    """With a key that must be set."""

    class Database(Section):
        """Where the data is."""

        url: str

    database: Database

    @model_validator(mode="after")
    def _check(self) -> "Needy":
        if self.workers == 7:
            raise ValueError("seven workers are too many for one database")
        return self


def said(model: type[ServiceSettings] = Settings, **environ: str) -> str:
    """What is said of a service's settings."""
    with pytest.raises(ConfigError) as caught:
        load(model, environ=environ)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{items: [{name: a, siz: 1}]}",
            "28: things.items.0.siz: unknown key; did you mean things.items.0.size?",
        ),
        ("{items: [{size: 1}]}", "18: things.items.0.name: required but not set; add it here"),
        ("{items: [{name: 1}]}", "25: things.items.0.name: expected text; put the value in quotes"),
        ("{items: x}", "17: things.items: expected a list such as [a, b]"),
        (
            "{named: {a: {name: b, zzz: 1}}}",
            "31: things.named.a.zzz: unknown key; expected one of name, size",
        ),
        ("{open: {known: x}}", "24: things.open.known: expected an integer"),
        ("{colour: green}", "18: things.colour: expected one of red, blue"),
        ("{one: 3}", "15: things.one: expected one of 1, 2"),
        ("{words: [a, 1]}", "21: things.words.1: expected text; put the value in quotes"),
        ("{words: [a, ~]}", "21: things.words.1: expected text, not an empty value"),
        (
            "{words: [a, 007]}",
            "21: things.words.1: a number with a leading zero; drop it, write 0o for octal, or quote text",
        ),
        ("{ports: [0]}", "18: things.ports.0: expected an integer from 1 to 9"),
        ("{ports: [true]}", "18: things.ports.0: expected an integer from 1 to 9"),
        ("{timeouts: {a: x}}", "24: things.timeouts.a: expected a duration such as 20s, 5m or 250ms"),
        ("{some: x}", "16: things.some: expected an integer"),
        ("{above: 0}", "17: things.above: expected an integer above 0"),
        ("{below: 3}", "17: things.below: expected a number below 2"),
        ("{below: .inf}", "17: things.below: expected a number below 2"),
        ("{even: 3}", "16: things.even: expected a multiple of 2"),
        ("{short: abcd}", "17: things.short: expected at most 3 characters"),
        ("{code: A1}", "16: things.code: expected text that matches ^[a-z]+$"),
        ("{code: 'no'}", "16: things.code: a code may not be no; try another"),
        ("{code: never}", "16: things.code: never is never a code"),
        ("{path: 1}", "16: things.path: expected a path"),
        ("{url: x}", "15: things.url: expected a URL such as https://example.org/path"),
        ("{day: x}", "15: things.day: expected a date such as 2025-01-31"),
        ("{key: x}", "15: things.key: expected a UUID"),
        ("{number: 1}", "18: things.number: expected text; put the value in quotes"),
        ("{pet: {kind: cow}}", "15: things.pet: expected one of cat, dog as its kind"),
        ("{pet: {kind: dog, aeg: 1}}", "27: things.pet.aeg: unknown key"),
        ("{pet: {kind: dog, age: x}}", "32: things.pet.age: expected an integer"),
        ("{pair: [1]}", "16: things.pair: expected more entries"),
        ("{pair: [1, x]}", "20: things.pair.1: expected an integer"),
        ("{tags: x}", "16: things.tags: expected a list such as [a, b]"),
        ("{sizes: {a: b}}", "18: things.sizes.a: not accepted as a key"),
        ("{call: x}", "16: things.call: not accepted"),
        ("{either: x}", "18: things.either: expected an integer or true or false"),
    ],
)
def test_sentence(write: Write, text: str, expected: str) -> None:
    """Each fault stands at its value, in words of the type and never of the value."""
    write("config.yaml", f"things: {text}\n")

    message = said()

    assert message.startswith(f"config.yaml:1:{expected}")
    assert 1 == len(message.splitlines())


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("WORDS", '["a", "b"]', "words", ["a", "b"]),
        ("ONE", "2", "one", 2),
        ("SOME", "null", "some", None),
        ("SOME", "3", "some", 3),
        ("EITHER", "3", "either", 3),
        ("COLOUR", "blue", "colour", Colour.BLUE),
        ("PATH", "/x", "path", Path("/x")),
        ("DAY", "2025-02-03", "day", dt.date(2025, 2, 3)),
        ("TIMEOUTS__A", "5s", "timeouts.a", 5.0),
        ("NAMED__A__NAME", "b", "named.a.name", "b"),
        ("ANYTHING", "[1", "anything", "[1"),
        ("OPEN", '{"more": 1}', "open.more", 1),
        ("PAIR", "[3, 4]", "pair", (3, 4)),
    ],
)
def test_variable(name: str, text: str, key: str, value: object) -> None:
    """Text in a variable becomes a value of any type."""
    assert value == flatten(load(Settings, environ={f"MARTY_THINGS__{name}": text}))[f"things.{key}"]


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("{mixed: [2, false]}", "mixed", (2, False)),
        ("{loose: [true]}", "loose", [True]),
        ("{loose: {a: 1}}", "loose.a", 1),
        ("{either_way: {other: 1}}", "either_way.other", 1),
        ("{pet: {kind: dog, age: 3}}", "pet.age", 3),
    ],
)
def test_shapes_that_only_pydantic_knows(write: Write, text: str, key: str, value: object) -> None:
    """Where a type leaves several shapes open, nothing is refused before pydantic has its say."""
    write("config.yaml", f"things: {text}\n")

    assert value == flatten(load(Settings))[f"things.{key}"]


def test_list_in_a_variable() -> None:
    """A list in a variable is JSON, and one that is not is told how to be."""
    assert 'MARTY_THINGS__WORDS: things.words: expected a list, as JSON such as ["a", "b"]' == said(
        MARTY_THINGS__WORDS="a,b"
    )
    assert (
        "MARTY_THINGS__WORDS: things.words: not valid JSON at character 2; "
        'expected a list, as JSON such as ["a", "b"]' == said(MARTY_THINGS__WORDS="[a]")
    )
    assert "MARTY_THINGS__ONE: things.one: expected one of 1, 2" == said(MARTY_THINGS__ONE="007")


def test_required_key(write: Write) -> None:
    """A key without a default is asked for where it would go."""
    without_file = said(Needy)
    write("config.yaml", "workers: 1\n")
    with_file = said(Needy)
    write("config.yaml", "database: {}\n")
    with_section = said(Needy)

    assert "MARTY_DATABASE: database: required but not set; set it here, or the key in a file" == without_file
    assert "config.yaml: database: required but not set; add it here or set MARTY_DATABASE" == with_file
    assert "config.yaml:1:1: database.url: required but not set; add it here or set MARTY_DATABASE__URL" == with_section


def test_check_across_keys(write: Write) -> None:
    """A validator of the whole is told in its own words, for the file, once each key alone is right."""
    write("config.yaml", "workers: 7\ndatabase: {url: x}\n")
    whole = said(Needy)
    broken = said(Needy, MARTY_HTTP__PORT="")

    assert "config.yaml: seven workers are too many for one database" == whole
    assert "MARTY_HTTP__PORT: http.port: empty; expected an integer from 0 to 65535" == broken


def test_open_model(write: Write) -> None:
    """A model that says it takes any key does."""
    write("config.yaml", "things: {open: {known: 2, more: {a: 1}}}\n")

    values = flatten(load(Settings))

    assert (2, 1) == (values["things.open.known"], values["things.open.more.a"])


class Fussy(ServiceSettings):
    """With validators that are hard to please."""

    limit: int = Field(default=0, ge=1, validate_default=True)
    first: int = 1
    second: int = 1

    @field_validator("second")
    @classmethod
    def _check_second(cls, value: int, info: ValidationInfo) -> int:
        if value > info.data["first"] > 1 or "first" not in info.data:
            raise ValueError("second is more than first")
        return value

    @model_validator(mode="before")
    @classmethod
    def _check(cls, data: dict[str, object]) -> dict[str, object]:
        if "first" in data and "second" not in data:
            raise KeyError("second")
        return data


def test_a_default_that_is_refused() -> None:
    """A default that its own type refuses is told as such."""
    assert "default: limit: expected an integer of at least 1" == said(Fussy)


def test_validators_see_all_sources(write: Write) -> None:
    """A validator that needs two keys may find them in two sources."""
    write("config.yaml", "first: 3\nlimit: 1\n")

    assert 2 == load(Fussy, environ={"MARTY_SECOND": "2"}).second
    assert "MARTY_SECOND: second: second is more than first" == said(Fussy, MARTY_SECOND="4")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`type X = …` came with Python 3.12")
def test_type_alias() -> None:
    """A type alias is what it stands for."""
    alias = vars(typing)["TypeAliasType"]("Port", Annotated[int, Field(ge=0, le=9)])
    model = create_model("Aliased", __base__=ServiceSettings, port=(alias, 1))

    assert "MARTY_PORT: port: expected an integer from 0 to 9" == said(model, MARTY_PORT="10")
