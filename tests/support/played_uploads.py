"""Uploads to an app that the test plays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from gradio_session.files.upload import Uploader, Uploads
from gradio_session.protocol.base.effects import (
    Blocking,
    Gather,
    Request,
    Resolve,
    Response,
    SingleFlight,
    Sleep,
)
from tests.support.offline_files import config

Answer = Callable[[Request], Response]
"""What the app answers to an upload."""


class Played:
    """Performs the effects of a flow, with the app's answers made up: uploads get the path
    "/srv/N/NAME".
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.answer: Answer | None = None
        self.gone: set[str] = set()
        self.addresses = ["93.184.216.34"]

    def run(self, flow: Any) -> Any:
        """The result of a flow."""
        result, error = None, None
        while True:
            try:
                effect = flow.throw(error) if error else flow.send(result)
            except StopIteration as stop:
                return stop.value
            try:
                result, error = self._perform(effect), None
            except Exception as caught:  # noqa: BLE001 - handed to the flow
                result, error = None, caught

    def _perform(self, effect: Any) -> Any:
        if isinstance(effect, Gather):
            return [self.run(flow) for flow in effect.flows]
        if isinstance(effect, SingleFlight):
            return self.run(effect.make())
        if isinstance(effect, Blocking):
            return effect.function()
        if isinstance(effect, Resolve):
            return self.addresses
        if isinstance(effect, Sleep):
            return None
        assert isinstance(effect, Request)
        return self._request(effect)

    def _request(self, request: Request) -> Response:
        self.requests.append(request)
        if request.method == "HEAD":
            path = request.url.partition("file=")[2]
            return Response(403 if path in self.gone else 200, {}, b"", request.url)
        assert callable(request.content)
        body = b"".join(self._sent(request))
        self.bodies.append(body)
        if request.content_length is not None:
            assert request.content_length == len(body)
        if self.answer is not None:
            return self.answer(request)
        name = re.search(rb'filename="([^"]*)"', body)
        assert name is not None
        return Response(200, {}, b'["/srv/%d/%s"]' % (len(self.bodies), name[1]), request.url)

    @staticmethod
    def _sent(request: Request) -> Iterator[bytes]:
        sent = 0
        assert callable(request.content)
        for chunk in request.content():
            yield chunk
            sent += len(chunk)
            if request.progress is not None:
                request.progress(sent)

    def contents(self) -> list[bytes]:
        """The content of each file that was uploaded."""
        return [body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0] for body in self.bodies]


def send(
    app: Played, value: Any, layout: Any = "file", uploads: Uploads | None = None, **options: Any
) -> Any:
    """What goes to the app in the place of a value, once its files are uploaded."""
    max_file_size = options.pop("max_file_size", None)
    known = Uploads() if uploads is None else uploads
    uploader = Uploader(config(max_file_size=max_file_size), known, **options)
    return app.run(uploader.exchange([value], {0: layout}, ["image"]))[0]
