"""What people see of real sessions, calls, results and files: in a terminal, in a notebook, as a
`repr`.
"""

from __future__ import annotations

import html.parser
import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from generated.image_lab import AsyncImageLab, ImageLab
from gradio_session import AppError, CallTimeoutError, Session
from gradio_session.display import bars
from tests.support.environments import ROOT

if TYPE_CHECKING:
    from tests.conftest import Serve

HOSTILE = """
import gradio as gr

def shout(name, progress=gr.Progress()):
    import time
    gr.Info("<img src=x onerror=alert(1)>[bold]hello[/bold]\\x1b[2J")
    progress((1, 3), desc="<script>alert(2)</script>Outer", unit="steps")
    time.sleep(0.4)
    raise gr.Error("<b onmouseover=alert(3)>no</b>", title="<i>Title</i>")

def slow(progress=gr.Progress()):
    import time
    for _ in progress.tqdm(range(4), desc="Outer"):
        for _ in progress.tqdm(range(3), desc="Inner"):
            time.sleep(0.05)
    return "done"

with gr.Blocks(title="<script>alert(4)</script>") as demo:
    gr.Button().click(shout, gr.Textbox(), gr.Textbox(), api_name="shout")
    gr.Button().click(slow, None, gr.Textbox(), api_name="slow")
"""


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal that remembers what was shown."""
    shown = io.StringIO()
    monkeypatch.setattr(
        bars,
        "standard_error",
        lambda: Console(
            file=shown, force_terminal=True, width=120, color_system=None, legacy_windows=False
        ),
    )
    return shown


class Tags(html.parser.HTMLParser):
    """Every tag and attribute of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs)}


def tags(text: str) -> set[str]:
    parser = Tags()
    parser.feed(text)
    return parser.found


def test_progress_is_shown_while_a_call_lasts_and_gone_afterwards(
    lab_url: str, screen: io.StringIO
) -> None:
    with ImageLab(lab_url) as lab:
        result = lab.generate.submit("a cat", "dpm++", steps=3).result(progress=True)
        assert result.seed_used == 7
        assert "/generate" in screen.getvalue()
        assert "warning dpm++ wants 5 steps or more" in screen.getvalue()


def test_nested_bars_in_both_worlds(serve: Serve, screen: io.StringIO) -> None:
    with Session(serve(HOSTILE)) as session:
        assert session.submit("slow").result(progress=True) == "done"
    assert "Outer" in screen.getvalue()
    assert "Inner" in screen.getvalue()
    assert re.search(r"\d/4", screen.getvalue())


async def test_progress_in_asyncio(lab_url: str, screen: io.StringIO) -> None:
    async with AsyncImageLab(lab_url) as lab:
        assert (
            await lab.generate.submit("a cat", "dpm++", steps=3).result(progress=True)
        ).seed_used == 7
        assert "warning dpm++ wants 5 steps or more" in screen.getvalue()
        with pytest.raises(AppError):
            await lab.moderate.submit("blood").result(progress=True)
        call = lab.timelapse.submit("x", frames=100, interval=0.2)
        with pytest.raises(CallTimeoutError):
            await call.result(timeout=0.3, progress=True)
        assert call.status == "running"
        await call.cancel()


def test_waiting_with_progress_ends_in_time_and_the_call_goes_on(
    lab_url: str, screen: io.StringIO
) -> None:
    with ImageLab(lab_url) as lab:
        call = lab.timelapse.submit("x", frames=100, interval=0.2)
        with pytest.raises(CallTimeoutError, match="It goes on"):
            call.result(timeout=0.3, progress=True)
        assert call.status == "running"
        call.cancel()


def test_a_map_shows_how_far_it_is(lab_url: str, screen: io.StringIO) -> None:
    with ImageLab(lab_url) as lab:
        list(lab.moderate.map(["a", "blood", "b"], errors="return", progress=True))
    assert "3/3" in screen.getvalue()
    assert "1 failed" in screen.getvalue()


def test_nothing_of_a_hostile_app_is_taken_for_markup(serve: Serve, screen: io.StringIO) -> None:
    with Session(serve(HOSTILE)) as session:
        call = session.submit("shout", ["x"])
        with pytest.raises(AppError):
            call.result(progress=True)
        assert "[bold]hello[/bold]" in screen.getvalue()
        assert "\x1b[2J" not in screen.getvalue()
        assert "<" not in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())
        for shown in (call._repr_html_(), session._repr_html_()):
            assert tags(shown) <= {"table", "caption", "b", "tr", "th", "td", "style"}
            assert "alert" not in shown or "onerror" not in shown


def test_sessions_calls_results_and_files_are_worth_looking_at(serve: Serve) -> None:
    url = serve(ROOT / "examples" / "lab.py", auth=["ada", "lovelace"])
    with ImageLab(
        url,
        auth=("ada", "lovelace"),
        token="t0ken",
        headers={"X-Key": "s3cret"},
        cookies={"c": "c00kie"},
        name="lab",
    ) as lab:
        call = lab.generate.submit("a cat", steps=2)
        result = call.result()
        everything: list[Any] = [
            lab,
            lab.session,
            lab.session.calls,
            lab.generate,
            call,
            result,
            result.image,
        ]
        shown = [repr(each) for each in everything]
        notebook: Any = result
        shown += [
            lab.session._repr_html_(),
            call._repr_html_(),
            notebook._repr_html_(),
            str(result.image._repr_mimebundle_()),
        ]
        assert "complete" in shown[4]
        assert "/generate" in shown[4]
        assert "'lab'" in shown[1]
        assert "image.png" in shown[6]
        assert "<b>GenerateResult</b>" in shown[9]
        assert 'src="data:image/png;base64,' in shown[9]
        assert "seed_used" in shown[9]
        for text in shown:
            for secret in ("lovelace", "t0ken", "s3cret", "c00kie"):
                assert secret not in text
