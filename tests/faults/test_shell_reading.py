"""What a caller gets of a call: its result, each output once, each event, and an end."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from gradio_session import (
    AppChangedError,
    AppError,
    AsyncCall,
    AsyncEndpoint,
    Bound,
    Call,
    CallTimeoutError,
    Endpoint,
    EndpointNotFoundError,
    ParameterError,
    ResponseError,
    Signature,
    events,
)
from tests.support.endpoints import CONFIG, JOIN, gated, sending
from tests.support.fake_gradio import FakeGradio
from tests.support.world import World

R_co = TypeVar("R_co", covariant=True)
END = (StopIteration, StopAsyncIteration)


def step(world: World, iterator: Any) -> Any:
    """The next item of an iterator, awaited if it must be."""
    return world.do(lambda: iterator.__anext__() if world.is_async else next(iterator))


def reader(world: World, make: Any) -> Any:
    """An iterator, made where its world wants it."""
    return world.do(lambda: [make().__aiter__() if world.is_async else iter(make())])[0]


def leave(world: World, iterator: Any) -> None:
    """End a reading."""
    world.do(iterator.aclose if world.is_async else iterator.close)


def test_each_output_comes_once_and_the_end_stays_the_end(world: World, fake: FakeGradio) -> None:
    sending(fake, "count", ["1"], ["2"], lambda event: event.completed("2"))
    session = world.open(fake.url)
    iterator = reader(world, lambda: session.submit("count", ["x"]))
    assert [step(world, iterator), step(world, iterator)] == ["1", "2"]
    for _ in range(2):
        with pytest.raises(END):
            step(world, iterator)


def test_a_function_gives_its_result_as_its_only_output(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    iterator = reader(world, lambda: session.submit("echo", ["once"]))
    assert step(world, iterator) == "once"
    for _ in range(2):
        with pytest.raises(END):
            step(world, iterator)


def test_events_end_too(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    iterator = reader(world, lambda: session.submit("echo", ["x"]).stream())
    kinds = [type(step(world, iterator)) for _ in range(3)]
    assert kinds == [events.Queued, events.Started, events.Completed]
    for _ in range(2):
        with pytest.raises(END):
            step(world, iterator)


def test_messages_of_no_known_kind_are_no_events(world: World, fake: FakeGradio) -> None:
    sending(
        fake, "odd", lambda event: event.message("surprise"), lambda event: event.completed("x")
    )
    session = world.open(fake.url)
    kinds = [type(event) for event in world.events(world.submit(session, "odd", ["x"]))]
    assert kinds == [events.Started, events.Completed]


def test_an_error_comes_after_the_last_output_and_then_the_end(
    world: World, fake: FakeGradio
) -> None:
    sending(fake, "fails", ["1"], lambda event: event.failed("broken"))
    session = world.open(fake.url)
    iterator = reader(world, lambda: session.submit("fails", ["x"]))
    assert step(world, iterator) == "1"
    with pytest.raises(AppError, match="broken"):
        step(world, iterator)
    with pytest.raises(END):
        step(world, iterator)


def test_a_reading_that_is_left_ends_and_the_call_goes_on(world: World, fake: FakeGradio) -> None:
    gate = gated(fake, "slow", "1", "2")
    session = world.open(fake.url)
    call = world.submit(session, "slow", ["result"])
    iterator = reader(world, lambda: call)
    assert step(world, iterator) == "1"
    leave(world, iterator)
    leave(world, iterator)
    with pytest.raises(END):
        step(world, iterator)
    gate.set()
    assert world.result(call) == "result"
    assert fake.cancelled == []


def test_outputs_wait_for_their_only_reader_and_a_second_one_starts_from_now(
    world: World, fake: FakeGradio
) -> None:
    gate = gated(fake, "slow", "1", "2")
    session = world.open(fake.url)
    call = world.submit(session, "slow", ["result"])
    first = reader(world, lambda: call)
    assert [step(world, first), step(world, first)] == ["1", "2"]
    second = reader(world, lambda: call)
    gate.set()
    assert step(world, second) == "result"


def test_a_result_that_is_late_says_so_and_the_call_goes_on(world: World, fake: FakeGradio) -> None:
    gate = gated(fake, "slow")
    session = world.open(fake.url)
    call = world.submit(session, "slow", ["late"])
    for timeout in (0.05, 0.0):
        with pytest.raises(CallTimeoutError, match="It goes on"):
            world.result(call, timeout)
    assert not call.done
    gate.set()
    assert world.result(call, 10.0) == "late"
    assert world.result(call, 0.0) == "late"
    assert fake.cancelled == []


def test_a_result_may_be_shown_while_it_is_waited_for(
    world: World,
    fake: FakeGradio,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    gate = gated(fake, "slow")
    session = world.open(fake.url)
    call = world.submit(session, "slow", ["x"])
    with pytest.raises(CallTimeoutError):
        world.result(call, 0.05)
    assert "/slow" not in "".join(capsys.readouterr())
    with pytest.raises(CallTimeoutError):
        world.do(lambda: call.result(0.05, progress=True))
    assert "/slow" in "".join(capsys.readouterr())
    gate.set()
    assert world.do(lambda: call.result(10.0, progress=True)) == "x"


# Results that do not fit


class PairSignature(Signature[R_co], api_name="/pair", inputs="textbox", outputs="textbox textbox"):
    def __call__(self, value: str) -> R_co:
        return self._send(value)


class PairEndpoint(PairSignature[Any], Endpoint[Any]):
    submit: PairSignature[Call[Any]]
    bind: PairSignature[Bound[Any]]


class AsyncPairEndpoint(PairSignature[Coroutine[Any, Any, Any]], AsyncEndpoint[Any]):
    submit: PairSignature[AsyncCall[Any]]
    bind: PairSignature[Bound[Any]]


def generated(world: World, session: Any) -> Any:
    """An endpoint as a generated module has it."""
    return AsyncPairEndpoint(session) if world.is_async else PairEndpoint(session)


def test_an_output_that_does_not_fit_is_raised_where_it_is_read(
    world: World, fake: FakeGradio
) -> None:
    sending(
        fake,
        "pair",
        ["1", "2"],
        ["only one"],
        lambda event: event.completed("3", "4"),
        outputs=("textbox", "textbox"),
    )
    session = world.open(fake.url)
    for make in (
        lambda: session.submit("pair", ["x"]),
        lambda: generated(world, session).submit("x"),
    ):
        iterator = reader(world, make)
        assert tuple(step(world, iterator)) == ("1", "2")
        with pytest.raises(ResponseError) as caught:
            step(world, iterator)
        assert caught.value.__cause__ is None
        with pytest.raises(END):
            step(world, iterator)


def test_a_result_that_does_not_fit_is_the_same_error_every_time(
    world: World, fake: FakeGradio
) -> None:
    sending(fake, "pair", lambda event: event.completed("only one"), outputs=("textbox", "textbox"))
    session = world.open(fake.url)
    call = world.do(lambda: [generated(world, session).submit("x")])[0]
    for _ in range(2):
        with pytest.raises(ResponseError) as caught:
            world.result(call)
        assert caught.value.__cause__ is None
        assert call.error is caught.value
    assert fake.count(CONFIG) == 2, "whether the app has changed is looked up once for each call"


def test_a_result_that_does_not_fit_as_the_app_has_changed_says_that(
    world: World, fake: FakeGradio
) -> None:
    sending(fake, "pair", lambda event: event.completed("1", "2"), outputs=("textbox", "textbox"))
    session = world.open(fake.url)
    endpoint = generated(world, session)
    assert tuple(world.do(lambda: endpoint.submit("x").result())) == ("1", "2")
    sending(fake, "pair", lambda event: event.completed("1"), outputs=("textbox",))
    call = world.do(lambda: [endpoint.submit("x")])[0]
    for _ in range(2):
        with pytest.raises(AppChangedError, match="/pair") as caught:
            world.result(call)
        assert isinstance(caught.value.__cause__, ResponseError)
        assert call.error is caught.value
    assert fake.count(CONFIG) == 2


def test_outputs_by_their_number(world: World, fake: FakeGradio) -> None:
    sending(fake, "pair", lambda event: event.completed("1", "2"), outputs=("textbox", "textbox"))
    sending(fake, "none", lambda event: event.completed(), outputs=())
    session = world.open(fake.url)
    assert world.predict(session, "pair", ["x"]) == ("1", "2")
    assert world.predict(session, "none", ["x"]) is None


# What is refused before anything is sent


@pytest.mark.parametrize(
    ("api_name", "params"),
    [("", ["x"]), (5, ["x"]), ("echo", "x"), ("echo", 5), ("echo", ["x", "y"])],
)
def test_what_cannot_be_a_call_is_refused_and_leaves_no_call(
    world: World, fake: FakeGradio, api_name: Any, params: Any
) -> None:
    session = world.open(fake.url)
    with pytest.raises(ParameterError):
        world.predict(session, api_name, params)
    assert (len(session.calls), fake.count(JOIN)) == (0, 0)


def test_an_unknown_endpoint_leaves_no_call(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    with pytest.raises(EndpointNotFoundError, match="ecco"):
        world.predict(session, "ecco", ["x"])
    assert (len(session.calls), fake.count(JOIN)) == (0, 0)
