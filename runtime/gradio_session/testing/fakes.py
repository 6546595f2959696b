"""Fakes of generated clients, for tests of code that uses them: same types, no network.

    lab = fake(ImageLab, generate=GenerateResult(file("cat.png", b"..."), 7))
    poster(lab)                       # the code under test
    assert calls(lab) == [("generate", {"prompt": "a cat", ...})]

`record` writes down what a real client does, and `replay` makes a fake that does it again.
"""

from __future__ import annotations

import inspect
import itertools
import typing
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from gradio_session.client.app import App, AsyncApp, endpoints_of
from gradio_session.connection.options import Options
from gradio_session.errors import GradioSessionError
from gradio_session.protocol.base.suggest import closest
from gradio_session.session.aio import AsyncSession
from gradio_session.session.sync import Session
from gradio_session.testing.fake_events import (
    AsyncScriptBackend,
    ScriptBackend,
    ScriptBackendBase,
)
from gradio_session.testing.recording import local_file, record, replay_answers
from gradio_session.testing.script import Answer, Answers, Recorded, Stream

if TYPE_CHECKING:
    import os

    from gradio_session.files.remote_file import RemoteFile
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.json_values import JsonObject

__all__ = ["Recorded", "calls", "fake", "file", "record", "replay", "sequence", "stream"]

AppT = TypeVar("AppT", bound="App | AsyncApp")


class _Turns(list[object]):
    """What an endpoint does at its first call, its second, and so on; made by `sequence`."""


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

    def answer(name: str, spec: EndpointSpec) -> Answer:
        text = f"The test did not say what {name} does: fake({client.__name__}, {name}=...)."
        return _answer(behaviours.pop(name, GradioSessionError(text)), spec)

    app = _instance(client, answer)
    for name in behaviours:  # those that no endpoint has taken
        names = list(dict.fromkeys(endpoints_of(client)))
        close = closest(name, names)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(names)}"
        raise TypeError(f"{client.__name__} has no endpoint {name!r}; {hint}")
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
    return _instance(client, lambda name, spec: replay_answers(path, spec, name))


def stream(outputs: Iterable[object] | AsyncIterable[object]) -> Stream:
    """Outputs of one call, one after the other; the last is its result.

    An exception among them ends it.
    """
    return Stream(outputs)


def sequence(behaviours: Iterable[object]) -> _Turns:
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
    backend = app.session.__gradio__.app
    if not isinstance(backend, ScriptBackendBase):
        raise TypeError(f"{app!r} is a real client; `calls` tells what was asked of a fake")
    return list(backend.answers.recorded)


def _instance(client: type[AppT], answer: Callable[[str, EndpointSpec], Answer]) -> AppT:
    """A client on a script: what answers each endpoint, by its method and specification."""
    kind: Any = client
    answers = Answers()
    if issubclass(kind, AsyncApp):
        app = kind(session=AsyncSession.__on__(AsyncScriptBackend(answers), Options()))
    elif issubclass(kind, App):
        app = kind(session=Session.__on__(ScriptBackend(answers), Options()))
    else:
        raise TypeError(f"{client!r} is no generated client")
    for name in dict.fromkeys(endpoints_of(client)):
        spec = getattr(app, name).__gradio__.spec
        answers.set(name, spec, answer(name, spec))
    return cast("AppT", app)


def _answer(behaviour: object, spec: EndpointSpec) -> Answer:
    if isinstance(behaviour, _Turns):
        return _in_turn([_answer(each, spec) for each in behaviour])
    if isinstance(behaviour, Exception):
        return _raising(behaviour)
    if isinstance(behaviour, Stream):
        return _streaming(behaviour.outputs)
    if callable(behaviour) and not isinstance(behaviour, type):
        return lambda parameters: _streamed(behaviour(**parameters), spec)
    return lambda _: _streamed(behaviour, spec)


def _streaming(outputs: object) -> Answer:
    """The same outputs at every call; an iterator is read as far as they are wanted."""
    if not isinstance(outputs, Iterator):
        return lambda _: Stream(outputs)
    kept: list[Iterator[object]] = [outputs]

    def answer(_: JsonObject) -> object:
        kept[:] = itertools.tee(kept[0])
        return Stream(kept.pop())

    return answer


async def _streamed(value: object, spec: EndpointSpec) -> object:
    """Iterators, and lists that can be no result, are outputs."""
    given: Any = await value if inspect.isawaitable(value) else value
    return Stream(given) if _are_outputs(given, spec) else given


def _are_outputs(value: object, spec: EndpointSpec) -> bool:
    if isinstance(value, list):
        return not _gives_list(spec)
    return isinstance(value, Iterator) or inspect.isasyncgen(value)


def _gives_list(spec: EndpointSpec) -> bool:
    """Whether a list may be the endpoint's result, so that it is none of outputs."""
    result = spec.returns
    if isinstance(result, str):
        # It is the code of a generated module.
        result = eval(result, {}, spec.namespace)  # noqa: S307
    origin = typing.get_origin(result) or result
    return not isinstance(origin, type) or issubclass(origin, list)


def _raising(error: Exception) -> Answer:
    def answer(_: JsonObject) -> object:
        raise error

    return answer


def _in_turn(answers: list[Answer]) -> Answer:
    left = iter(answers)

    def answer(parameters: JsonObject) -> object:
        following = next(left, None)
        if following is None:
            raise GradioSessionError(
                f"This fake was given {len(answers)} things to do, one for each call, and was "
                "called once more."
            )
        return following(parameters)

    return answer
