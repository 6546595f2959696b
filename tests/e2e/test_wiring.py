"""Values on their way to an app and back: what is skipped, defaults, choices, updates, names. In
both worlds and on every version.
"""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session import DEFAULT, UNCHANGED, AppError, EndpointNotFoundError, ParameterError
from tests.conftest import Serve
from tests.support.environments import ROOT
from tests.support.world import World

pytestmark = pytest.mark.versions


@pytest.fixture
def session(world: World, serve: Serve, version: str) -> Any:
    """A session on an app whose wiring matters."""
    return world.open(serve(ROOT / "tests" / "apps" / "wired.py", version))


def test_skipped_inputs_are_padded_and_skipped_outputs_dropped(world: World, session: Any) -> None:
    assert world.predict(session, "mixed", ["a", "b"]) == ("a+b", "call 1")
    assert world.predict(session, "mixed", {"second": "y", "first": "x"}) == ("x+y", "call 2")


def test_defaults_are_filled_by_name_and_by_the_sentinel(world: World, session: Any) -> None:
    expected = "as given|green|25|the app's own file|['a']"
    assert world.predict(session, "defaults", {}) == expected
    assert world.predict(session, "defaults", [DEFAULT] * 5) == expected
    assert (
        world.predict(session, "defaults", {"steps": 3, "colour": "red"})
        == "as given|red|3|the app's own file|['a']"
    )
    assert world.predict(session, "defaults", ["a", "red", 1, None, ()]) == "a|red|1|None|[]"


@pytest.mark.parametrize(
    ("params", "parameter", "words"),
    [
        ({"color": "red"}, "color", "no parameter 'color'. Did you mean 'colour'"),
        ({"colour": "blue"}, "colour", "'colour'.* takes one of 'red', 'green', not 'blue'"),
        ({"steps": "many"}, "steps", "'steps'.* takes a number, not 'many'"),
        ({"ticked": ["c"]}, "ticked", r"'ticked'.* at \[0\] takes one of 'a', 'b'"),
        ({"steps": float("nan")}, "steps", "is nan"),
        (["a", "red", 1, None, (), 0], None, "takes 5 values .*and 6 were given"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_sent(
    world: World, session: Any, params: Any, parameter: str | None, words: str
) -> None:
    with pytest.raises(ParameterError, match=f"^/defaults.*{words}") as caught:
        world.predict(session, "defaults", params)
    assert caught.value.parameter == parameter


def test_missing_parameters_are_named(world: World, session: Any) -> None:
    with pytest.raises(ParameterError, match="'first', 'second' have no default"):
        world.predict(session, "mixed", {})


@pytest.mark.parametrize(
    ("what", "result"), [("value", ("new", 1)), ("skip", (UNCHANGED, 2)), ("hide", (UNCHANGED, 3))]
)
def test_updates_become_their_values(world: World, session: Any, what: str, result: Any) -> None:
    outputs = world.predict(session, "updates", [what])
    assert outputs == result
    assert bool(outputs[0]) == (what == "value")


def test_in_a_stream_what_is_unchanged_keeps_its_value(world: World, session: Any) -> None:
    assert world.outputs(world.submit(session, "stream", ["x"])) == [
        ("one", 1),
        ("one", 2),
        ("one", 3),
    ]


def test_choices_that_the_app_changes_while_it_runs_are_its_own_business(
    world: World, session: Any
) -> None:
    world.predict(session, "refill")
    assert world.predict(session, "changing", ["mauve"]) == "mauve"
    assert world.predict(session, "custom", ["of my own"]) == "of my own"


@pytest.mark.parametrize(
    "name", ["with/slash", "/with/slash", "//lead", "ünï with space", "/undocumented"]
)
def test_odd_names(world: World, session: Any, name: str) -> None:
    assert world.predict(session, name, ["v"]) == "v"


def test_no_result_is_none(world: World, session: Any) -> None:
    assert world.predict(session, "nothing", ["v"]) is None


def test_private_endpoints_are_not_called(world: World, session: Any) -> None:
    with pytest.raises(EndpointNotFoundError):
        world.predict(session, "secret", ["v"])


@pytest.mark.parametrize("words", ["No cats", "it's so", "'quoted'", "two\nlines"])
def test_errors_of_the_app_have_their_own_words(world: World, session: Any, words: str) -> None:
    with pytest.raises(AppError) as caught:
        world.predict(session, "fail", [words])
    assert str(caught.value) == f"/fail: {words}"


def test_text_of_every_kind_survives(world: World, session: Any) -> None:
    text = "ü\u2028\u0085\U0001f600 \\ \" ' \x00 </script>"
    assert world.predict(session, "undocumented", [text]) == text
