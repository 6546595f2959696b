"""One call from the shell: run it, show it, and write down what it returned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.source.advice import in_options
from gradio_session import generator_interface as runtime
from gradio_session.generator_interface import is_list, is_mapping, is_sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

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
    api_name: str,
    parameters: Mapping[str, Any],
    printer: Printer,
    *,
    stream: bool,
    timeout: float | None,
) -> None:
    """Run one call; Ctrl-C cancels it on the server.

    Its queue, logs and progress are shown on standard error.

    Args:
        source: The running app.
        api_name: The endpoint.
        parameters: Parameter name, as the app has it, to value.
        printer: Writes the result.
        stream: Write every output as it comes.
        timeout: Seconds after which the call is cancelled; None for the usual hour.

    Raises:
        CommandError: Exit code 1 when the app refused or failed, 2 when the call could not be made
            or its end not be learnt.
    """
    try:
        with runtime.CallDisplay(api_name) as display:
            options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
            session = runtime.Session(
                source.text,
                **source.options.of_session(),
                download_path=printer.download,
                on_event=lambda _call, event: display.update(event),
                **options,
            )
            with session, session.submit(api_name, parameters) as call:
                if stream:
                    for output in call:
                        printer.result(output)
                    call.result()
                else:
                    printer.result(call.result())
    except runtime.AppError as error:
        raise CommandError(source.hide(str(error)), 1) from error
    except runtime.GradioSessionError as error:
        raise CommandError(source.hide(in_options(str(error)))) from error


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
