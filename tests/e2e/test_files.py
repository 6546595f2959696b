"""Files in both directions through real apps, plain and asynchronous, bytes compared."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradio_session import DownloadError, RemoteFile, Session
from tests.conftest import Serve
from tests.support.environments import ROOT
from tests.support.fault_proxy import FaultProxy
from tests.support.file_lab import APP, Plain, connect, picture, sound, text
from tests.support.patience import patience

__all__ = ["connect", "picture", "sound", "text"]


def pixels(file: Any) -> Any:
    from PIL import Image

    return Image.open(file).convert("RGB").tobytes()


@pytest.mark.versions
@pytest.mark.parametrize("mount", [None, "/inner/app"])
def test_every_kind_of_file_in_both_directions(
    serve: Serve,
    connect: Callable[..., Plain],
    version: str,
    mount: str | None,
    tmp_path: Path,
    picture: Path,
    sound: Path,
    text: Path,
) -> None:
    app = connect(serve(APP, version, mount=mount), download_path=tmp_path / "out")
    kept = app.predict("image", [picture])
    assert isinstance(kept, RemoteFile)
    assert kept.mime_type == "image/png"
    assert pixels(app.path(kept)) == pixels(picture)
    assert pixels(io.BytesIO(app.read(app.predict("image", [kept])))) == pixels(picture), (
        "a result is an input"
    )
    assert app.read(app.predict("audio", [str(sound)])) == sound.read_bytes()
    assert app.read(app.predict("file", [text])) == text.read_bytes()
    several = app.predict("files", [[text, b"bytes", io.BytesIO(b"a buffer")]])
    assert [app.read(each) for each in several] == [text.read_bytes(), b"bytes", b"a buffer"]
    gallery = app.predict(
        "gallery", [[{"image": picture, "caption": "one"}, {"image": kept, "caption": None}]]
    )
    assert [each["caption"] for each in gallery] == ["one", None]
    assert [pixels(app.path(each["image"])) for each in gallery] == [pixels(picture)] * 2
    assert app.predict("gallery", [gallery])[0]["caption"] == "one", "and so is a list of them"
    said = app.predict("message", [{"text": "hello", "files": [picture, text]}])
    assert said["text"] == "HELLO"
    assert [app.read(each) for each in said["files"]] == [picture.read_bytes(), text.read_bytes()]
    assert app.predict("image", [None]) is None
    name, size, digest = app.predict("digest", [text]).split()
    assert (name, int(size), digest) == (
        "table.csv",
        text.stat().st_size,
        hashlib.sha256(text.read_bytes()).hexdigest(),
    )


@pytest.mark.versions
def test_a_video_comes_back_as_it_went(
    serve: Serve, connect: Callable[..., Plain], version: str, tmp_path: Path
) -> None:
    app = connect(serve(APP, version), download_path=tmp_path / "out")
    content = (
        bytes.fromhex("0000001c667479706d703432000000006d70343269736f6d61766331")
        + b"not really a film" * 50
    )
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    value: Any = clip if version.startswith("6") else {"video": clip}
    result = app.predict("video", [value])
    film = result["video"] if isinstance(result, dict) else result
    assert film.name == "clip.mp4"
    assert app.read(film) == content


@pytest.mark.versions
def test_a_plot_and_tables_with_a_file(
    serve: Serve, connect: Callable[..., Plain], version: str, tmp_path: Path, text: Path
) -> None:
    app = connect(serve(APP, version), download_path=tmp_path / "out")
    assert app.predict("plot", [])["plot"].startswith("data:image/")
    frame, read, file = app.predict(
        "table", [{"headers": ["x"], "data": [["1"]], "metadata": None}, text]
    )
    assert frame["data"] == [["1"]]
    assert read["data"] == [[1, 2], [3, 4]]
    assert app.read(file) == text.read_bytes()


@pytest.mark.versions
def test_a_chat_with_a_file(
    serve: Serve, connect: Callable[..., Plain], version: str, tmp_path: Path, picture: Path
) -> None:
    app = connect(serve(APP, version), download_path=tmp_path / "out")
    if version.startswith("4"):
        history: list[Any] = [[{"file": picture, "alt_text": None}, None]]
    elif version.startswith("5"):
        history = [{"role": "user", "content": {"file": picture}}]
    else:
        history = [{"role": "user", "content": [{"type": "file", "file": picture}]}]
    files = files_in(app.predict("chat", [history]))
    assert len(files) == 2
    assert [app.read(file) for file in files] == [picture.read_bytes()] * 2


def files_in(value: Any) -> list[RemoteFile]:
    """Every file in a value."""
    if isinstance(value, RemoteFile):
        return [value]
    inner = (
        value.values()
        if isinstance(value, dict)
        else value
        if isinstance(value, (list, tuple))
        else ()
    )
    return [file for item in inner for file in files_in(item)]


def test_files_behind_a_login(serve: Serve, connect: Callable[..., Plain], text: Path) -> None:
    app = connect(serve(APP, auth=["user", "secret"]), auth=("user", "secret"))
    assert app.read(app.predict("file", [text])) == text.read_bytes()


def test_a_login_that_ended_is_made_again_for_a_download(
    serve: Serve, connect: Callable[..., Plain], text: Path
) -> None:
    app = connect(
        serve(APP, auth=["user", "secret"], env={"LOGIN": "ends"}), auth=("user", "secret")
    )
    file = app.predict("file", [text])
    app.session.__gradio__.app.transport.cookies.jar.clear()
    assert app.read(file) == text.read_bytes()


def test_a_file_outlives_its_session_only_if_it_was_fetched(
    serve: Serve, text: Path, tmp_path: Path
) -> None:
    url = serve(APP)
    with Session(url, download_path=tmp_path / "out") as session:
        fetched, other = session.predict("file", [text]), session.predict("file", [text])
        fetched.download()
    assert fetched.read() == text.read_bytes()
    with pytest.raises(DownloadError, match="no session of its app is open"):
        other.read()
    with Session(url, download_path=tmp_path / "out") as session:
        session.predict("digest", [text])
        assert other.read() == text.read_bytes()


def test_a_pickled_file_is_fetched_by_an_open_session_of_its_app(
    serve: Serve, connect: Callable[..., Plain], text: Path
) -> None:
    app = connect(serve(APP))
    assert app.read(pickle.loads(pickle.dumps(app.predict("file", [text])))) == text.read_bytes()


def test_files_behind_a_proxy_that_rewrites_the_host(
    serve: Serve, connect: Callable[..., Plain], text: Path, picture: Path, tmp_path: Path
) -> None:
    with FaultProxy(serve(APP, mount="/inner/app")) as proxy:

        async def rewrite(_: Any, chunk: bytes) -> bytes:
            host = f"127.0.0.1:{proxy.port}".encode()
            return chunk.replace(
                b"host: " + host,
                b"host: "
                + host
                + b"\r\nx-forwarded-host: internal.invalid\r\nx-forwarded-proto: https",
                1,
            )

        proxy.up("", rewrite)
        app = connect(proxy.url, download_path=tmp_path / "out")
        file = app.predict("file", [text])
        assert file.url.startswith(proxy.url)
        assert app.read(file) == text.read_bytes()
        assert pixels(app.path(app.predict("image", [picture]))) == pixels(picture)


def test_what_takes_a_path_takes_a_file(
    serve: Serve, tmp_path: Path, text: Path, picture: Path
) -> None:
    import pandas as pd
    from PIL import Image

    with Session(serve(APP), download_path=tmp_path / "out") as session:
        assert pd.read_csv(session.predict("file", [text]))["b"].tolist() == [2, 4]
        assert Image.open(session.predict("image", [picture])).size == (9, 7)
        copy = shutil.copy(session.predict("file", [text]), tmp_path / "copy.csv")
        assert Path(copy).read_bytes() == text.read_bytes()
        with open(session.predict("file", [text]), "rb") as opened:  # noqa: PTH123 - that is what is tested
            assert opened.read() == text.read_bytes()


def test_a_notebook_shows_images_and_sounds(
    serve: Serve, sound: Path, picture: Path, text: Path, tmp_path: Path
) -> None:
    with Session(serve(APP), download_path=tmp_path / "out") as session:
        image = session.predict("image", [picture])
        assert base64.b64decode(image._repr_mimebundle_()["image/png"]) == image.read()
        audio = session.predict("audio", [sound])._repr_mimebundle_()
        assert audio["text/html"].startswith('<audio controls src="data:audio/')
        plain = session.predict("file", [text])
        assert set(plain._repr_mimebundle_()) == {"text/plain"}
        assert len(list((tmp_path / "out").iterdir())) == 2, "what is not shown is not fetched"


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the highest memory use is read from /proc"
)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_large_files_take_no_memory(serve: Serve, tmp_path: Path, kind: str) -> None:
    command = [
        sys.executable,
        str(ROOT / "tests" / "support" / "file_memory.py"),
        serve(APP),
        kind,
        str(tmp_path),
        str(64 * 1024 * 1024),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=patience(120)
    )
    found = json.loads(done.stdout)
    assert found["same_up"]
    assert found["same_down"]
    assert found["up"] <= 16 * 1024 * 1024
    assert found["down"] <= 16 * 1024 * 1024
