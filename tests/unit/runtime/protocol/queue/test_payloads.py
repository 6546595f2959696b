"""Values in order and the wire's data array."""

from __future__ import annotations

import json
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_session import UNCHANGED
from gradio_session.errors import AppError, ParameterError, ResponseError
from gradio_session.protocol.app_schema.config import AppConfig, Dependency
from gradio_session.protocol.queue.messages import outcome_of
from gradio_session.protocol.queue.payloads import build, call_body, encode, outputs
from tests.support.flows import component, config_document, dependency


def failure(message: dict[str, Any], version: tuple[int, int, int] = (6, 0, 0)) -> AppError:
    """The error of a call whose end says that it failed."""
    error = outcome_of({"success": False, **message}, "/f", "e1", version).error
    assert isinstance(error, AppError)
    return error


def wired(skipped_in: str, skipped_out: str = "", name: str = "f") -> Dependency:
    """An endpoint by its inputs and outputs: "." is a textbox, "s" a skipped state."""
    kinds = skipped_in + skipped_out
    components = [
        component(
            number, "state" if kind == "s" else "textbox", skip=kind == "s", label=f"L{number}"
        )
        for number, kind in enumerate(kinds)
    ]
    numbers = tuple(range(len(kinds)))
    record = dependency(name, 7, numbers[: len(skipped_in)], numbers[len(skipped_in) :])
    return AppConfig(
        config_document(components=components, dependencies=[record]), "http://h"
    ).dependency(name)


@pytest.mark.parametrize(
    ("inputs", "values", "data"),
    [
        ("", [], []),
        ("..", [1, 2], [1, 2]),
        ("s..", [1, 2], [None, 1, 2]),
        (".s.", (1, 2), [1, None, 2]),
        ("ss.s", [[]], [None, None, [], None]),
        ("s", [], [None]),
    ],
)
def test_skipped_inputs_are_padded(inputs: str, values: Any, data: list[Any]) -> None:
    assert build(wired(inputs), values) == data


@pytest.mark.parametrize(
    ("inputs", "values", "words"),
    [
        ("..", [1], r"takes 2 values \(L0, L1\), and 1 was given"),
        (".s", [1, 2], r"takes 1 value \(L0\), and 2 were"),
        ("s", [1], "takes 0 values, and 1"),
    ],
)
def test_the_wrong_number_of_values_is_refused(inputs: str, values: list[Any], words: str) -> None:
    with pytest.raises(ParameterError, match=f"^/f {words}") as caught:
        build(wired(inputs), values)
    assert caught.value.api_name == "/f"


UPDATE = {"__type__": "update", "visible": True}


@pytest.mark.parametrize(
    ("slots", "data", "results"),
    [
        ("", [], []),
        ("..", [1, None], [1, None]),
        ("s.s.", [None, "a", None, "b"], ["a", "b"]),
        ("s", [None], []),
        (".", [{**UPDATE, "value": "x"}], ["x"]),
        (".", [{**UPDATE, "value": None}], [None]),
        (".", [UPDATE], [UNCHANGED]),
        (".", [{"__type__": "update"}], [UNCHANGED]),
        ("s..", [UPDATE, UPDATE, {**UPDATE, "value": 2}], [UNCHANGED, 2]),
        (".", [{"__type__": "other", "value": 1}], [{"__type__": "other", "value": 1}]),
        (".", [[UPDATE]], [[UPDATE]]),
    ],
)
def test_outputs(slots: str, data: list[Any], results: list[Any]) -> None:
    before = json.dumps(data)
    assert outputs(wired("", slots), data) == results
    assert json.dumps(data) == before


@pytest.mark.parametrize("data", [[], [1], [1, 2, 3], None, {"a": 1}, "ab"])
def test_the_wrong_number_of_outputs_is_an_error_that_carries_them(data: Any) -> None:
    with pytest.raises(ResponseError, match=r"/f answered with .* announces 2") as caught:
        outputs(wired("", ".."), data)
    assert caught.value.data == data


def test_body_by_name_and_by_number() -> None:
    assert json.loads(call_body(wired("."), encode(wired("."), ["ü"]), "hash")) == {
        "data": ["ü"],
        "session_hash": "hash",
    }
    assert json.loads(call_body(wired("."), b'{"data":[1]}', None)) == {"data": [1]}
    assert json.loads(call_body(wired("."), b'{"data":[1]}', "hash", oauth_token="hf_x")) == {
        "data": [1],
        "session_hash": "hash",
        "oauth_token": "hf_x",
    }
    assert json.loads(call_body(wired(".", name="a/b"), b'{"data":[1]}', "hash")) == {
        "data": [1],
        "session_hash": "hash",
        "fn_index": 7,
        "simple_format": True,
    }


class Odd:
    """Something that JSON has no word for."""


LOOP: list[Any] = []
LOOP.append({"again": LOOP})
DEEP: Any = "end"
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "parameter b is nan, which JSON cannot hold"),
        ({"x": [1, {"y": float("-inf")}]}, r"parameter b\.x\[1\]\.y is -inf"),
        (Path("/x"), "not a place for a file"),
        (b"x", "of type bytes.*not a place for a file"),
        ([{1, 2}], r"parameter b\[0\] is of type set.*pass a list"),
        (date(2026, 1, 2), "datetime.date.*pass its text"),
        (Odd(), r"test_payloads\.Odd"),
        ({(1, 2): 3}, "a key of type tuple"),
        (LOOP, "contains itself"),
        (DEEP, "nested too deeply"),
        (1 + 2j, "of type complex"),
    ],
)
def test_what_json_cannot_hold_names_parameter_and_place(value: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        encode(wired("s.."), build(wired("s.."), ["fine", value]), names=("a", "b"))
    assert caught.value.parameter == "b"
    assert caught.value.api_name == "/f"
    assert len(str(caught.value)) < 500


def test_labels_stand_in_for_names() -> None:
    with pytest.raises(ParameterError, match="parameter L1 is nan"):
        encode(wired("s."), [None, float("nan")])


def test_lone_surrogates_are_sent_as_escapes() -> None:
    body = encode(wired("."), ["a\ud800ü"])
    assert json.loads(body) == {"data": ["a\ud800ü"]}
    assert body.isascii()


def test_other_text_is_sent_as_it_is() -> None:
    assert encode(wired("."), ["ü\u2028"]) == '{"data":["ü\u2028"]}'.encode()


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_any_json_survives_the_wire(value: Any) -> None:
    assert json.loads(encode(wired("."), [value])) == {"data": [value]}


FAILURES: list[tuple[dict[str, Any], tuple[int, int, int], str, str | None, float | None]] = [
    (
        {"output": {"error": "No cats", "title": "Sorry", "duration": 5}},
        (6, 31, 0),
        "/f: No cats",
        "Sorry",
        5.0,
    ),
    ({"output": {"error": "'No cats'"}}, (4, 44, 1), "/f: No cats", None, None),
    ({"output": {"error": '"it\'s"'}}, (4, 44, 1), "/f: it's", None, None),
    ({"output": {"error": "'No cats'"}}, (5, 0, 0), "/f: 'No cats'", None, None),
    ({"output": {"error": "'"}}, (4, 44, 1), "/f: '", None, None),
    (
        {"output": {"error": repr("two\nlines, \\ and it's")}},
        (4, 44, 1),
        "/f: two\nlines, \\ and it's",
        None,
        None,
    ),
    ({"output": {"error": "'a' and 'b'"}}, (4, 44, 1), "/f: a' and 'b", None, None),
    ({"output": {"error": "no quotes"}}, (4, 44, 1), "/f: no quotes", None, None),
    ({"output": {"error": "[1, 2]"}}, (4, 44, 1), "/f: [1, 2]", None, None),
    ({"output": {"error": "x"}, "title": "T"}, (6, 0, 0), "/f: x", "T", None),
    ({"output": {"error": "x", "duration": None, "title": None}}, (6, 0, 0), "/f: x", None, None),
    ({"output": {"error": "a\x1b[31m\nb"}}, (6, 0, 0), "/f: a [31m\nb", None, None),
]


@pytest.mark.parametrize(("message", "version", "words", "title", "duration"), FAILURES)
def test_failures_of_the_app(
    message: dict[str, Any],
    version: tuple[int, int, int],
    words: str,
    title: str | None,
    duration: float | None,
) -> None:
    error = failure(message, version)
    assert str(error) == f"/f: {error.message}"
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.message, again.title, again.event_id) == (
        str(error),
        error.message,
        error.title,
        "e1",
    )
    assert (str(error), error.title, error.duration) == (words, title, duration)
    assert (error.api_name, error.event_id) == ("/f", "e1")


@pytest.mark.parametrize("output", [{"error": None}, {"error": ""}, {}, {"error": {"a": 1}}])
def test_a_failure_without_words_says_where_to_look(output: Any) -> None:
    assert "show_error=True" in str(failure({"output": output}))
