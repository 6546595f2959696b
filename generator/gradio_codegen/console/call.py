"""One call from the shell: run it, show it, and write down what it returned."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.source.advice import in_options
from gradio_session import generator_interface as runtime
from gradio_session.generator_interface import is_list, is_mapping, is_sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gradio_codegen.console.call_names import Target
    from gradio_codegen.source.source import Source

__all__ = ["Printer", "run"]


@dataclass(frozen=True)
class Printer:
    """Writes results.

    Attributes:
        write: Writes a text and a newline on standard output.
        as_json: As JSON, one value a line.
        download: The directory into which the session saves files, whose paths are then written;
            None writes their addresses.
        names: What the endpoint's results are called; more than one makes lines of name and value.
    """

    write: Callable[[str], None]
    as_json: bool
    download: Path | None
    names: Sequence[str]

    def result(self, value: Any) -> None:
        """Write what a call returned, or one of the outputs that it streams."""
        plain = self._plain(value)
        if self.as_json:
            self.write(json.dumps(plain, ensure_ascii=False))
        elif len(self.names) > 1 and is_list(plain):
            for name, item in zip(self.names, plain, strict=False):
                self.write(f"{name}: {_text(item)}")
        elif plain is not None:
            self.write(_text(plain))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, runtime.RemoteFile):
            return str(value.download()) if self.download is not None else value.url
        if is_mapping(value):
            return {str(key): self._plain(item) for key, item in value.items()}
        if is_sequence(value) and not isinstance(value, str | bytes):
            return [self._plain(item) for item in value]
        return value


def run(
    source: Source,
    target: Target,
    parameters: Mapping[str, Any],
    printer: Printer,
    *,
    stream: bool,
    chunks: Sequence[Mapping[str, Any]],
    timeout: float | None,
) -> None:
    """Run one call; Ctrl-C cancels it on the server.

    Its queue, logs and progress are shown on standard error.

    Args:
        source: The running app.
        target: The endpoint.
        parameters: Parameter name, as the app has it, to value.
        printer: Writes the result.
        stream: Write every output as it comes.
        chunks: What follows the first parameters, where the endpoint takes a stream of inputs.
        timeout: Seconds after which the call is cancelled; None for the usual hour.

    Raises:
        CommandError: Exit code 1 when the app refused or failed, 2 when the call could not be made
            or its end not be learnt.
    """
    try:
        with runtime.CallDisplay(target.api_name) as display:
            options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
            session = runtime.Session(
                source.text,
                **source.options.of_session(),
                download_path=printer.download,
                on_event=lambda _call, event: display.update(event),
                **options,
            )
            if not target.streaming_input:
                with session, session.submit(target.api_name, parameters) as call:
                    _print(call, printer, stream=stream)
                return
            with session, session.stream(target.api_name, parameters) as opened:
                sending = _Sending(opened, chunks)
                try:
                    _print(opened, printer, stream=stream)
                except runtime.GradioSessionError as error:
                    raise sending.error or error from None
    except runtime.AppError as error:
        raise CommandError(source.hide(str(error)), 1) from error
    except runtime.GradioSessionError as error:
        raise CommandError(source.hide(in_options(str(error)))) from error


def _print(call: Any, printer: Printer, *, stream: bool) -> None:
    """Write the outputs of a call, or its result alone."""
    if stream:
        for output in call:
            printer.result(output)
        call.result()
    else:
        printer.result(call.result())


class _Sending(threading.Thread):
    """Sends the chunks of a stream while its outputs are read.

    Attributes:
        error: What was wrong with a chunk, or None.
    """

    def __init__(self, stream: Any, chunks: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(daemon=True)
        self.error: runtime.GradioSessionError | None = None
        self._stream = stream
        self._chunks = chunks
        self.start()

    def run(self) -> None:
        try:
            for chunk in self._chunks:
                self._stream.send(**chunk)
            self._stream.close()
        except runtime.GradioSessionError as error:
            if not self._stream.done:
                self.error = error
                self._stream.cancel()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
