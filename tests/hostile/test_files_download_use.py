"""Downloads from an app that means well: fetched when they are used, once, to where they are
wanted.
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradio_session.errors import DownloadError
from tests.support.downloads import CONTENT, FILE, names
from tests.support.file_worlds import COOKIE, SECRET, AsyncFileWorld, FileWorld, Make
from tests.support.hostile_server import Asked, HostileServer, endless, head, reply


def test_a_file_is_fetched_once_and_only_when_it_is_used(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE + "/srv/cat.png", reply(CONTENT, headers={"content-type": "image/png"}))
    world = make(app.url, tmp_path / "out")
    file = world.file("/srv/cat.png")
    assert not app.asked
    assert not (tmp_path / "out").exists()
    assert world.path(file) == tmp_path / "out" / "cat.png"
    assert world.read(file) == CONTENT
    assert world.path(file).read_bytes() == CONTENT
    assert b"".join(world.pieces(file)) == CONTENT
    assert os.fspath(file) == str(tmp_path / "out" / "cat.png")
    assert file.size == len(CONTENT)
    with file.open() as opened:
        assert opened.read() == CONTENT
    assert app.count(FILE) == 1
    assert names(tmp_path / "out") == ["cat.png"]


def test_credentials_go_with_it(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b"x"))
    world = make(app.url, tmp_path)
    world.read(world.file("/srv/a"))
    assert app.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    assert COOKIE in app.asked[0].headers["cookie"]
    assert app.asked[0].headers["accept-encoding"] == "identity"


def test_pieces_are_not_kept(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(CONTENT))
    world = make(app.url, tmp_path / "out")
    assert b"".join(world.pieces(world.file("/srv/a"))) == CONTENT
    assert not (tmp_path / "out").exists()


def test_pieces_that_are_left_early_give_the_connection_up(
    app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, endless())
    world = FileWorld(app.url, tmp_path)
    try:
        for piece in world.file("/srv/a"):
            assert piece
            break
        app.on(FILE, reply(b"next"))
        assert world.read(world.file("/srv/b")) == b"next"
    finally:
        world.close()


def test_a_place_of_the_users_choice(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b"content"))
    world = make(app.url, tmp_path / "out")
    folder = tmp_path / "folder"
    folder.mkdir()
    target = tmp_path / "deep" / "er" / "mine.bin"
    assert world.download(world.file("/srv/a.txt"), folder) == folder / "a.txt"
    assert (
        world.download(world.file("/srv/a.txt"), str(tmp_path / "new") + "/")
        == tmp_path / "new" / "a.txt"
    )
    file = world.file("/srv/a.txt")
    assert world.download(file, target) == target
    assert world.path(file) == target, "the copy that there is already"
    assert world.download(file, folder) == folder / "a-1.txt"
    assert world.download(file, target) == target
    assert target.read_bytes() == (folder / "a-1.txt").read_bytes() == b"content"
    assert app.count(FILE) == 3


def test_a_named_target_is_replaced_but_a_link_in_its_place_is_not_followed(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, reply(b"content"))
    world = make(app.url, tmp_path)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    link = tmp_path / "link"
    link.symlink_to(victim)
    world.download(world.file("/srv/a.txt"), link)
    assert victim.read_text() == "precious"
    assert link.read_bytes() == b"content"
    assert not link.is_symlink()


def test_two_that_want_the_same_file_fetch_it_once(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    def slow(_: Asked) -> Iterator[bytes]:
        yield head(200, {"content-length": "4"}) + b"ab"
        time.sleep(0.3)
        yield b"cd"

    app.on(FILE, slow)
    world = make(app.url, tmp_path)
    file = world.file("/srv/a.txt")
    step = file.apath if world.name == "async" else file.download
    assert world.together(step, step, step) == [tmp_path / "a.txt"] * 3
    assert app.count(FILE) == 1


def test_results_of_the_same_name_never_overwrite_each_other(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    for number in range(5):
        app.on(f"{FILE}/srv/{number}/", reply(b"%d" % number))
    world = make(app.url, tmp_path)
    files = [world.file(f"/srv/{number}/image.webp") for number in range(5)]
    paths = world.together(
        *[file.apath if world.name == "async" else file.download for file in files]
    )
    assert len(set(paths)) == 5
    assert sorted(path.read_bytes() for path in paths) == [b"0", b"1", b"2", b"3", b"4"]
    assert all(path.suffix == ".webp" for path in paths)


def test_a_deleted_copy_is_fetched_again(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b"x"))
    world = make(app.url, tmp_path)
    file = world.file("/srv/a")
    world.path(file).unlink()
    assert world.read(file) == b"x"
    assert app.count(FILE) == 2


def test_without_a_folder_files_go_to_a_temporary_one(make: Make, app: HostileServer) -> None:
    app.on(FILE, reply(b"x"))
    world = make(app.url)
    path = world.path(world.file("/srv/a.txt"))
    assert path.read_bytes() == b"x"
    assert path.parent.name.startswith("gradio-session-")


def test_an_empty_file(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b""))
    world = make(app.url, tmp_path)
    assert world.path(world.file("/srv/a.txt")).read_bytes() == b""


def test_the_type_that_the_server_tells_gives_an_extension(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, reply(b"x", headers={"content-type": "image/png"}))
    world = make(app.url, tmp_path)
    assert world.path(world.file("/srv/noext")).name == "noext.png"


def test_plain_use_of_an_asynchronous_file_is_a_clear_error(
    app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, reply(b"x"))
    world = AsyncFileWorld(app.url, tmp_path)
    file = world.file("/srv/a.txt")
    for use in (
        lambda: file.path,
        file.read,
        lambda: os.fspath(file),
        lambda: list(file),
        file.open,
    ):
        with pytest.raises(DownloadError, match=r"await file\.apath"):
            use()
    assert not app.asked
    world.path(file)
    assert os.fspath(file) == str(tmp_path / "a.txt")
    assert file.read() == b"x"
    world.close()


def test_the_awaitable_forms_work_on_a_plain_session_too(
    app: HostileServer, tmp_path: Path
) -> None:
    import asyncio

    app.on(FILE, reply(CONTENT))
    world = FileWorld(app.url, tmp_path)
    file = world.file("/srv/a.txt")
    pieces = world.file("/srv/b.txt")

    async def use() -> tuple[bytes, bytes]:
        with await file.aopen("rb") as opened:
            return opened.read(), b"".join([piece async for piece in pieces])

    assert asyncio.run(use()) == (CONTENT, CONTENT)
    world.close()


def test_a_mode_that_writes_is_refused(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply("ü".encode()))
    world = make(app.url, tmp_path)
    file = world.file("/srv/a.txt")
    with pytest.raises(ValueError, match="not written"):
        file.open("wb")  # type: ignore[call-overload]
    world.path(file)
    with file.open("r") as opened:
        assert opened.read() == "ü"


def test_a_pickled_file_is_a_reference(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b"x"))
    world = make(app.url, tmp_path)
    file = world.file("/srv/a.txt")
    pickled = pickle.dumps(file)
    assert SECRET.encode() not in pickled
    assert COOKIE.encode() not in pickled
    copy = pickle.loads(pickled)
    assert (copy.url, copy.name) == (file.url, file.name)
    with pytest.raises(DownloadError, match="Session"):
        copy.read()
    world.path(file)
    assert pickle.loads(pickle.dumps(file)).read() == b"x"
