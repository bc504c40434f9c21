"""Places in documents and patterns of them."""

from hypothesis import given
from hypothesis import strategies as st

from partywall import places

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(document=documents)
def test_leaves_are_where_they_say(document: object) -> None:
    """Following a leaf's place from the root leads to its value."""
    for place, value in places.leaves(document):
        here: object = document
        for part in place.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            here = here[int(key)] if isinstance(here, list) else here[key]  # type: ignore[index]
        assert here == value


def test_patterns() -> None:
    """A star stands for one index or key, two stars at the end for everything below."""
    document = {"orders": [{"id": 1, "who": {"name": "x"}}, {"id": 2}], "id": 3}
    assert places.find(document, "/orders/*/id") == [("/orders/0/id", 1), ("/orders/1/id", 2)]
    assert places.find(document, "/orders/**")[1] == ("/orders/0/who/name", "x")
    assert places.find(document, "/id") == [("/id", 3)]
    assert places.find(document, "/nothing/*") == []


def test_depth_costs_no_stack() -> None:
    """A document nested deeper than the stack is walked, or is no document; it is never an error."""
    deep: object = "x"
    for _ in range(5_000):
        deep = [deep]
    assert [value for _, value in places.leaves(deep)] == ["x"]
    assert places.parse(b"[" * 100_000) is None
    assert places.parse(b"no json") is None
