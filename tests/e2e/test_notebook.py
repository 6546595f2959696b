"""What a real notebook shows: cells run in a kernel of IPython, without ipywidgets."""

from __future__ import annotations

import re
from html import unescape
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CELLS = {
    "set up": "from generated.image_lab import AsyncImageLab, ImageLab; lab = ImageLab({url!r})",
    "call": "lab.generate.submit('a cat', 'dpm++', steps=3).result(progress=True)",
    "map": """
        results = lab.moderate.map(["a", "blood"], errors="return", progress=True)
        print([str(result) for result in results][1])
    """,
    "file": "lab.generate('a cat', steps=1).image",
    "session": "lab.session",
    "client": "lab",
    "await file": """
        import asyncio
        picture = (await AsyncImageLab({url!r}).generate("a cat", steps=1)).image
        display(picture)
        await picture.apath()
        await asyncio.sleep(0.5)
    """,
    "await": """
        call = AsyncImageLab({url!r}).generate.submit("a cat", "dpm++", steps=3)
        await call.result(progress=True)
    """,
    "hostile": """
        import time
        from gradio_session import events
        from gradio_session.display.live import CallDisplay
        with CallDisplay("/<b>name</b>") as display:
            step = events.ProgressStep(1, 3, "<i>", None, "<script>alert(1)</script>Painting")
            display.update(events.Progress((step,)))
            time.sleep(0.2)
            display.refresh()
            told = "<img src=x onerror=alert(2)>told"
            display.update(events.Log("info", told, "<u>title</u>", None))
    """,
    "error": "lab.generate('', steps=1)",
    "wrong choice": "lab.generate('a cat', scheduler='eulr')",
}


class Client(NotebookClient):
    """Runs a notebook as Jupyter does, and remembers what was shown on the way."""

    passing: dict[str, list[dict[str, str]]]

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] == "update_display_data":
            self.passing.setdefault(list(CELLS)[cell_index], []).append(msg["content"]["data"])
        return super().process_message(msg, cell, cell_index)


@pytest.fixture(scope="module")
def notebook(lab_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(home / name))
        patch.delenv("NO_COLOR", raising=False)
        yield _run(lab_url, ROOT)


def _run(url: str, folder: Path) -> Client:
    cells = [nbformat.v4.new_code_cell(dedent(code.format(url=url))) for code in CELLS.values()]
    client = Client(
        nbformat.v4.new_notebook(cells=cells), timeout=60, kernel_name="python3", allow_errors=True
    )
    client.resources = {"metadata": {"path": str(folder)}}
    client.passing = {}
    client.execute()
    return client


def outputs(notebook: Client, cell: str) -> list[Any]:
    return list(notebook.nb.cells[list(CELLS).index(cell)].outputs)


@pytest.mark.parametrize("cell", ["call", "await"])
def test_a_call_shows_its_progress_while_it_lasts_and_its_logs_stay(
    notebook: Client, cell: str
) -> None:
    shown = notebook.passing[cell]
    assert any(
        "/generate" in bundle["text/plain"] and "/generate" in bundle["text/html"]
        for bundle in shown
    )
    assert any(re.search(r"color: #[0-9a-f]{6}", bundle["text/html"]) for bundle in shown)
    bars, log, *places, result = outputs(notebook, cell)
    assert len(places) == (cell == "await"), "its picture is fetched, and shown then"
    assert bars["data"] == {"text/html": "", "text/plain": ""}, "the bars are gone"
    assert "dpm++ wants 5 steps or more" in log["data"]["text/html"]
    assert result["output_type"] == "execute_result"
    assert "GenerateResult" in result["data"]["text/html"]


def test_a_map_leaves_its_count(notebook: Client) -> None:
    bars, printed = outputs(notebook, "map")
    assert "2/2" in bars["data"]["text/plain"]
    assert "1 failed" in bars["data"]["text/html"]
    assert "blood" in printed["text"]


def test_a_file_and_a_session_show_themselves(notebook: Client) -> None:
    (picture,) = outputs(notebook, "file")
    assert picture["data"]["image/png"].startswith("iVBORw0KGgo")
    (session,) = outputs(notebook, "session")
    assert session["data"]["text/html"].startswith("<table>")


def test_a_client_shows_its_endpoints_with_their_signatures(notebook: Client) -> None:
    (client,) = outputs(notebook, "client")
    html = unescape(client["data"]["text/html"])
    assert html.startswith("<table>")
    assert "ImageLab on http://" in html
    assert "(image: FileInput | None, style: Style = 'plain') -> str" in html


def test_a_file_of_an_asynchronous_session_shows_itself_once_it_is_fetched(
    notebook: Client,
) -> None:
    place, told = outputs(notebook, "await file")
    assert place["data"]["image/png"].startswith("iVBORw0KGgo")
    assert "image.png" in told["data"]["text/plain"]


def test_a_wrong_choice_shows_the_cell_and_what_is_wrong(notebook: Client) -> None:
    (error,) = outputs(notebook, "wrong choice")
    lines = error["traceback"]
    assert any("scheduler='eulr'" in line for line in lines)
    assert lines[-1].startswith("ParameterError: /generate: parameter 'scheduler'")
    assert len(lines) < 10
    assert not any("gradio_session" in line for line in lines)


def test_nothing_that_an_app_says_becomes_html(notebook: Client) -> None:
    _, log = outputs(notebook, "hostile")
    told = [bundle["text/html"] for bundle in [*notebook.passing["hostile"], log["data"]]]
    assert any("Painting" in html for html in told)
    assert "told" in told[-1]
    assert set(re.findall(r"<\w+", "".join(told))) <= {"<pre", "<span"}


def test_an_error_is_the_apps_own_words(notebook: Client) -> None:
    (error,) = outputs(notebook, "error")
    assert (error["ename"], error["evalue"]) == (
        "AppError",
        "/generate: Say what to draw: the prompt is empty.",
    )
