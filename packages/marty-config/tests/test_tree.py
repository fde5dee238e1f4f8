"""Merging, with positions."""

from typing import Union

from hypothesis import given
from hypothesis import strategies as st

from marty.config._origin import Origin
from marty.config._text import from_value
from marty.config._tree import Node, find, merge, plain, walk

Value = Union[None, bool, int, str, list["Value"], dict[str, "Value"]]

keys = st.sampled_from(["a", "b", "c"])
values: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(keys, below, max_size=3),
    max_leaves=12,
)
trees = st.dictionaries(keys, values, max_size=3)


def tree(name: str, value: object) -> Node:
    """A value from the source of this name."""
    return from_value(value, Origin("file", name))


def by_path(node: Node) -> dict[tuple[str, ...], tuple[object, Origin]]:
    """What users see of a tree: each value and where it came from."""
    return {path: (plain(each), each.origin) for path, each in walk(node)}


@given(trees, trees, trees)
def test_merging_is_associative(low: object, middle: object, high: object) -> None:
    """Sources may be merged in any grouping: values and origins are the same."""
    a, b, c = tree("a", low), tree("b", middle), tree("c", high)

    assert by_path(merge(merge(a, b), c)) == by_path(merge(a, merge(b, c)))


@given(trees, trees)
def test_high_wins(low: object, high: object) -> None:
    """Every value of the higher source that is no mapping is in the result, with its origin."""
    merged = by_path(merge(tree("low", low), tree("high", high)))

    for path, node in walk(tree("high", high)):
        if node.entries is None:
            assert (plain(node), node.origin) == merged[path]


@given(trees)
def test_nothing_changes_nothing(value: object) -> None:
    """Merging with an empty mapping gives the same values."""
    empty, full = tree("empty", {}), tree("full", value)

    assert plain(full) == plain(merge(empty, full)) == plain(merge(full, empty))


def test_deep_mappings_and_whole_lists() -> None:
    """Mappings merge key by key at every depth; a list replaces a list."""
    low = tree("low", {"a": {"b": {"c": 1, "d": 2}}, "l": [1, 2]})
    high = tree("high", {"a": {"b": {"c": 3}}, "l": [3]})

    assert {"a": {"b": {"c": 3, "d": 2}}, "l": [3]} == plain(merge(low, high))


def test_find_stops_where_the_tree_ends() -> None:
    """The deepest node on a path is found, and the part of the path that led to it."""
    node = tree("x", {"a": [{"b": 1}]})

    assert (("a", "0", "b"), ("int",)) == find(node, ("a", 0, "b", "int"))[1:]
    assert (("a",), (7,)) == find(node, ("a", 7))[1:]
    assert ((), ("z",)) == find(node, ("z",))[1:]


def test_find_passes_over_the_member_of_a_union() -> None:
    """A step that is no key is passed over where the next one leads on."""
    node = tree("x", {"a": {"b": [1]}})

    assert (("a", "b"), ()) == find(node, ("a", "dog", "b"))[1:]
    assert (("a", "b", "0"), ()) == find(node, ("a", "b", "list[int]", 0))[1:]
