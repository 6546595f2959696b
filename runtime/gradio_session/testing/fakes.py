"""Fakes of generated clients, for tests of code that uses them: same types, no network.

    lab = fake(ImageLab, generate=GenerateResult(file("cat.png", b"..."), 7))
    poster(lab)                       # the code under test
    assert calls(lab) == [("generate", {"prompt": "a cat", ...})]

`record` writes down what a real client does, and `replay` makes a fake that does it again.
"""

from __future__ import annotations

import difflib
import inspect
import itertools
import typing
from collections.abc import AsyncIterable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from gradio_session.client.app import App, AsyncApp, endpoints_of
from gradio_session.connection.options import Options
from gradio_session.errors import GradioSessionError
from gradio_session.protocol.base.json_values import JsonObject, is_list
from gradio_session.session.aio import AsyncSession
from gradio_session.session.sync import Session
from gradio_session.testing.fake_backends import (
    AsyncScriptBackend,
    ScriptBackend,
    ScriptBackendBase,
)
from gradio_session.testing.recorded_values import local_file
from gradio_session.testing.recording import record
from gradio_session.testing.replaying import replay_answers
from gradio_session.testing.script import Answer, Answers, Recorded, Stream

if TYPE_CHECKING:
    import os

    from gradio_session.files.remote_file import RemoteFile

__all__ = ["Recorded", "calls", "fake", "file", "record", "replay", "sequence", "stream"]

AppT = TypeVar("AppT", bound="App | AsyncApp")


class _Turns:
    """What an endpoint does at its first call, its second, and so on; made by `sequence`."""

    def __init__(self, behaviours: Iterable[Any]) -> None:
        self.behaviours = list(behaviours)


def fake(client: type[AppT], /, **behaviours: object) -> AppT:
    """Make a fake of a generated client.

    Args:
        client: The client's class, synchronous or asynchronous.
        **behaviours: By the name of an endpoint's method, what the endpoint does. A value is
            returned and an exception raised, at every call; a function is called with the
            endpoint's parameters by name, and what it returns or raises counts (for an
            asynchronous client it may be an `async` function); `stream`, an iterator, or a list
            where the endpoint returns none gives outputs one after the other; `sequence` does one
            thing after the other.

    Returns:
        An instance of `client`. An endpoint that has no behaviour raises `GradioSessionError` when
        it is called.

    Raises:
        TypeError: The client has no endpoint of such a name.
    """
    answers = Answers()
    app = _instance(client, answers)
    endpoints = _endpoints(app)
    for name in behaviours:
        if name not in endpoints:
            close = difflib.get_close_matches(name, endpoints, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(endpoints)}"
            raise TypeError(f"{client.__name__} has no endpoint {name!r}; {hint}")
    for name, endpoint in endpoints.items():
        answer = (
            _answer(behaviours[name], _gives_list(endpoint))
            if name in behaviours
            else _unset(client.__name__, name)
        )
        answers.set(
            endpoint.__gradio__.spec.api_name,
            name,
            endpoint.__gradio__.spec.parameters or (),
            answer,
        )
    return app


def replay(client: type[AppT], path: str | os.PathLike[str]) -> AppT:
    """Make a fake that answers calls as `record` saw them answered.

    Calls with equal inputs are answered in the order in which they were recorded; the last answer
    is repeated.

    Args:
        client: The client's class, synchronous or asynchronous.
        path: The file that `record` wrote.

    Returns:
        An instance of `client`. A call that was not recorded raises `GradioSessionError`.

    Raises:
        GradioSessionError: The file is no recording.
        OSError: It cannot be read.
    """
    answers = Answers()
    app = _instance(client, answers)
    for name, endpoint in _endpoints(app).items():
        answers.set(
            endpoint.__gradio__.spec.api_name,
            name,
            endpoint.__gradio__.spec.parameters or (),
            replay_answers(path, endpoint, name),
        )
    return app


def stream(outputs: Iterable[Any] | AsyncIterable[Any]) -> Stream:
    """Outputs of one call, one after the other; the last is its result.

    An exception among them ends it.
    """
    return Stream(outputs)


def sequence(behaviours: Iterable[Any]) -> _Turns:
    """What an endpoint does at its first call, its second, and so on.

    A call after the last one raises `GradioSessionError`.
    """
    return _Turns(behaviours)


def file(name: str, content: bytes | str = b"") -> RemoteFile:
    """A file as a call would return it, with its content at hand.

    Args:
        name: Its name.
        content: What is in it; text in UTF-8.
    """
    return local_file(name, content.encode() if isinstance(content, str) else content)


def calls(app: App | AsyncApp) -> list[Recorded]:
    """The calls that were made of a fake, oldest first.

    Each is the endpoint, and the parameters by name with their defaults.

    Raises:
        TypeError: It is no fake.
    """
    return list(_answers_of(app).recorded)


def _answers_of(app: App | AsyncApp) -> Answers:
    backend = app.session.__gradio__.app
    if not isinstance(backend, ScriptBackendBase):
        raise TypeError(f"{app!r} is a real client; `calls` tells what was asked of a fake")
    return backend.answers


def _instance(client: type[AppT], answers: Answers) -> AppT:
    if issubclass(client, AsyncApp):
        return client(session=AsyncSession.__on__(AsyncScriptBackend(answers), Options()))
    kind: type = client
    if issubclass(kind, App):
        session = Session.__on__(ScriptBackend(answers), Options())
        return cast("AppT", kind(session=session))
    raise TypeError(f"{client!r} is no generated client")


def _endpoints(app: object) -> JsonObject:
    """Names of endpoints to endpoints."""
    return {name: getattr(app, name) for name in endpoints_of(app.__class__)}


def _gives_list(endpoint: Any) -> bool:
    """Whether a list may be the endpoint's result, so that it is none of outputs."""
    result = endpoint.__gradio__.spec.returns
    if isinstance(result, str):
        # It is the code of a generated module.
        result = eval(result, {}, endpoint.__gradio__.spec.namespace)  # noqa: S307
    origin = typing.get_origin(result) or result
    return not isinstance(origin, type) or issubclass(origin, list)


def _answer(behaviour: object, gives_list: bool) -> Answer:
    if isinstance(behaviour, _Turns):
        return _in_turn([_answer(each, gives_list) for each in behaviour.behaviours])
    if isinstance(behaviour, Exception):
        return _raising(behaviour)
    if isinstance(behaviour, Stream):
        return _streaming(behaviour.outputs)
    if callable(behaviour) and not isinstance(behaviour, type):
        return lambda parameters: _streamed(behaviour(**parameters), gives_list)
    return lambda _: _streamed(behaviour, gives_list)


def _streaming(outputs: object) -> Answer:
    """The same outputs at every call; an iterator is read as far as they are wanted."""
    if not isinstance(outputs, Iterator):
        return lambda _: Stream(outputs)
    kept: list[Iterator[Any]] = [outputs]

    def answer(_: JsonObject) -> Any:
        kept[:] = itertools.tee(kept[0])
        return Stream(kept.pop())

    return answer


def _streamed(value: object, gives_list: bool) -> object:
    """Iterators, and lists that can be no result, are outputs."""
    if inspect.isawaitable(value):
        return _awaited(value, gives_list)
    given: Any = value
    outputs = (
        (is_list(value) and not gives_list)
        or isinstance(value, Iterator)
        or inspect.isasyncgen(value)
    )
    return Stream(given) if outputs else given


async def _awaited(value: Any, gives_list: bool) -> Any:
    return _streamed(await value, gives_list)


def _raising(error: Exception) -> Answer:
    def answer(_: JsonObject) -> Any:
        raise error

    return answer


def _in_turn(answers: list[Answer]) -> Answer:
    left = iter(answers)

    def answer(parameters: JsonObject) -> Any:
        following = next(left, None)
        if following is None:
            raise GradioSessionError(
                f"This fake was given {len(answers)} things to do, one for each call, and was "
                "called once more."
            )
        return following(parameters)

    return answer


def _unset(client: str, name: str) -> Answer:
    return _raising(
        GradioSessionError(f"The test did not say what {name} does: fake({client}, {name}=...).")
    )
