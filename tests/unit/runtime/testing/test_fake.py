"""`gradio_session.testing.fake`: typed, strict, without a network."""

from __future__ import annotations

import asyncio
import itertools
import pickle
from typing import Any

import pytest

from gradio_session import (
    AppError,
    CallCancelledError,
    CallLimitError,
    CallLimitWarning,
    Completed,
    EndpointNotFoundError,
    EventNotFoundError,
    Failed,
    GradioSessionError,
    Output,
    sessions,
)
from gradio_session.testing import Recorded, calls, fake, file, sequence, stream
from tests.support.drawing_lab import Drawn, Lab, drawn


def test_a_value_is_returned_at_every_call_and_the_calls_are_remembered() -> None:
    result = drawn()
    lab = fake(Lab, draw=result)
    assert isinstance(lab, Lab)
    assert lab.draw("a cat") is result
    assert lab.draw(steps=3, prompt="a dog") is result
    assert calls(lab) == [
        ("draw", {"prompt": "a cat", "steps": 25}),
        Recorded("draw", {"prompt": "a dog", "steps": 3}),
    ]
    assert [call.api_name for call in lab.session.calls] == ["/draw", "/draw"]
    assert [call.status for call in lab.session.calls] == ["complete", "complete"]


def test_its_signatures_are_the_real_ones() -> None:
    lab = fake(Lab, draw=drawn())
    for arguments, keywords in [((), {}), (("a", 1, 2), {}), (("a",), {"step": 1})]:
        with pytest.raises(TypeError):
            lab.draw(*arguments, **keywords)
    assert calls(lab) == []


def test_an_exception_is_raised() -> None:
    lab = fake(Lab, draw=AppError("no", title="Refused"), say=ValueError("odd"))
    with pytest.raises(AppError, match="no") as caught:
        lab.draw("a cat")
    assert (caught.value.title, caught.value.api_name) == ("Refused", "/draw")
    call = lab.say.submit()
    assert call.status == "error"
    with pytest.raises(ValueError, match="odd"):
        call.result()


def test_a_function_gets_the_parameters_by_name() -> None:
    lab = fake(
        Lab,
        say=lambda image: f"got {image}",
        draw=lambda prompt, **rest: Drawn(file(prompt), rest["steps"]),
    )
    assert lab.say("x.png") == "got x.png"
    assert lab.draw("a cat", 3).seed == 3


async def test_an_asynchronous_function_of_a_synchronous_client_cannot_wait() -> None:
    async def say(image: Any) -> str:
        await asyncio.sleep(0 if image == "fast.png" else 0.01)
        return f"got {image}"

    lab = fake(Lab, say=say)
    assert lab.say("fast.png") == "got fast.png"
    with pytest.raises(TypeError, match="cannot wait"):
        lab.say("slow.png")


def test_an_assertion_in_a_function_reaches_the_test() -> None:
    def check(image: Any) -> str:
        assert image == "right.png", "the wrong picture"
        return "ok"

    with pytest.raises(AssertionError, match="the wrong picture"):
        fake(Lab, say=check).say("wrong.png")


@pytest.mark.parametrize(
    "outputs",
    [
        stream(["a", "ab", "abc"]),
        ["a", "ab", "abc"],
        stream(iter(["a", "ab", "abc"])),
        lambda **_: iter(["a", "ab", "abc"]),
    ],
)
def test_a_stream_gives_its_outputs_and_its_last_is_the_result(outputs: Any) -> None:
    lab = fake(Lab, say=outputs)
    assert list(lab.say.submit()) == ["a", "ab", "abc"]
    assert lab.say() == "abc"
    events = list(lab.say.submit().stream())
    assert [event.data for event in events if isinstance(event, Output)] == ["a", "ab", "abc"]
    assert isinstance(events[-1], Completed)
    assert events[-1].data == "abc"


def test_a_list_is_a_result_where_the_endpoint_returns_one() -> None:
    lab = fake(Lab, tags=["a", "b"])
    assert lab.tags() == ["a", "b"]
    assert list(lab.tags.submit()) == [["a", "b"]]
    lab = fake(Lab, tags=stream([["a"], ["a", "b"]]))
    assert list(lab.tags.submit()) == [["a"], ["a", "b"]]


def test_an_exception_within_a_stream_ends_it() -> None:
    lab = fake(Lab, say=stream(["a", AppError("enough"), "b"]))
    outputs = iter(lab.say.submit())
    assert next(outputs) == "a"
    with pytest.raises(AppError, match="enough"):
        next(outputs)
    assert isinstance(list(lab.say.submit().stream())[-1], Failed)


def test_an_endless_stream_is_read_as_far_as_it_is_wanted_and_can_be_cancelled() -> None:
    lab = fake(Lab, say=lambda **_: (f"n{number}" for number in itertools.count()))
    with lab.say.submit() as call:
        for output in call:
            if output == "n3":
                break
    assert call.status == "cancelled"
    with pytest.raises(CallCancelledError):
        call.result()
    assert call.cancel() is False


def test_a_sequence_does_one_thing_after_the_other_and_then_fails() -> None:
    lab = fake(Lab, say=sequence(["one", AppError("two"), ["t", "th"], lambda **_: "four"]))
    assert lab.say() == "one"
    with pytest.raises(AppError, match="two"):
        lab.say()
    assert list(lab.say.submit()) == ["t", "th"]
    assert lab.say() == "four"
    with pytest.raises(GradioSessionError, match="given 4 things to do"):
        lab.say()


def test_an_endpoint_that_the_test_did_not_set_says_how() -> None:
    with pytest.raises(
        GradioSessionError, match=r"did not say what say does: fake\(Lab, say=\.\.\.\)"
    ):
        fake(Lab, draw=drawn()).say()


@pytest.mark.parametrize(
    ("name", "hint"), [("drw", "did you mean 'draw'"), ("xyz", "it has draw, say, tags")]
)
def test_an_endpoint_that_does_not_exist_is_refused_at_once(name: str, hint: str) -> None:
    with pytest.raises(TypeError, match=f"Lab has no endpoint '{name}'; {hint}"):
        fake(Lab, **{name: 1})


def test_maps_and_options_work_on_a_fake() -> None:
    lab = fake(Lab, say=lambda image: f"<{image}>")
    assert list(lab.say.map(["a", "b", "c"], concurrency=2)) == ["<a>", "<b>", "<c>"]
    assert list(lab.say.map([str(n) for n in range(40)], concurrency=40)) == [
        f"<{n}>" for n in range(40)
    ]
    assert lab.say.with_options(timeout=3)("d") == "<d>"
    assert len(calls(lab)) == 44
    lab = fake(Lab, say=sequence([AppError("no"), "yes"]))
    assert [str(result) for result in lab.say.map(["a", "b"], concurrency=1, errors="return")] == [
        "no",
        "yes",
    ]


def test_direct_use_of_its_session() -> None:
    lab = fake(Lab, draw=drawn())
    assert lab.session.predict("draw", {"prompt": "a", "steps": 2}).seed == 7
    with pytest.raises(EndpointNotFoundError, match="has no endpoint /nothing"):
        lab.session.predict("nothing", [])


def test_a_detached_call_is_attached_to_by_its_id() -> None:
    session = fake(Lab, say="hi").session
    event_id = session.submit("say", ["x.png"], detached=True).id
    assert event_id is not None
    assert session.submit("say", event_id=event_id).result() == "hi"
    with pytest.raises(EventNotFoundError, match="made no call other"):
        session.submit("say", event_id="other").result()


def test_the_limit_on_calls_holds() -> None:
    lab = fake(Lab, say="x")
    lab.session.max_calls, lab.session.max_calls_policy = 1, "error"
    lab.say()
    with pytest.raises(CallLimitError):
        lab.say()


def test_a_fake_is_no_session_of_the_repository_and_closes() -> None:
    before = len(sessions)
    with fake(Lab, say="x") as lab:
        assert len(sessions) == before
        lab.say()
    with pytest.raises(GradioSessionError, match="closed"):
        lab.say()


def test_a_file_has_its_content_at_hand() -> None:
    made = file("näme of file.txt", "text")
    assert (made.name, made.read(), made.size, made.mime_type) == (
        "näme of file.txt",
        b"text",
        4,
        "text/plain",
    )
    assert made.path.read_text() == "text"
    assert pickle.loads(pickle.dumps(made)).read() == b"text"
    assert file("../../etc/passwd", b"").path.name == "passwd"


def test_calls_of_a_real_client_are_not_told() -> None:
    with Lab() as lab, pytest.raises(TypeError, match="real client"):
        calls(lab)


def test_only_clients_can_be_faked() -> None:
    with pytest.raises(TypeError, match="no generated client"):
        fake(dict)  # type: ignore[type-var]


# Asynchronous


def test_a_warning_points_at_the_line_that_makes_the_call() -> None:
    lab = fake(Lab, draw=drawn())
    lab.session.max_calls, lab.session.max_calls_policy = 1, "warning"
    lab.draw("a cat")
    for call in (lab.draw, lab.draw.submit):
        with pytest.warns(CallLimitWarning) as caught:
            call("a dog")
        assert [warning.filename for warning in caught] == [__file__]
