"""How results reach a terminal, a pipe and machines."""

from __future__ import annotations

import io
import json
import sys
from typing import Any, NamedTuple

import pytest

from gradio_session import UNCHANGED
from gradio_session.cli.output import Printer, printable_lines


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Pair(NamedTuple):
    text: str
    number: int


def printed(
    names: list[str], value: Any, *, as_json: bool = False, stream: bool = False
) -> list[str]:
    raw = io.BytesIO()
    pipe = io.TextIOWrapper(raw, encoding="utf-8")
    real, sys.stdout = sys.stdout, pipe
    try:
        printer = Printer(names, as_json=as_json, saved=True)
        (printer.output if stream else printer.result)(value)
    finally:
        sys.stdout = real
    return raw.getvalue().decode().splitlines()


def test_one_result_is_plain_and_several_are_named() -> None:
    assert printed(["text"], "a\nb") == ["a", "b"]
    assert printed(["answer"], {"a": 1}) == ['{"a": 1}']
    assert printed(["text", "number"], Pair("x", 2)) == ["text: x", "number: 2"]
    assert printed([], None) == []
    assert printed(["text"], None) == []
    assert printed(["text", "number"], (UNCHANGED, None)) == ["text: null", "number: null"]


@pytest.mark.parametrize(
    ("names", "value", "document"),
    [
        (["text"], "x", {"text": "x"}),
        (["items"], [1, 2], {"items": [1, 2]}),
        (["text", "number"], Pair("x", 2), {"text": "x", "number": 2}),
        (["text", "number"], ("x", UNCHANGED), {"text": "x", "number": None}),
        ([], None, {}),
    ],
)
def test_json_is_one_object_by_the_names(names: list[str], value: Any, document: Any) -> None:
    for stream in (False, True):
        (line,) = printed(names, value, as_json=True, stream=stream)
        assert json.loads(line) == document


def test_an_output_of_a_stream_is_one_line() -> None:
    assert printed(["text"], "a b", stream=True) == ["a b"]
    assert printed(["text"], "a\nb", stream=True) == ['"a\\nb"']
    assert printed(["text", "number"], Pair("a\nb", 2), stream=True) == [
        '{"text": "a\\nb", "number": 2}'
    ]


@pytest.mark.parametrize(("stream", "escapes"), [(io.TextIOWrapper, True), (Terminal, False)])
def test_a_pipe_gets_results_as_they_are_and_a_terminal_harmless_ones(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.TextIOWrapper], escapes: bool
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", stream(raw, encoding="utf-8"))
    for as_json in (False, True):
        Printer(["result"], as_json=as_json, saved=False).result("x\ud800\x1b[0my")
    sys.stdout.flush()
    lines = raw.getvalue().decode("utf-8").splitlines()
    assert len(lines) == 2
    assert ("\x1b" in lines[0]) is escapes


def test_a_terminal_that_lacks_a_character_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Terminal(raw, encoding="ascii"))
    Printer(["result"], as_json=False, saved=False).result("grüße")
    sys.stdout.flush()
    assert raw.getvalue() == b"gr??e\n"


def test_what_a_terminal_obeys_is_replaced() -> None:
    hidden = "\N{REPLACEMENT CHARACTER}"
    assert printable_lines("a\x1b[2J\u202eb\nc\td") == f"a{hidden}[2J{hidden}b\nc\td"
