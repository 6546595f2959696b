"""Downloads whose names lead elsewhere, to folders that hold links or cannot be written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gradio_session.errors import DownloadError
from tests.support.downloads import FILE, names
from tests.support.file_worlds import Make
from tests.support.hostile_server import HostileServer, reply


@pytest.mark.parametrize(
    "name",
    [
        "../../escape.txt", "/etc/escape.txt", "..\\..\\escape.txt", "C:\\escape.txt",
        "a/../../escape.txt", "..", ".", "", "/", "\\", "x\0y.txt", "~/escape.txt", ".bashrc",
        "CON", "nul.txt", "a\nb.txt", "a" * 5000, "\u202egnp.exe", "ünï\u0301.txt", "-rf",
        "%2e%2e%2fescape.txt",
        "//srv/share/x",
    ],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(
    make: Make, app: HostileServer, tmp_path: Path, name: str
) -> None:
    app.on(FILE, reply(b"content"))
    folder = tmp_path / "a" / "b" / "out"
    folder.mkdir(parents=True)
    world = make(app.url, folder)
    path = world.path(world.file("/srv/x", orig_name=name))
    assert path.parent == folder
    assert path.resolve() == path
    assert [str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*") if each.is_file()] == [
        str(path.relative_to(tmp_path))
    ]
    if ".." in name.replace("\\", "/").split("/")[1:]:
        return  # as a path on the server it is not asked for
    path = world.path(world.file(name or "/srv/x"))
    assert path.parent == folder


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "path",
    [
        "../../x", "/../x", "/tmp/../../../logout", "/tmp/..", "..\\..\\x", "/tmp\\../x",
        "/tmp/%2e%2e/%2E./x",
    ],
)  # fmt: skip
def test_a_path_that_leads_out_of_the_route_for_files_is_not_asked_for(
    make: Make, app: HostileServer, tmp_path: Path, path: str, stream: bool
) -> None:
    """Encoded dots are none the safer: proxies decode and resolve them."""
    app.on("/", reply(b"logged out"))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match=r'".." in its path'):
        world.path(world.file(path, is_stream=stream))
    assert not app.asked
    assert names(tmp_path) == []


@pytest.mark.parametrize("path", ["/tmp/a..b/..c/...", "/tmp/./x", "..", "/tmp/..%"])
def test_other_dots_are_part_of_names(
    make: Make, app: HostileServer, tmp_path: Path, path: str
) -> None:
    app.on(FILE, reply(b"content"))
    world = make(app.url, tmp_path)
    assert world.read(world.file(path)) == b"content"


def test_links_planted_in_the_folder_are_neither_followed_nor_replaced(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, reply(b"content"))
    folder = tmp_path / "out"
    folder.mkdir()
    victim = tmp_path / "victim.txt"
    victim.write_text("precious")
    (folder / "a.txt").symlink_to(victim)
    (folder / "a-1.txt").symlink_to(tmp_path / "nowhere.txt")
    (folder / "a-2.txt").mkdir()
    world = make(app.url, folder)
    assert world.path(world.file("/srv/a.txt")) == folder / "a-3.txt"
    assert victim.read_text() == "precious"
    assert not (tmp_path / "nowhere.txt").exists()
    assert (folder / "a.txt").is_symlink()


def test_file_systems_without_hard_links(
    make: Make, app: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    app.on(FILE, reply(b"content"))
    (tmp_path / "a.txt").write_text("mine")
    world = make(app.url, tmp_path)
    assert world.path(world.file("/srv/a.txt")) == tmp_path / "a-1.txt"
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert names(tmp_path) == ["a-1.txt", "a.txt"]


def test_a_folder_that_cannot_be_written_is_an_error(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, reply(b"content"))
    (tmp_path / "file").write_text("x")
    world = make(app.url, tmp_path / "file" / "out")
    with pytest.raises(DownloadError, match="download_path"):
        world.path(world.file("/srv/a.txt"))
