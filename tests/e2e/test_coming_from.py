"""Every row of the tables for people who come from PowershAI or gradio_client runs as it stands."""

from __future__ import annotations

import asyncio
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import gradio_session
from gradio_session import (
    CallLimitError,
    CallLimitWarning,
    ParameterError,
    RemoteFile,
    SessionExistsError,
    sessions,
)
from tests.conftest import LAB, Serve
from tests.support.environments import ROOT
from tests.support.generation import Generate
from tests.support.hub import Hub
from tests.support.patience import wait_for

CODE = re.compile(r"`([^`]+)`")


def rows(page: str) -> Iterator[dict[str, str]]:
    """The rows of a page's tables as cells by heading."""
    heads: list[str] = []
    for line in (ROOT / "docs" / page).read_text("utf-8").splitlines():
        if not line.startswith("|"):
            heads = []
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not heads:
            heads = cells
        elif not set(line) <= set("|-"):
            yield dict(zip(heads, cells, strict=True))


def codes(cell: str) -> list[str]:
    return CODE.findall(cell)


class Place:
    """What the samples find: an app, a session and a call on it, a client, a picture."""

    def __init__(self, url: str, client: Any) -> None:
        lab = gradio_session.Session(url, "lab")
        call = lab.submit("moderate", ["a cat"])
        call.result()
        self.heard: list[Any] = []
        self.names: dict[str, Any] = {
            **{name: getattr(gradio_session, name) for name in gradio_session.__all__},
            "gradio_session": gradio_session,
            "asyncio": asyncio,
            "concurrent": __import__("concurrent.futures"),
            "url": url,
            "session": lab,
            "lab": lab,
            "call": call,
            "f": lambda *arguments: self.heard.append(arguments),
            "ImageLab": client.ImageLab,
            "AsyncImageLab": client.AsyncImageLab,
        }

    def __getattr__(self, name: str) -> Any:
        return self.names[name]

    def run(self, code: str) -> Any:
        """Run a sample; the value of its last expression, or None."""
        *before, last = code.split("; ")
        if before:
            exec("; ".join(before), self.names)
        if last.startswith("await "):
            return asyncio.run(self._awaited(last.removeprefix("await ")))
        if re.match(r"[\w.]+ = ", last):
            exec(last, self.names)
            return None
        return eval(last, self.names)

    async def _awaited(self, code: str) -> Any:
        return await eval(code, self.names)


@pytest.fixture
def place(
    serve: Serve, generate: Generate, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    url = serve(LAB)
    hub.space("owner/space", url)
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (4, 3)).save("cat.png")
    place = Place(url, generate(url))
    yield place
    for session in sessions:
        sessions.remove(session.name)


POWERSHAI: dict[str, Any] = {
    "-AppUrl": lambda p, r: r.app_url == p.url and r.predict("moderate", ["a"]) == "a",
    "-Name": lambda _, r: r.name == "mine" and sessions["mine"] is r,
    "-DownloadPath": lambda _, r: (
        r.predict("generate", ["a cat"])[0].path.parent == Path("out").absolute()
    ),
    "-Force": lambda p, r: sessions["lab"] is r and p.lab.closed,
    "a second session of a name: error": SessionExistsError,
    "reads /info when the session is made": lambda _, r: r.session_hash is None,
    "SessionId (a random GUID)": lambda p, r: len(r) == 32 and r == p.lab.session_hash,
    "uploads": lambda _, r: list(r) == [str(Path("cat.png").absolute())],
    "ApiCalls.AllEvents": lambda p, r: r == [p.call],
    "ApiCalls.ById[$id]": lambda p, r: r is p.call,
    "options.MaxCalls": lambda _, r: r == 10,
    "options.MaxCallsPolicy": lambda _, r: r == "warning",
    "Get-GradioSession lab": lambda p, r: r is p.lab,
    "Get-GradioSession $url": lambda p, r: r is p.lab,
    "Get-GradioSession $id": lambda p, r: r is p.lab,
    'Get-GradioSession "*.hf.space*" -Like': lambda p, r: r == [p.lab],
    'Get-GradioSession "*"': lambda p, r: r == [p.lab],
    "Get-GradioSession .": lambda p, r: r is p.lab,
    "Set-GradioSession lab -Default": lambda p, _: sessions.default is p.lab,
    "Set-GradioSession -MaxCalls 10": lambda p, _: p.lab.max_calls == 10,
    "Set-GradioSession -MaxCallsPolicy Error": lambda p, _: p.lab.max_calls_policy == "error",
    "Remove-GradioSession lab": lambda p, _: p.lab.closed and len(sessions) == 0,
    "sessions live until the shell ends": lambda _, r: r.name == "kept",
    "-ApiName moderate": lambda _, r: (r.api_name, r.result()) == ("/moderate", "a cat"),
    "-Params @(…)": lambda _, r: r[1] == 7,
    "-Params @{prompt = …}": lambda _, r: r[1] == 7,
    "-EventId 9f…": lambda p, r: r is p.call,
    "-Params beside -EventId: ignored": ParameterError,
    "-Session": lambda p, r: r in p.lab.calls and r.result() == "a cat",
    "-Token hf_…": lambda _, r: r.result() == "a cat",
    "-Token public": lambda _, r: r.result() == "a cat",
    "returns SessionApiEvent (id, ApiEvent, Received, LastReceivedIndex)": lambda p, r: (
        r == (p.call.id, "complete", ["a cat"], p.call.events)
    ),
    "Update-GradioSessionApiResult $id": lambda _, r: r == "a cat",
    "-History": lambda _, r: r == "a cat",
    "-MaxHeartBeats": lambda _, r: r.predict("moderate", ["a"]) == "a",
    "Get-GradioSessionApi": lambda p, r: list(r) == [p.call],
    "Remove-GradioSessionApi $id": lambda p, _: len(p.lab.calls) == 0,
    "Remove-GradioSessionApi clean": lambda p, _: len(p.lab.calls) == 0,
    "Remove-GradioSessionApi all -Force": lambda p, _: len(p.lab.calls) == 0,
    "Send-GradioSessionFiles": lambda p, r: isinstance(r, RemoteFile) and p.lab.uploads,
    "Wait-HuggingFaceSpace": lambda _, r: r is None,
    "Error": lambda _, r: two_calls(r) is CallLimitError,
    "Remove": lambda _, r: two_calls(r) is None and len(r.calls) == 1,
    "Warning": lambda _, r: two_calls(r) is CallLimitWarning and len(r.calls) == 2,
}
"""What each sample must give: a check of the place and its value, or the error that it raises."""


def two_calls(session: Any) -> type[Exception | Warning] | None:
    """What the second of two calls gives beside its result."""
    session.predict("moderate", ["a"])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            session.predict("moderate", ["b"])
        except CallLimitError:
            return CallLimitError
    return told[0].category if told else None


def powershai() -> dict[str, str]:
    """The samples by what PowershAI calls it."""
    found = [row for row in rows("powershai.md") if "sample" in row]
    return {row["PowershAI"].replace("`", ""): codes(row["sample"])[0] for row in found}


@pytest.mark.parametrize("parameter", POWERSHAI)
def test_row_of_powershai(place: Place, parameter: str) -> None:
    sample, expected = powershai()[parameter], POWERSHAI[parameter]
    if isinstance(expected, type):
        with pytest.raises(expected):
            place.run(sample)
    else:
        assert expected(place, place.run(sample))


def test_every_row_of_powershai_is_run() -> None:
    assert set(powershai()) == set(POWERSHAI)


BACK = ("powershai.md", "gradio_client.md")


@pytest.mark.parametrize(
    ("page", "code"),
    [(page, code) for page in BACK for row in rows(page) if "sample" not in row
     for code in codes(row.get("here", ""))],
)  # fmt: skip
def test_row_of_the_way_back(place: Place, serve: Serve, page: str, code: str) -> None:
    if page == "gradio_client.md":
        place.names["lab"] = place.ImageLab(place.url)
    if "login" in code:
        auth = ["user", "password"]
        place.names["session"] = gradio_session.Session(serve(LAB, auth=auth), "login")
    place.run(code)
    assert place.call.result() is not None


GRADIO_CLIENT: dict[str, Any] = {
    "Client(url)": lambda r: r is not None,
    'Client("owner/space")': lambda r: answers(r) == "a cat",
    'client.predict("a cat", api_name="/generate")': lambda r: r[1] == 7,
    'client.predict(prompt="a cat", api_name="/generate")': lambda r: r[1] == 7,
    'job = client.submit("a cat", api_name="/moderate")': None,
    "job.result(timeout=5)": lambda r: r == "a cat",
    "for output in job": lambda r: r == ["a cat"],
    "job.outputs()": None,
    "job.status()": lambda r: r == "complete" or len(r) > 1,
    "job.cancel()": lambda r: r is False,  # it has ended
    "await asyncio.wrap_future(job)": lambda r: r == "a cat",
    "concurrent.futures.wait([job])": lambda r: len(r.done) == 1,
    "job.add_done_callback(f)": lambda r: r is None,
    "result_callbacks=[f]": lambda r: answers(r) == "a cat",
    'handle_file("cat.png")': lambda r: isinstance(r, RemoteFile),
    "a path of a downloaded copy": lambda r: r.is_file(),
    'download_files="out"': lambda r: session_of(r).download_path == Path("out").absolute(),
    "download_files=False": None,
    'token="hf_..."': lambda r: answers(r) == "a cat",
    "the token, for a function that takes gr.OAuthToken": lambda r: answers(r) == "a cat",
    'auth=("user", "password")': lambda r: answers(r) == "a cat",
    "headers=, ssl_verify=, httpx_kwargs=": lambda r: answers(r) == "a cat",
    "max_workers=40": lambda r: session_of(r).max_concurrency == 40,
    "client.reset_session()": lambda r: answers(r) == "a cat",
    "client.view_api()": lambda r: "/generate" in r,
    "Client.duplicate(...)": None,
}
"""What the samples of a row must give; None where there is nothing to look at."""
MARKS = ("lab.", "session.", "call", "Lab(", "Session(", "await ", "concurrent.", "for ", "outputs")


def session_of(made: Any) -> Any:
    """The session of a client, or the session itself."""
    return getattr(made, "session", made)


def answers(made: Any) -> Any:
    """What a client, a session or a call gives for a cat."""
    if hasattr(made, "result"):
        return made.result()
    return (
        made.moderate("a cat") if hasattr(made, "moderate") else made.predict("moderate", ["a cat"])
    )


def name_of(row: dict[str, str]) -> str:
    return row["gradio_client"].replace("`", "").removesuffix(" (polled)")


@pytest.mark.parametrize("name", GRADIO_CLIENT)
def test_row_of_gradio_client(place: Place, serve: Serve, name: str) -> None:
    row = next(
        row for row in rows("gradio_client.md") if "here" not in row and name_of(row) == name
    )
    if "auth=" in name:
        place.names["url"] = serve(LAB, auth=["user", "password"])
    place.names["lab"] = place.ImageLab(None if "auth=" in name else place.url, session=None)
    samples = [code for cell in (row["generated"], row["session"]) for code in codes(cell)]
    samples = [code for code in samples if code.startswith(MARKS) or "Lab(" in code]
    assert samples or name in ("download_files=False", "Client.duplicate(...)")
    for sample in samples:
        whole = re.sub(r"^for (\w+) in (.*)$", r"[\1 for \1 in \2]", sample)
        value = place.run(whole)
        check = GRADIO_CLIENT[name]
        assert check is None or check(value), (sample, value)
    if name in ("result_callbacks=[f]", "job.add_done_callback(f)"):
        assert wait_for(lambda: bool(place.heard))


def test_every_row_of_gradio_client_is_run() -> None:
    assert {name_of(row) for row in rows("gradio_client.md") if "here" not in row} == set(
        GRADIO_CLIENT
    )
