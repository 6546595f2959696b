"""One call from the shell: run it, show it, and write down what it returned."""

from __future__ import annotations

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
                on_event=display.hear,
                **options,
            )
            with session:
                begin = session.stream if target.streaming_input else session.submit
                call = begin(target.api_name, first)
                runtime.print_call(call, printer, stream=stream, chunks=rest)
    except runtime.AppError as error:
        raise CommandError(source.hide(str(error)), 1) from error
    except runtime.GradioSessionError as error:
        message = source.hide(in_options(str(error)))
        raise CommandError(message, runtime.exit_code(error)) from error
