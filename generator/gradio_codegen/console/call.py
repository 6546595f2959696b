"""One call from the shell: run it, show it, and write down what it returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.base.text import listing
from gradio_codegen.plan.overrides import chosen_fields
from gradio_codegen.source.advice import in_options
from gradio_session import generator_interface as runtime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gradio_codegen.app_schema.schema import App, Endpoint
    from gradio_codegen.source.source import Source

__all__ = ["find_endpoint", "result_names", "run"]


_MOST_NAMED = 20


def find_endpoint(app: App, name: str) -> Endpoint:
    """Return the endpoint of that name, with or without its slash.

    Raises:
        CommandError: The app has none of that name; the nearest are offered.
    """
    for endpoint in app.endpoints:
        if name in (endpoint.api_name, endpoint.api_name.removeprefix("/")):
            return endpoint
    names = [endpoint.api_name for endpoint in app.endpoints]
    there = f"; it has {listing(names, _MOST_NAMED) or 'none'}"
    raise CommandError(
        f"the app has no endpoint {name!r}"
        + did_you_mean("/" + name.lstrip("/"), names, otherwise=there)
    )


def result_names(endpoint: Endpoint) -> list[str]:
    """Return what the results of an endpoint are called, as in a generated client."""
    return [str(name) for name in chosen_fields(endpoint, None, set())]


def run(
    source: Source,
    endpoint: Endpoint,
    parameters: Mapping[str, Any],
    printer: runtime.Printer,
    *,
    stream: bool,
    download: Path | None,
    timeout: float | None,
) -> None:
    """Run one call; Ctrl-C cancels it on the server.

    Its queue, logs and progress are shown on standard error.

    Args:
        source: The running app.
        endpoint: The endpoint.
        parameters: Parameter name to value.
        printer: Writes the result.
        stream: Write every output as it comes.
        download: Where files of the result are saved.
        timeout: Seconds after which the call is cancelled; None for the usual hour.

    Raises:
        CommandError: Exit code 1 when the app refused or failed, 2 when the call could not be made
            or its end not be learnt.
    """
    try:
        with runtime.Display(endpoint.api_name) as display:
            options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
            session = runtime.Session(
                source.text,
                **source.options.of_session(),
                download_path=download,
                on_event=display.update,
                **options,
            )
            with session:
                call = session.submit(endpoint.api_name, parameters)
                runtime.print_call(call, printer, stream=stream)
    except runtime.AppError as error:
        raise CommandError(source.hide(str(error)), 1) from error
    except runtime.GradioSessionError as error:
        message = source.hide(in_options(str(error)))
        raise CommandError(message, runtime.exit_code(error)) from error
