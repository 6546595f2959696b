"""The live display of calls and maps, on a console that remembers what was shown."""

from __future__ import annotations

import builtins
import io
import sys
from typing import Any

import pytest
from rich.console import Console

from gradio_session import events
from gradio_session.display.live import BatchDisplay, CallDisplay


def console() -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, width=120, color_system=None, legacy_windows=False
    )


def drawn(*seen: Any, api_name: str = "/generate") -> str:
    """What the display of a call with these events draws; it draws its last state as it ends."""
    target = console()
    with CallDisplay(api_name, console=target) as display:
        for event in seen:
            display.update(event)
    return shown(target)


def shown(of: Console) -> str:
    stream = of.file
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def step(
    index: float | None = None,
    length: float | None = None,
    unit: str | None = "steps",
    progress: float | None = None,
    desc: str | None = None,
) -> Any:
    return events.ProgressStep(index, length, unit, progress, desc)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (events.Queued(0, 1, None), ["/generate", "next in the queue"]),
        (events.Queued(1, 3, 12.0), ["in the queue, 1 call before it, about 12 s"]),
        (events.Queued(2, 3, None), ["in the queue, 2 calls before it"]),
        (events.Started(4.0), ["running, usually 4.0 s"]),
        (events.Started(None), ["running"]),
        (
            events.Progress((step(3, 10, desc="Sampling"), step(progress=0.5, desc="Tile"))),
            ["Sampling", "3/10 steps", "Tile", "50%"],
        ),
        (events.Progress((step(7, None, "tokens"),)), ["7 tokens"]),
        (
            events.Log("warning", "<b>Too</b> [red]few[/red] steps", "Careful", 10.0),
            ["warning Careful: Too [red]few[/red] steps"],
        ),
        (events.Log("info", "fine\x1b[2J", None, None), ["info fine"]),
    ],
)
def test_each_event_is_shown_in_words(event: Any, words: list[str]) -> None:
    text = drawn(event)
    for each in words:
        assert each in text


def test_hostile_progress_neither_breaks_nor_floods_the_display() -> None:
    nan, infinite = float("nan"), float("inf")
    many = events.Progress(tuple(step(n, 10, desc=f"bar {n}") for n in range(500)))
    odd = events.Progress(
        (
            step(nan, nan),
            step(infinite, -1),
            step(progress=infinite),
            step(progress=nan),
            step(1, 0),
            step(-5, 3),
        )
    )
    text = drawn(many, api_name="/\x1b[2Jgenerate [bold]")
    assert "bar 5" in text
    assert "bar 6" not in text
    assert "[2J" not in text.replace("\x1b[2K", "")
    assert "[bold]" in text
    assert "inf" in drawn(many, odd)
    assert "bar" not in drawn(many, events.Progress(()), events.Heartbeat())


def test_it_disappears_and_the_logs_stay() -> None:
    target = Console(file=io.StringIO(), width=120)
    with CallDisplay("/generate", console=target) as display:
        display.update(events.Started(None))
        display.update(events.Log("info", "kept", None, None))
    assert shown(target).strip() == "info kept"


def test_a_batch_counts_what_is_done_and_what_failed() -> None:
    target = console()
    with BatchDisplay("/generate", [1, 2, 3], enabled=True, console=target) as display:
        for failed in (False, True, True):
            display.advance(failed=failed)
    assert "3/3" in shown(target)
    assert "2 failed" in shown(target)


def test_a_batch_without_a_length_counts_on() -> None:
    target = console()
    with BatchDisplay("/generate", iter([1]), enabled=True, console=target) as display:
        display.advance(failed=False)
    assert "1/?" in shown(target)


def test_without_rich_nothing_is_shown_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    real_import = builtins.__import__

    def without_rich(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name.partition(".")[0] == "rich":
            raise ImportError(name)
        return real_import(name, *arguments, **keywords)

    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "gradio_session.display.bars", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_rich)
    with CallDisplay("/generate") as display:
        display.update(events.Started(None))
        display.update(events.Log("info", "hello", None, None))
        display.update(events.Progress((step(1, 2),)))
    with pytest.warns(UserWarning, match=r"pip install 'gradio-session\[progress\]'"):
        batch = BatchDisplay("/generate", [1], enabled=True)
    with batch:
        batch.advance(failed=True)
    with pytest.warns(UserWarning, match="rich is not installed"):
        CallDisplay("/generate", asked=True)
    assert capfd.readouterr() == ("", "")
