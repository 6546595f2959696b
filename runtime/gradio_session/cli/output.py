"""What a call says on a terminal or in a pipe: its results, its files, what happens meanwhile."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gradio_session import events
from gradio_session.calls.stream_sync import Stream
from gradio_session.display.live import CallDisplay, event_note
from gradio_session.errors import GradioSessionError
from gradio_session.files.remote_file import RemoteFile
from gradio_session.protocol.base.json_values import is_list, is_mapping, is_sequence
from gradio_session.protocol.base.text import as_text
from gradio_session.sentinels import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradio_session.calls.sync import Call

__all__ = ["Display", "Printer", "print_call", "printable_lines"]

_SHOWN: Final = (events.Log, events.Progress, events.Queued)
_HIDDEN: Final = "\N{REPLACEMENT CHARACTER}"


class Printer:
    """Writes results to standard output.

    Args:
        names: What the results of the endpoint are called, in order.
        as_json: Write one object, by the names of the results.
        saved: Whether files are saved and their paths written; else their addresses.
    """

    def __init__(self, names: Sequence[str], *, as_json: bool, saved: bool) -> None:
        self._names = names
        self._as_json = as_json
        self._saved = saved

    def result(self, value: object) -> None:
        """Write what a call returned: a single result plain, several with their names."""
        if self._as_json:
            _write(_json(self._plain(self._named(value))))
            return
        for name, item in self._named(value).items():
            text = self._text(item)
            if len(self._names) > 1:
                _write(f"{name}: {text}".rstrip(" "))
            elif item is not None:
                _write(text)

    def output(self, value: object) -> None:
        """Write one output of several on one line: text as it stands, if it has one line."""
        if self._as_json or len(self._names) > 1:
            _write(_json(self._plain(self._named(value))))
            return
        text = self._text(value)
        _write(text if len(text.splitlines()) <= 1 else _json(self._plain(value)))

    def _named(self, value: object) -> dict[str, object]:
        values = value if len(self._names) > 1 and is_sequence(value) else [value]
        return dict(zip(self._names, values, strict=False))

    def _text(self, value: object) -> str:
        """A value in words; a list of files is one path on each line."""
        plain = self._plain(value)
        if is_list(value) and value and all(isinstance(item, RemoteFile) for item in value):
            return "\n".join(plain)
        return plain if isinstance(plain, str) else _json(plain)

    def _plain(self, value: object) -> Any:
        if isinstance(value, RemoteFile):
            return _relative(value.download()) if self._saved else value.url
        if is_mapping(value):
            return {str(key): self._plain(item) for key, item in value.items()}
        if is_sequence(value):
            return [self._plain(item) for item in value]
        return None if value is UNCHANGED else value


class Display(CallDisplay):
    """Shows on standard error what happens to a call.

    On a terminal that are bars, drawn by rich; elsewhere, and without rich, it is a line for each
    change.

    Args:
        api_name: The endpoint, as shown.
        quiet: Show nothing.
        verbose: Show every event, line by line.
    """

    def __init__(self, api_name: str, *, quiet: bool = False, verbose: bool = False) -> None:
        shown = sys.stderr.isatty() and not quiet and not verbose
        super().__init__(api_name, enabled=shown)
        self._silent = quiet
        self._verbose = verbose
        self._last = ""

    def hear(self, _call: object, event: events.Event[Any]) -> None:
        """Show an event: what a session calls as its `on_event`."""
        if self._bars is not None:
            self.update(event)
        elif self._verbose or (not self._silent and isinstance(event, _SHOWN)):
            note = as_text(event_note(event))
            if self._verbose:
                note = f"{type(event).__name__.lower()}: {note}".removesuffix(": ")
            if note and note != self._last:
                sys.stderr.write(f"{note}\n")
            self._last = note


def print_call(
    call: Call[Any] | Stream[Any, Any],
    printer: Printer,
    *,
    stream: bool,
    chunks: Sequence[Mapping[str, object]] = (),
) -> None:
    """Wait for a call and write what it returns; an interrupt cancels it on the server.

    Args:
        call: The call, or a stream of inputs that was opened with its first chunk.
        printer: Writes the results.
        stream: Write every output as it comes.
        chunks: The parameters of each chunk that follows.

    Raises:
        GradioSessionError: The call failed, or a chunk was refused.
    """
    refused: list[GradioSessionError] = []
    if isinstance(call, Stream):
        threading.Thread(target=_send, args=(call, chunks, refused), daemon=True).start()
    try:
        with call:
            if not stream:
                printer.result(call.result())
                return
            for output in call:
                printer.output(output)
            call.result()
    except GradioSessionError:
        if refused:
            raise refused[0] from None
        raise


def _send(
    stream: Stream[Any, Any],
    chunks: Sequence[Mapping[str, object]],
    refused: list[GradioSessionError],
) -> None:
    """Send chunks while outputs are written; what was wrong with one is added to `refused`."""
    try:
        for chunk in chunks:
            stream.send(**chunk)
        stream.close()
    except GradioSessionError as error:
        if not stream.done:
            refused.append(error)
            stream.cancel()


def printable_lines(text: str) -> str:
    """Text fit for a terminal: what could move the cursor is replaced, line feeds and tabs stay."""
    return "".join(c if c.isprintable() or c in "\n\t" else _HIDDEN for c in text)


def _write(text: str) -> None:
    """Write a line of results; a pipe gets the text as it is."""
    output = sys.stdout
    if output.isatty():
        # Past the live display, which takes `sys.stdout` over.
        encoding = output.encoding or "utf-8"
        output.write(f"{printable_lines(text)}\n".encode(encoding, "replace").decode(encoding))
    else:
        # JSON may hold half a surrogate pair.
        output.buffer.write(f"{text}\n".encode("utf-8", "replace"))
    output.flush()


def _relative(path: Path) -> str:
    """A path as people read it: relative where it lies below the current directory."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
