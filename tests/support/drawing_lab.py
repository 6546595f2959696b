"""A client as it is generated, for tests of fakes."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, NamedTuple, TypeAlias, TypeVar

from gradio_session import (
    App,
    AsyncApp,
    AsyncCall,
    AsyncEndpoint,
    Bound,
    Call,
    Endpoint,
    FileInput,
    RemoteFile,
    Signature,
)
from gradio_session.testing import file

R_co = TypeVar("R_co", covariant=True)


class Drawn(NamedTuple):
    """What `/draw` returns."""

    image: RemoteFile
    seed: float


class DrawSignature(
    Signature[R_co],
    api_name="/draw",
    inputs="textbox number",
    outputs="image number",
    output_files={0: "file"},
):
    def __call__(self, prompt: str, steps: float = 25) -> R_co:
        return self._send(prompt, steps)


class DrawEndpoint(DrawSignature[Drawn], Endpoint[Drawn]):
    submit: DrawSignature[Call[Drawn]]
    bind: DrawSignature[Bound[Drawn]]


class AsyncDrawEndpoint(DrawSignature[Coroutine[Any, Any, Drawn]], AsyncEndpoint[Drawn]):
    submit: DrawSignature[AsyncCall[Drawn]]
    bind: DrawSignature[Bound[Drawn]]


class SaySignature(
    Signature[R_co], api_name="/say", inputs="image", outputs="textbox", input_files={0: "file"}
):
    def __call__(self, image: FileInput | None = None) -> R_co:
        return self._send(image)


class SayEndpoint(SaySignature[str], Endpoint[str]):
    submit: SaySignature[Call[str]]
    bind: SaySignature[Bound[str]]


class AsyncSayEndpoint(SaySignature[Coroutine[Any, Any, str]], AsyncEndpoint[str]):
    submit: SaySignature[AsyncCall[str]]
    bind: SaySignature[Bound[str]]


class TagsSignature(Signature[R_co], api_name="/tags", outputs="json"):
    def __call__(self) -> R_co:
        return self._send()


class TagsEndpoint(TagsSignature["Tags"], Endpoint["Tags"]):
    submit: TagsSignature[Call[list[str]]]
    bind: TagsSignature[Bound[list[str]]]


Tags: TypeAlias = list[str]


class Lab(App, url="http://127.0.0.1:1", title="Lab", runtime=2):
    """The client."""

    draw: DrawEndpoint
    say: SayEndpoint
    tags: TagsEndpoint


class AsyncLab(AsyncApp, url="http://127.0.0.1:1", title="Lab", runtime=2):
    """The asynchronous client."""

    draw: AsyncDrawEndpoint
    say: AsyncSayEndpoint


def drawn(name: str = "cat.png") -> Drawn:
    """A result of `/draw`."""
    return Drawn(file(name, b"PNG"), 7)
