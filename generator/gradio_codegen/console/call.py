"""One call from the shell: run it, show it, and write down what it returned."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.source.advice import in_options
from gradio_session import generator_interface as runtime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gradio_codegen.console.call_names import Target
    from gradio_codegen.source.source import Source

__all__ = ["run"]


def run(
    source: Source,
    target: Target,
    chunks: Sequence[Mapping[str, Any]],
    printer: runtime.Printer,
    *,
    stream: bool,
    download: Path | None,
    timeout: float | None,
    oauth_token: str | None = None,
) -> None:
    """Run one call; Ctrl-C cancels it on the server.

    Its queue, logs and progress are shown on standard error.

    Args:
        source: The running app.
        target: The endpoint.
        chunks: Parameter name, as the app has it, to value; of a stream, those of every chunk.
        printer: Writes the result.
        stream: Write every output as it comes.
        download: Where files of the result are saved.
        timeout: Seconds after which the call is cancelled; None for the usual hour.
        oauth_token: The caller's own token, which the endpoint gets if it asks for one.

    Raises:
        CommandError: Exit code 1 when the app refused or failed, 2 when the call could not be made
            or its end not be learnt.
    """
    first, *rest = chunks
    try:
        with runtime.Display(target.api_name) as display:
            options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
            session = runtime.Session(
                source.text,
                **source.options.of_session(),
                oauth_token=oauth_token,
                download_path=download,
                on_event=display.update,
                **options,
            )
            with session:
                if target.streaming_input:
                    _run_stream(
                        session.stream(target.api_name, first), rest, printer, stream=stream
                    )
                else:
                    call = session.submit(target.api_name, first)
                    runtime.print_call(call, printer, stream=stream)
    except runtime.AppError as error:
        raise CommandError(source.hide(str(error)), 1) from error
    except runtime.GradioSessionError as error:
        message = source.hide(in_options(str(error)))
        raise CommandError(message, runtime.exit_code(error)) from error


def _run_stream(
    opened: Any,
    chunks: Sequence[Mapping[str, Any]],
    printer: runtime.Printer,
    *,
    stream: bool,
) -> None:
    """Send the chunks of a stream in a thread, and write its outputs."""
    sending = _Sending(opened, chunks)
    try:
        runtime.print_call(opened, printer, stream=stream)
    except runtime.GradioSessionError as error:
        raise sending.error or error from None


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
