"""Text of an app on its way to people: nothing in it is taken for markup or terminal codes."""

from __future__ import annotations

import time

import pytest

from gradio_session.protocol.base import text as richtext


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain", "plain"),
        ("<b>Too</b> many <a href='x' onclick=\"y\">steps</a>", "Too many steps"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("2 < 3 and 4 > 3", "2 < 3 and 4 > 3"),
        ("<script>alert('x')</script>done", "done"),
        ("<style>p{}</style><!-- gone -->kept", "kept"),
        ("before<script>never closed", "before"),
        ("\x1b[31mred\x1b[0m and \x9b31mred", "red and red"),
        ("\x1b]0;title\x07x\x1b]8;;http://evil\x1b\\y", "xy"),
        ("&#27;[2Jcleared", "[2Jcleared"),
        ("a\x00b\x07c\x7fd", "abcd"),
        ("left\u202eright\u2066x\u200by", "leftrightxy"),
        ("line\nbreak\u2028and\ttab", "line break and tab"),
        ("\ud800half", "half"),
        ("[red]markup[/red]", "[red]markup[/red]"),
    ],
)
def test_only_text_is_left(given: str, shown: str) -> None:
    assert richtext.as_text(given) == shown


def test_long_text_is_cut_and_hostile_text_is_read_in_linear_time() -> None:
    assert richtext.as_text("x" * 600, 10) == "x" * 9 + "…"
    started = time.process_time()
    for evil in (
        "<" * 200_000,
        "<a " * 100_000,
        "<!--" * 50_000,
        "<script" * 50_000,
        "&lt;" * 50_000,
        "\x1b]" * 100_000,
    ):
        assert len(richtext.as_text(evil)) <= 500
    assert time.process_time() - started < 10


def test_html_is_escaped_after_it_was_taken_out() -> None:
    assert richtext.as_html("&lt;img src=x&gt; \"'") == "&lt;img src=x&gt; &quot;&#x27;"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.44, "0.4 s"),
        (9.96, "10.0 s"),
        (12.4, "12 s"),
        (185, "3 min 5 s"),
        (7801, "2 h 10 min"),
        (-1, "0.0 s"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert richtext.in_seconds(seconds) == shown


def test_plurals() -> None:
    assert [richtext.plural(n, "call") for n in (0, 1, 1200)] == [
        "0 calls",
        "1 call",
        "1,200 calls",
    ]
