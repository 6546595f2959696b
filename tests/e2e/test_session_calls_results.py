"""Parameters, results, outputs and events of calls on a real Gradio 6.31, plain and asynchronous:
one test for each thing that is promised.
"""

from __future__ import annotations

import pickle
import time
from typing import Any

import pytest

from gradio_session import (
    UNCHANGED,
    AppError,
    Completed,
    EndpointNotFoundError,
    Failed,
    Log,
    Output,
    ParameterError,
    Progress,
    Queued,
    Started,
    UploadError,
)
from tests.conftest import Serve
from tests.support.session_app import APP
from tests.support.world import World


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(APP)


# Parameters


def test_a_list_goes_as_it_is_and_the_name_may_have_its_slash(world: World, url: str) -> None:
    session = world.open(url)
    assert world.predict(session, "echo", ["a", "loud", 2]) == "A A"
    assert world.predict(session, "/echo", ["a", "plain", 1]) == "a"


def test_a_mapping_is_placed_by_name_and_defaults_are_filled_in(world: World, url: str) -> None:
    session = world.open(url)
    assert world.predict(session, "echo", {"times": 3}) == "hi hi hi"
    assert world.predict(session, "echo") == "hi hi"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"txt": "a"}, ("/echo", "txt", "text")),
        ({"style": "shrill"}, ("/echo", "style", "'plain'", "'loud'", "shrill")),
        ({"times": "three"}, ("/echo", "times")),
        (["a", "shrill", 1], ("/echo", "shrill", "'loud'")),
        (["a", "plain", 1, 2], ("/echo", "3 values")),
        ("text", ("list",)),
        (3, ("list",)),
        ({"text"}, ("list", "dict")),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_sent(
    world: World, url: str, params: Any, words: tuple[str, ...]
) -> None:
    session = world.open(url)
    with pytest.raises(ParameterError) as caught:
        world.predict(session, "echo", params)
    for word in words:
        assert word in str(caught.value)
    assert len(session.calls) == 0


def test_a_file_that_cannot_be_sent_names_endpoint_parameter_and_file(
    world: World, url: str
) -> None:
    session = world.open(url)
    for params, parameter in (
        (["no-such-file.png"], "File"),
        ({"file": "no-such-file.png"}, "file"),
    ):
        with pytest.raises(
            UploadError, match=f'^/measure: {parameter}: "no-such-file.png" does not exist'
        ) as caught:
            world.predict(session, "measure", params)
        assert (caught.value.api_name, caught.value.parameter) == ("/measure", parameter)
    assert len(session.calls) == 0


def test_an_unknown_endpoint_names_the_closest(world: World, url: str) -> None:
    session = world.open(url)
    with pytest.raises(EndpointNotFoundError) as caught:
        world.predict(session, "ecko", [])
    assert "/echo" in caught.value.suggestions


@pytest.mark.parametrize("timeout", [0, -1, "soon", float("nan"), True])
def test_options_that_mean_nothing_are_refused(world: World, url: str, timeout: Any) -> None:
    session = world.open(url)
    with pytest.raises(ParameterError, match="timeout"):
        world.submit(session, "echo", [], timeout=timeout)


# Results


def test_skipped_inputs_are_padded_skipped_outputs_dropped_updates_resolved(
    world: World, url: str
) -> None:
    session = world.open(url)
    assert world.predict(session, "mixed", ["text"]) == ("text", "updated", UNCHANGED)


def test_an_output_left_as_it_was_keeps_its_value(world: World, url: str) -> None:
    session = world.open(url)
    call = world.submit(session, "skips")
    assert world.outputs(call) == [("a", "b"), ("a", "c"), ("d", "c")]
    assert world.result(call) == ("d", "c")
    assert world.predict(session, "skips") == ("d", "c")


def test_no_output_is_none(world: World, url: str) -> None:
    assert world.predict(world.open(url), "nothing", ["x"]) is None


def test_a_name_with_a_slash(world: World, url: str) -> None:
    session = world.open(url)
    assert world.predict(session, "nested/echo", ["a", "loud", 2]) == "A A"
    call = world.submit(session, "nested/ticks", [3, 0.01, "s"])
    assert world.outputs(call) == ["s0", "s1", "s2"]
    assert world.result(call) == "s2"


def test_state_lives_in_its_session_and_in_no_other(world: World, url: str) -> None:
    one, two = world.open(url), world.open(url)
    assert [world.predict(one, "count", [1]) for _ in range(3)] == [1, 2, 3]
    assert world.predict(two, "count", [5]) == 5


def test_twenty_tabs_of_one_process_have_a_state_each(world: World, url: str) -> None:
    session = world.open(url)
    tabs = [world.do(session.tab) for _ in range(20)]
    totals: list[float] = []
    for _ in range(2):
        calls = [world.submit(tab, "count", [number]) for number, tab in enumerate(tabs)]
        totals = [world.result(call) for call in calls]
    assert totals == [2 * number for number in range(20)]
    assert len({tab.name for tab in [session, *tabs]}) == 21
    assert len({tab.__gradio__.events.multiplexer.session_hash for tab in tabs}) == 20
    assert all(len(tab.calls) == 2 for tab in tabs)
    assert len(session.calls) == 0
    world.close(session)
    assert world.predict(tabs[0], "echo", ["still", "plain", 1]) == "still"
    for tab in tabs:
        world.close(tab)


# Iteration


def test_a_generator_yields_each_output_once_and_its_last_is_the_result(
    world: World, url: str
) -> None:
    session = world.open(url)
    call = world.submit(session, "ticks", [5, 0.01, "t"])
    assert world.outputs(call) == ["t0", "t1", "t2", "t3", "t4"]
    assert world.result(call) == "t4"
    assert world.outputs(call) == ["t4"]


def test_who_iterates_a_second_time_gets_the_result(world: World, url: str) -> None:
    call = world.submit(world.open(url), "ticks", [3, 0.02, "t"])
    assert world.outputs(call) == ["t0", "t1", "t2"]
    assert world.outputs(call) == ["t2"]
    assert [type(event) for event in world.events(call)] == [Queued, Started, Completed]
    assert world.result(call, timeout=0) == "t2"


def test_a_call_is_not_pickled_but_its_error_is(world: World, url: str) -> None:
    call = world.submit(world.open(url), "fails", ["no"])
    with pytest.raises(AppError):
        world.result(call)
    with pytest.raises(TypeError, match="detached=True"):
        pickle.dumps(call)
    error = pickle.loads(pickle.dumps(call.error))
    assert (type(error), str(error), error.title, error.duration, error.event_id) == (
        AppError,
        "/fails: no",
        "Refused",
        7,
        call.id,
    )


def test_what_is_no_generator_yields_its_result(world: World, url: str) -> None:
    call = world.submit(world.open(url), "echo", ["a", "plain", 1])
    assert world.outputs(call) == ["a"]
    assert world.outputs(call) == ["a"]


def test_a_generator_that_fails_midway_raises_after_the_last_good_output(
    world: World, url: str
) -> None:
    call = world.submit(world.open(url), "breaks", [3])
    seen: list[str] = []
    with pytest.raises(AppError, match="broken midway"):
        world.outputs(call, seen)
    assert seen == ["0", "1", "2"]


def test_outputs_wait_for_a_reader_that_comes_before_anyone_else(world: World, url: str) -> None:
    call = world.submit(world.open(url), "ticks", [4, 0.01, "t"])
    assert world.wait_for(lambda: call.done)
    assert world.outputs(call) == ["t0", "t1", "t2", "t3"]


def test_the_result_alone_keeps_no_outputs(world: World, url: str) -> None:
    session = world.open(url)
    call = world.submit(session, "large", [50, 100_000])
    assert len(world.result(call)) == 100_002
    assert session.__gradio__.events.multiplexer.backlog.unread == 0
    assert call.data == [world.result(call)]


# Events


def test_events_tell_the_whole_story(world: World, url: str) -> None:
    session = world.open(url)
    call = world.submit(session, "ticks", [3, 0.01, "e"])
    events = world.events(call)
    assert isinstance(events[0], Queued)
    assert events[0].queue_size >= 1
    assert sum(isinstance(event, Started) for event in events) == 1
    assert [event.data for event in events if isinstance(event, Output)] == ["e0", "e1", "e2"]
    assert isinstance(events[-1], Completed)
    assert events[-1].data == "e2"
    assert events[-1].duration is not None
    assert abs(events[-1].time - time.time()) < 60
    assert not any(isinstance(event, Output) for event in call.events)
    assert isinstance(call.events[-1], Completed)


def test_progress_has_nested_bars_units_and_descriptions(world: World, url: str) -> None:
    events = world.events(world.submit(world.open(url), "steps"))
    nested = [event for event in events if isinstance(event, Progress) and len(event.steps) == 2]
    assert nested
    outer, inner = nested[-1].steps
    assert (outer.desc, outer.unit, outer.length) == ("outer", "rounds", 2)
    assert (inner.desc, inner.unit, inner.length) == ("inner", "items", 3)


def test_logs_are_text(world: World, url: str) -> None:
    logs = [
        event
        for event in world.events(world.submit(world.open(url), "logs"))
        if isinstance(event, Log)
    ]
    assert [(log.level, log.message) for log in logs] == [
        ("info", "an <b>info</b>"),
        ("warning", "a warning"),
    ]
    assert logs[0].title == "Note"


def test_failure_has_its_words_and_is_an_event(world: World, url: str) -> None:
    session = world.open(url)
    call = world.submit(session, "fails", ["too bad"])
    events = world.events(call)
    assert isinstance(events[-1], Failed)
    with pytest.raises(AppError, match="/fails: too bad") as caught:
        world.result(call)
    assert (caught.value.title, caught.value.duration) == ("Refused", 7)
    assert (caught.value.api_name, caught.value.event_id) == ("/fails", call.id)
    assert call.status == "error"
    assert call.error is caught.value


def test_an_error_that_the_app_hides_says_so(world: World, url: str) -> None:
    with pytest.raises(AppError, match="show_error") as caught:
        world.predict(world.open(url), "crashes")
    assert "secret" not in str(caught.value)


def test_a_stream_can_be_read_by_several(world: World, url: str) -> None:
    call = world.submit(world.open(url), "ticks", [3, 0.05, "s"])
    readers = [
        world.start(lambda: world.events(call) if not world.is_async else _all_events(call))
        for _ in range(3)
    ]
    for events in (reader.result() for reader in readers):
        assert isinstance(events[-1], Completed)
        assert any(isinstance(event, Queued) for event in events)


async def _all_events(call: Any) -> list[Any]:
    return [event async for event in call.stream()]


def test_history_keeps_outputs(world: World, url: str) -> None:
    session = world.open(url, history=True)
    call = world.submit(session, "ticks", [3, 0.01, "h"])
    world.result(call)
    assert [event.data for event in call.events if isinstance(event, Output)] == ["h0", "h1", "h2"]


def test_on_event_sees_every_event_of_every_call(world: World, url: str) -> None:
    heard: list[tuple[Any, Any]] = []

    def listen(call: Any, event: Any) -> None:
        heard.append((call, event))
        raise RuntimeError("a listener that fails harms nobody")

    session = world.open(url, on_event=listen)
    call = world.submit(session, "ticks", [3, 0.01, "o"])
    assert world.result(call) == "o2"
    assert world.wait_for(lambda: any(isinstance(event, Completed) for _, event in heard))
    assert {id(each) for each, _ in heard} == {id(call)}
    assert [event.data for _, event in heard if isinstance(event, Output)] == ["o0", "o1", "o2"]
    assert isinstance(heard[0][1], Queued)
