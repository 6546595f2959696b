"""What stands for typing's own names in generated modules, held against the originals."""

from __future__ import annotations

import copy
import pickle
import typing
from typing import TYPE_CHECKING, Any

import pytest

import gradio_session
from gradio_session.client import typing_names

if TYPE_CHECKING:
    from typing import NamedTuple, TypedDict

    from typing_extensions import NotRequired, ReadOnly
else:
    from gradio_session.client.typing_names import NamedTuple, NotRequired, ReadOnly, TypedDict


class Ours(NamedTuple):
    image: str
    seed: int
    """Which noise it began with."""


class Theirs(typing.NamedTuple):
    image: str
    seed: int


class Heir(Ours):
    def doubled(self) -> int:
        return self.seed * 2


BOTH: list[Any] = [Ours, Theirs]


@pytest.mark.parametrize("kind", BOTH)
def test_it_does_what_the_original_does(kind: Any) -> None:
    result = kind("a.png", seed=3)
    assert tuple in kind.__mro__
    assert result == ("a.png", 3) == (result.image, result.seed)
    assert hash(result) == hash(("a.png", 3))
    image, seed = result
    assert (image, seed, len(result), result[-1]) == ("a.png", 3, 2, 3)
    assert repr(result) == f"{kind.__name__}(image='a.png', seed=3)"
    assert result._asdict() == {"image": "a.png", "seed": 3}
    assert result._replace(seed=4) == ("a.png", 4)
    assert type(result._replace(seed=4)) is kind
    assert kind._make(["b", 5]) == ("b", 5)
    assert kind(seed=1, image="x") == ("x", 1)
    assert (kind._fields, kind._field_defaults) == (("image", "seed"), {})
    assert typing.get_type_hints(kind) == {"image": str, "seed": int}
    match result:
        case kind(name, number):
            assert (name, number) == ("a.png", 3)
        case _:
            pytest.fail("does not match")


@pytest.mark.parametrize("kind", BOTH)
def test_it_is_copied_and_pickled(kind: Any) -> None:
    result = kind("a.png", 3)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(result, protocol))
        assert (again, type(again)) == (result, kind)
    assert type(copy.deepcopy(result)) is kind


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((), {}),
        (("a",), {}),
        (("a", 1, 2), {}),
        (("a", 1), {"seed": 2}),
        (("a",), {"image": "b"}),
        ((), {"seed": 2}),
        (("a",), {"sed": 2}),
    ],
)
def test_it_takes_each_field_once(kind: Any, values: Any, named: Any) -> None:
    with pytest.raises(TypeError):
        kind(*values, **named)


@pytest.mark.parametrize("kind", BOTH)
def test_its_fields_cannot_be_set(kind: Any) -> None:
    with pytest.raises(AttributeError):
        kind("a", 1).seed = 2
    with pytest.raises((TypeError, ValueError)):
        kind("a", 1)._replace(sed=2)


def test_it_can_be_inherited_from() -> None:
    heir = Heir("a", 2)
    assert (heir.doubled(), heir.image, Heir._fields) == (4, "a", ("image", "seed"))
    assert type(pickle.loads(pickle.dumps(heir))) is Heir


class Item(TypedDict):
    """A picture."""

    image: ReadOnly[str]
    caption: NotRequired[ReadOnly[str]]
    items: list[Item]


Odd = TypedDict("Odd", {"in": "str", "max-width": "NotRequired[Item]"})


@pytest.mark.parametrize("kind", [Item, Odd])
def test_structures_are_those_of_typing(kind: Any) -> None:
    assert typing.is_typeddict(kind)
    assert kind.__module__ == __name__
    assert kind.__qualname__ == kind.__name__
    assert kind.__mro__ == (kind, dict, object)
    assert kind(a=1) == {"a": 1}
    assert pickle.loads(pickle.dumps(kind)) is kind


def test_keys_of_structures_have_their_types() -> None:
    assert Item.__doc__ == "A picture."
    assert (Item.__required_keys__, Item.__optional_keys__) == (
        frozenset({"image", "items"}),
        frozenset({"caption"}),
    )
    assert typing.get_type_hints(Item) == {"image": str, "caption": str, "items": list[Item]}
    assert (Odd.__required_keys__, Odd.__optional_keys__) == (
        frozenset({"in"}),
        frozenset({"max-width"}),
    )
    assert typing.get_type_hints(Odd) == {"in": str, "max-width": Item}


@pytest.mark.parametrize("name", ["AsyncCall", "Bound", "Call"])
def test_classes_that_annotations_name_come_when_they_are_read(name: str) -> None:
    alias = getattr(typing_names, name)[str]
    assert typing.get_origin(alias) is getattr(gradio_session, name)
    assert typing.get_args(alias) == (str,)
