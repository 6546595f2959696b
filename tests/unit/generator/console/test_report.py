"""What goes to terminals, pipes and machines."""

from __future__ import annotations

import pytest

from gradio_codegen.base.diagnostics import internal_error
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.base.text import printable

HOSTILE = "a\x1b[31mred\x07\u202egnp\x9b\ud800\n\tb\r"


def test_text_of_an_app_is_made_harmless() -> None:
    clean = printable(HOSTILE)
    assert not {"\x1b", "\x07", "\u202e", "\x9b", "\ud800", "\r", "\n"} & set(clean)
    clean.encode()


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
