"""Uploads to real apps, plain and asynchronous: sent once, several at once, with progress, and
checked before anything is sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradio_session import AppError, AsyncSession, UploadError
from tests.conftest import Serve
from tests.support.fault_proxy import FaultProxy
from tests.support.file_lab import APP, Asynchronous, Plain, connect, text

__all__ = ["connect", "text"]


@pytest.mark.versions
def test_an_unchanged_file_goes_once_and_again_when_the_app_has_forgotten_it(
    serve: Serve, connect: Callable[..., Plain], version: str, text: Path
) -> None:
    with FaultProxy(serve(APP, version)) as proxy:
        app = connect(proxy.url)
        for _ in range(3):
            app.predict("digest", [text])
        assert sum("/upload" in each for each in proxy.requests) == 1
        path = app.session.uploads[str(text)].path
        shutil.rmtree(Path(path).parent)
        assert app.predict("digest", [text]).startswith("table.csv 12 ")
        assert sum("/upload" in each for each in proxy.requests) == 2
        text.write_text("a,b\n5,6\n")
        assert app.predict("digest", [text]).startswith("table.csv 8 ")
        assert sum("/upload" in each for each in proxy.requests) == 3


def test_several_files_of_a_call_go_at_once(serve: Serve, connect: Callable[..., Plain]) -> None:
    under_way: list[Any] = []
    most: list[int] = []

    async def hold(link: Any, chunk: bytes) -> bytes:
        under_way.append(link)
        most.append(len(under_way))
        await asyncio.sleep(0.5)
        under_way.remove(link)
        return chunk

    with FaultProxy(serve(APP)) as proxy:
        proxy.down("POST /gradio_api/upload", hold)
        app = connect(proxy.url)
        app.predict("files", [[b"1", b"2", b"3", b"4", b"5", b"6"]])
    assert max(most) == 4


def test_an_upload_shows_its_progress(serve: Serve, connect: Callable[..., Plain]) -> None:
    app = connect(serve(APP))
    events = app.events("digest", [b"x" * 3_000_000])
    steps = [event.steps[0] for event in events if type(event).__name__ == "Progress"]
    assert [step.unit for step in steps] == ["bytes"] * len(steps)
    assert steps[-1].index == steps[-1].length == 3_000_000
    assert len(steps) >= 3


def test_a_file_of_another_app_is_streamed_through(
    serve: Serve, connect: Callable[..., Plain], tmp_path: Path
) -> None:
    one, other = (
        connect(serve(APP), download_path=tmp_path / "out"),
        connect(serve(APP, mount="/other")),
    )
    file = one.predict("made", [2_000_000, "big.bin"])
    expected = hashlib.sha256((bytes(range(256)) * 8192)[:2_000_000]).hexdigest()
    if isinstance(one, Asynchronous):
        return  # two loops; the next test covers it
    assert other.predict("digest", [file]) == f"big.bin 2000000 {expected}"
    assert not (tmp_path / "out").exists(), "no copy on the disk"


async def test_so_it_is_between_asynchronous_sessions(serve: Serve, tmp_path: Path) -> None:
    async with (
        AsyncSession(serve(APP), download_path=tmp_path / "out") as one,
        AsyncSession(serve(APP, mount="/other")) as other,
    ):
        file = await one.predict("made", [2_000_000, "big.bin"])
        expected = hashlib.sha256((bytes(range(256)) * 8192)[:2_000_000]).hexdigest()
        assert await other.predict("digest", [file]) == f"big.bin 2000000 {expected}"
    assert not (tmp_path / "out").exists()


def test_wrong_input_is_refused_before_anything_is_sent(
    serve: Serve, connect: Callable[..., Plain], tmp_path: Path
) -> None:
    with FaultProxy(serve(APP)) as proxy:
        app = connect(proxy.url)
        for value in ("no/such/file", tmp_path, io.StringIO("text")):
            with pytest.raises(UploadError) as caught:
                app.predict("file", {"value": value})
            assert caught.value.parameter == "value"
        assert not any(each.startswith("POST") for each in proxy.requests)


def test_the_apps_size_limit_holds(serve: Serve, connect: Callable[..., Plain]) -> None:
    with FaultProxy(serve(APP, max_file_size=1000)) as proxy:
        app = connect(proxy.url)
        with pytest.raises(UploadError, match="1000"):
            app.predict("file", [b"x" * 1001])
        assert not any(each.startswith("POST") for each in proxy.requests)
        assert app.predict("digest", [b"x" * 1000])


def test_a_login_that_ended_is_made_again_for_an_upload(
    serve: Serve, connect: Callable[..., Plain], text: Path
) -> None:
    app = connect(
        serve(APP, auth=["user", "secret"], env={"LOGIN": "ends"}), auth=("user", "secret")
    )
    app.predict("digest", [b"first"])
    app.session.__gradio__.app.transport.cookies.jar.clear()
    assert app.predict("digest", [text]).startswith("table.csv")


def test_an_image_that_the_app_must_fetch_from_a_private_host_is_refused_by_the_app(
    serve: Serve, connect: Callable[..., Plain]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as private:
        app = connect(serve(APP, show_error=True))
        with pytest.raises(AppError):
            app.predict("image", [f"http://127.0.0.1:{private.getsockname()[1]}/cat.png"])
