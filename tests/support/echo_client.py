"""A client of the endpoint `echo` of the scriptable server, as it is generated."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from gradio_session import App, AsyncApp, AsyncCall, AsyncEndpoint, Bound, Call, Endpoint, Signature

R_co = TypeVar("R_co", covariant=True)


class EchoSignature(Signature[R_co], api_name="/echo", inputs="textbox", outputs="textbox"):
    def __call__(self, value: str) -> R_co:
        return self._send(value)


class EchoEndpoint(EchoSignature[str], Endpoint[str]):
    submit: EchoSignature[Call[str]]
    bind: EchoSignature[Bound[str]]


class AsyncEchoEndpoint(EchoSignature[Coroutine[Any, Any, str]], AsyncEndpoint[str]):
    submit: EchoSignature[AsyncCall[str]]
    bind: EchoSignature[Bound[str]]


class Lab(App, url="http://127.0.0.1:1", title="Lab", schema="sha256:0", runtime=2):
    echo: EchoEndpoint


class AsyncLab(AsyncApp, url="http://127.0.0.1:1", title="Lab", schema="sha256:0", runtime=2):
    echo: AsyncEchoEndpoint
