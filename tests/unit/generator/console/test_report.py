"""What goes to terminals, pipes and machines."""

from __future__ import annotations

import io
import sys

import pytest

from gradio_codegen.base.diagnostics import internal_error
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.base.text import printable, printable_lines
from gradio_codegen.commands.call import _writer
from gradio_codegen.console.call import Printer

HOSTILE = "a\x1b[31mred\x07\u202egnp\x9b\ud800\n\tb\r"


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_text_of_an_app_is_made_harmless() -> None:
    for clean in (printable(HOSTILE), printable_lines(HOSTILE)):
        assert not {"\x1b", "\x07", "\u202e", "\x9b", "\ud800", "\r"} & set(clean)
        clean.encode()
    assert "\n" not in printable(HOSTILE)
    assert "\n\tb" in printable_lines(HOSTILE)


@pytest.mark.parametrize(("stream", "escapes"), [(io.TextIOWrapper, True), (Terminal, False)])
def test_a_pipe_gets_results_as_they_are_and_a_terminal_harmless_ones(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.TextIOWrapper], escapes: bool
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", stream(raw, encoding="utf-8"))
    for as_json in (False, True):
        Printer(write=_writer(), as_json=as_json, download=None, names=["result"]).result(
            "x\ud800\x1b[0my"
        )
    sys.stdout.flush()
    lines = raw.getvalue().decode("utf-8").splitlines()
    assert len(lines) == 2
    assert ("\x1b" in lines[0]) is escapes


def test_a_fault_names_its_place() -> None:
    with pytest.raises(KeyError) as caught:
        _ = dict[str, str]()["x"]
    message = internal_error(caught.value).message
    assert "KeyError" in message
    assert "test_report.py, line" in message


@pytest.mark.parametrize(
    ("word", "end"),
    [
        ("genrate", "; did you mean 'generate'?"),
        ("GENERATE", "; did you mean 'generate'?"),
        ("zzz", "; there are two"),
    ],
)
def test_the_nearest_name_is_offered(word: str, end: str) -> None:
    assert did_you_mean(word, ["generate", "check"], otherwise="; there are two") == end
