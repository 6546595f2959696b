"""How an input of `map` becomes the values of a call, and how many tabs its workers get."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

import pytest

from gradio_session import DEFAULT, ParameterError
from gradio_session.batch.base import MapOptions
from gradio_session.batch.inputs import OWN_TABS, Errors, arguments, numbered, tab_count
from gradio_session.protocol.app_schema.config import AppConfig, Dependency


def many(prompt: Any, style: Any = "plain", *, steps: Any = 3, seed: Any = DEFAULT) -> None: ...


def one(value: Any) -> None: ...


def none() -> None: ...


class Pair(NamedTuple):
    prompt: str
    style: str


@pytest.mark.parametrize(
    ("function", "item", "values"),
    [
        (many, "a", ("a", "plain", 3, DEFAULT)),
        (many, ("a", "b", 1, 2), ("a", "b", 1, 2)),
        (many, Pair("a", "b"), ("a", "b", 3, DEFAULT)),
        (many, {"seed": 7, "prompt": "a"}, ("a", "plain", 3, 7)),
        (many, ["a", "b"], (["a", "b"], "plain", 3, DEFAULT)),
        (many, ({"a": 1},), ({"a": 1}, "plain", 3, DEFAULT)),
        (many, None, (None, "plain", 3, DEFAULT)),
        (one, {"value": 1}, ({"value": 1},)),
        (one, (), None),
        (one, ((1, 2),), ((1, 2),)),
        (none, (), ()),
        (none, 1, None),
        (many, {}, None),
        (many, {"promt": "a"}, None),
        (many, {1: "a"}, None),
        (many, (1, 2, 3, 4, 5), None),
    ],
)
def test_inputs_become_values_in_order(
    function: Any, item: Any, values: tuple[Any, ...] | None
) -> None:
    signature = inspect.signature(function)
    if values is not None:
        assert arguments(signature, item, api_name="/many", number=4) == values
    else:
        with pytest.raises(ParameterError, match="/many, input 4 of this map: ") as caught:
            arguments(signature, item, api_name="/many", number=4)
        assert caught.value.api_name == "/many"


def config(*types: str) -> Dependency:
    components = [
        {"id": number, "type": kind, "props": {}, "skip_api": kind == "state"}
        for number, kind in enumerate(types)
    ]
    dependency = {
        "id": 0,
        "api_name": "f",
        "inputs": list(range(len(types))),
        "outputs": [],
        "targets": [],
        "backend_fn": True,
    }
    return AppConfig(
        {
            "version": "6.31.0",
            "protocol": "sse_v3",
            "components": components,
            "dependencies": [dependency],
        },
        "http://x",
    ).dependency("/f")


def test_many_workers_share_a_tab_unless_the_endpoint_keeps_state() -> None:
    assert tab_count(OWN_TABS, config("textbox")) == OWN_TABS
    assert tab_count(OWN_TABS + 1, config("textbox")) == 1
    assert tab_count(128, config("textbox", "state")) == 128


@pytest.mark.parametrize(
    ("concurrency", "errors", "word"),
    [(0, "raise", "concurrency"), (1, "Raise", "errors"), (-3, "return", "concurrency")],
)
def test_options_that_mean_nothing_are_refused(concurrency: int, errors: Errors, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        MapOptions(concurrency, ordered=True, errors=errors, journal=None, progress=False)


def test_the_error_that_ends_a_map_is_the_callers_own() -> None:
    error = ParameterError("no")
    assert numbered(error, 3) is error
