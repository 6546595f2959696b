"""Downloads from an app, a network and strangers that mean no good."""

from __future__ import annotations

import gzip
import os
import pickle
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradio_session.errors import ConnectError, ConnectionLostError, DownloadError, GradioSessionError
from tests.support.file_worlds import COOKIE, SECRET, AsyncFileWorld, FileWorld, file_worlds
from tests.support.hostile_server import Asked, HostileServer, endless, head, redirect, reply

Make = Callable[..., FileWorld]
FILE = "/gradio_api/file="
CONTENT = bytes(range(256)) * 2000


@pytest.fixture(params=["sync", "async"])
def make(request: Any) -> Iterator[Make]:
    yield from file_worlds(request.param)


@pytest.fixture
def app() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture
def stranger() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


def names(folder: Path) -> list[str]:
    """What a folder holds."""
    return sorted(each.name for each in folder.iterdir())


def ranged(content: bytes, *, cut: int, times: int, etag: str | None = '"v1"', resume: bool = True) -> Callable[[Asked], Iterator[bytes]]:
    """Serves `content`, but cuts the first `times` answers after `cut` bytes of them."""
    served: list[str] = []

    def handler(asked: Asked) -> Iterator[bytes]:
        served.append(asked.target)
        start = int(asked.headers["range"][6:-1]) if resume and "range" in asked.headers else 0
        headers = {"content-length": str(len(content) - start), **({"etag": etag} if etag else {})}
        if start:
            headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        if len(served) <= times:
            yield head(206 if start else 200, {**headers, "connection": "close"}) + body[:cut]
        else:
            yield head(206 if start else 200, headers) + body

    return handler


# What works


def test_a_file_is_fetched_once_and_only_when_it_is_used(make: Make, app: HostileServer, tmp_path: Path) -> None:
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


def test_pieces_that_are_left_early_give_the_connection_up(app: HostileServer, tmp_path: Path) -> None:
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
    assert world.download(world.file("/srv/a.txt"), str(tmp_path / "new") + "/") == tmp_path / "new" / "a.txt"
    file = world.file("/srv/a.txt")
    assert world.download(file, target) == target
    assert world.path(file) == target, "the copy that there is already"
    assert world.download(file, folder) == folder / "a-1.txt"
    assert world.download(file, target) == target
    assert target.read_bytes() == (folder / "a-1.txt").read_bytes() == b"content"
    assert app.count(FILE) == 3


def test_a_named_target_is_replaced_but_a_link_in_its_place_is_not_followed(make: Make, app: HostileServer, tmp_path: Path) -> None:
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


def test_two_that_want_the_same_file_fetch_it_once(make: Make, app: HostileServer, tmp_path: Path) -> None:
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


def test_results_of_the_same_name_never_overwrite_each_other(make: Make, app: HostileServer, tmp_path: Path) -> None:
    for number in range(5):
        app.on(f"{FILE}/srv/{number}/", reply(b"%d" % number))
    world = make(app.url, tmp_path)
    files = [world.file(f"/srv/{number}/image.webp") for number in range(5)]
    paths = world.together(*[file.apath if world.name == "async" else file.download for file in files])
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


def test_the_type_that_the_server_tells_gives_an_extension(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b"x", headers={"content-type": "image/png"}))
    world = make(app.url, tmp_path)
    assert world.path(world.file("/srv/noext")).name == "noext.png"


def test_plain_use_of_an_asynchronous_file_is_a_clear_error(app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b"x"))
    world = AsyncFileWorld(app.url, tmp_path)
    file = world.file("/srv/a.txt")
    for use in (lambda: file.path, file.read, lambda: os.fspath(file), lambda: list(file), file.open):
        with pytest.raises(DownloadError, match=r"await file\.apath"):
            use()
    assert not app.asked
    world.path(file)
    assert os.fspath(file) == str(tmp_path / "a.txt")
    assert file.read() == b"x"
    world.close()


def test_the_awaitable_forms_work_on_a_plain_session_too(app: HostileServer, tmp_path: Path) -> None:
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


# Broken transfers


@pytest.mark.parametrize("times", [1, 3])
def test_a_broken_transfer_is_taken_up_where_it_broke(make: Make, app: HostileServer, tmp_path: Path, times: int) -> None:
    app.on(FILE, ranged(CONTENT, cut=100_000, times=times))
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/a.bin")) == CONTENT
    assert app.asked[1].headers["range"] == "bytes=100000-"
    assert app.asked[1].headers["if-range"] == '"v1"'
    assert names(tmp_path) == ["a.bin"]


def test_so_is_one_that_is_read_in_pieces(make: Make, app: HostileServer) -> None:
    app.on(FILE, ranged(CONTENT, cut=100_000, times=2))
    world = make(app.url)
    assert b"".join(world.pieces(world.file("/srv/a.bin"))) == CONTENT


def test_a_server_without_ranges_sends_the_same_file_from_its_start(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, ranged(CONTENT, cut=100_000, times=1, resume=False))
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/a.bin")) == CONTENT


def test_a_file_that_changed_in_between_is_started_over(make: Make, app: HostileServer, tmp_path: Path) -> None:
    new = b"new content, all of it" * 10_000

    def handler(_: Asked) -> Iterator[bytes]:
        if len(app.asked) == 1:
            yield head(200, {"content-length": str(len(CONTENT)), "etag": '"v1"', "connection": "close"}) + CONTENT[:70_000]
        else:
            yield head(200, {"content-length": str(len(new)), "etag": '"v2"'}) + new

    app.on(FILE, handler)
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/a.bin")) == new
    app.asked.clear()
    with pytest.raises(DownloadError, match="fetch it again"):
        world.pieces(world.file("/srv/a.bin"))


@pytest.mark.parametrize("content_range", ["bytes 0-9/512000", "bytes 100001-511999/512000", "bytes 100000-511999/999999", "garbage", ""])
def test_a_rest_that_is_not_the_rest_is_never_appended(make: Make, app: HostileServer, tmp_path: Path, content_range: str) -> None:
    def handler(asked: Asked) -> Iterator[bytes]:
        if "range" in asked.headers:
            rest = b"z" * (len(CONTENT) - 100_000)
            yield head(206, {"content-length": str(len(rest)), "content-range": content_range, "etag": '"v1"'}) + rest
        elif len(app.asked) == 1:
            yield head(200, {"content-length": str(len(CONTENT)), "etag": '"v1"', "connection": "close"}) + CONTENT[:100_000]
        else:
            yield head(200, {"content-length": str(len(CONTENT)), "etag": '"v1"'}) + CONTENT

    app.on(FILE, handler)
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/a.bin")) == CONTENT


def test_a_transfer_that_always_breaks_ends_in_an_error_and_leaves_nothing(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, ranged(CONTENT, cut=10, times=99))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="again and again"):
        world.path(world.file("/srv/a.bin"))
    assert names(tmp_path) == []
    assert app.count(FILE) <= 8


def test_a_body_shorter_than_announced_is_never_taken_for_the_file(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b"short", headers={"content-length": "500", "connection": "close"}))
    world = make(app.url, tmp_path)
    with pytest.raises(GradioSessionError):
        world.path(world.file("/srv/a.bin"))
    assert names(tmp_path) == []


def test_a_body_longer_than_announced_is_cut_there_and_harms_no_other_request(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE + "/srv/long", reply(b"12345 and more", headers={"content-length": "5"}))
    app.on(FILE + "/srv/next", reply(b"next"))
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/long.txt")) == b"12345"
    assert world.read(world.file("/srv/next.txt")) == b"next"


def test_a_body_that_stalls_is_given_up(make: Make, app: HostileServer, tmp_path: Path) -> None:
    def handler(_: Asked) -> Iterator[bytes]:
        yield head(200, {"content-length": "100"}) + b"x"
        time.sleep(30)

    app.on(FILE, handler)
    world = make(app.url, tmp_path, heartbeat_timeout=0.2)
    started = time.monotonic()
    with pytest.raises(DownloadError, match="not a byte"):
        world.path(world.file("/srv/a.bin"))
    assert time.monotonic() - started < 15
    assert names(tmp_path) == []


def test_a_dead_app_is_an_error(make: Make, app: HostileServer, tmp_path: Path) -> None:
    world = make(app.url, tmp_path)
    app.stop()
    with pytest.raises(ConnectError):
        world.path(world.file("/srv/a.bin"))


# Sizes


def test_a_body_that_never_ends_ends_at_the_limit(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, endless())
    world = make(app.url, tmp_path, max_download_bytes=1_000_000)
    with pytest.raises(DownloadError, match="max_download_bytes=1000000"):
        world.path(world.file("/srv/a.bin"))
    assert names(tmp_path) == []
    with pytest.raises(DownloadError, match="max_download_bytes"):
        world.pieces(world.file("/srv/a.bin"))


def test_an_announced_size_over_the_limit_is_refused_before_it_is_read(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b"x", headers={"content-length": "1000001"}))
    world = make(app.url, tmp_path, max_download_bytes=1_000_000)
    with pytest.raises(DownloadError, match="max_download_bytes"):
        world.path(world.file("/srv/a.bin"))


def test_a_compressed_body_is_refused(make: Make, app: HostileServer, tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    app.on(FILE, reply(bomb, headers={"content-encoding": "gzip"}))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="compressed"):
        world.path(world.file("/srv/a.bin"))
    assert names(tmp_path) == []


# Names and places


@pytest.mark.parametrize(
    "name",
    [
        "../../escape.txt", "/etc/escape.txt", "..\\..\\escape.txt", "C:\\escape.txt", "a/../../escape.txt", "..", ".", "", "/", "\\", "x\0y.txt",
        "~/escape.txt", ".bashrc", "CON", "nul.txt", "a\nb.txt", "a" * 5000, "\u202egnp.exe", "ünï\u0301.txt", "-rf", "%2e%2e%2fescape.txt",
        "//srv/share/x",
    ],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(make: Make, app: HostileServer, tmp_path: Path, name: str) -> None:
    app.on(FILE, reply(b"content"))
    folder = tmp_path / "a" / "b" / "out"
    folder.mkdir(parents=True)
    world = make(app.url, folder)
    path = world.path(world.file("/srv/x", orig_name=name))
    assert path.parent == folder
    assert path.resolve() == path
    assert [str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*") if each.is_file()] == [str(path.relative_to(tmp_path))]
    path = world.path(world.file(name or "/srv/x"))
    assert path.parent == folder


def test_links_planted_in_the_folder_are_neither_followed_nor_replaced(make: Make, app: HostileServer, tmp_path: Path) -> None:
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


def test_file_systems_without_hard_links(make: Make, app: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    app.on(FILE, reply(b"content"))
    (tmp_path / "a.txt").write_text("mine")
    world = make(app.url, tmp_path)
    assert world.path(world.file("/srv/a.txt")) == tmp_path / "a-1.txt"
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert names(tmp_path) == ["a-1.txt", "a.txt"]


def test_a_folder_that_cannot_be_written_is_an_error(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, reply(b"content"))
    (tmp_path / "file").write_text("x")
    world = make(app.url, tmp_path / "file" / "out")
    with pytest.raises(DownloadError, match="download_path"):
        world.path(world.file("/srv/a.txt"))


# Strangers


def secrets_seen(server: HostileServer) -> list[str]:
    """Headers that a stranger must not see."""
    return [
        f"{name}: {value}"
        for asked in server.asked
        for name, value in asked.headers.items()
        if SECRET in value or COOKIE in value or name == "cookie"
    ]


def test_a_file_on_a_private_host_is_refused(make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path) -> None:
    stranger.on("/", reply(b"internal"))
    world = make(app.url, tmp_path)
    for url in (
        f"{stranger.url}/secret", f"http://localhost:{stranger.port}/x", f"http://127.1:{stranger.port}/x", f"http://2130706433:{stranger.port}/x",
        f"http://[::ffff:127.0.0.1]:{stranger.port}/x", f"http://0.0.0.0:{stranger.port}/x", f"http://0x7f.1:{stranger.port}/x",
    ):  # fmt: skip
        with pytest.raises(DownloadError, match="not public"):
            world.path(world.file(url))
        with pytest.raises(DownloadError, match="not public"):
            world.path(world.file(None, url=url))
    assert not stranger.asked
    assert not app.asked


@pytest.mark.parametrize("url", ["http://metadata.invalid/x", "http:///x", "http://[broken/x", "http://h:99999/x", "http://h:0x/"])
def test_addresses_that_lead_nowhere(make: Make, app: HostileServer, tmp_path: Path, url: str) -> None:
    world = make(app.url, tmp_path)
    with pytest.raises((DownloadError, ConnectError)):
        world.path(world.file(url))


@pytest.mark.parametrize("path", ["file:///etc/passwd", "ftp://example.org/x", "/etc/passwd", "javascript:alert(1)"])
def test_other_schemes_are_server_paths_and_nothing_local_is_read(make: Make, app: HostileServer, tmp_path: Path, path: str) -> None:
    app.on(FILE, reply(b"from the app"))
    world = make(app.url, tmp_path)
    assert world.read(world.file(path)) == b"from the app"


def test_a_named_host_is_asked_without_credentials(make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path) -> None:
    stranger.on("/cat.png", reply(b"cat", headers={"set-cookie": "evil=1; Domain=127.0.0.1; Path=/"}))
    app.on(FILE, reply(b"own"))
    world = make(app.url, tmp_path, allowed_hosts=[f"127.0.0.1:{stranger.port}"])
    assert world.read(world.file(f"{stranger.url}/cat.png")) == b"cat"
    assert secrets_seen(stranger) == []
    world.read(world.file("/srv/a"))
    assert "evil" not in app.asked[-1].headers["cookie"]


def test_a_redirect_to_another_origin_gets_no_credentials(make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path) -> None:
    stranger.on("/cat.png", reply(b"cat"))
    app.on(FILE, redirect(f"{stranger.url}/cat.png"))
    refused = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="not public"):
        refused.path(refused.file("/srv/a.png"))
    assert not stranger.asked
    allowed = make(app.url, tmp_path, allowed_hosts=["127.0.0.1"])
    assert allowed.read(allowed.file("/srv/a.png")) == b"cat"
    assert secrets_seen(stranger) == []


def test_a_chain_that_left_the_app_never_gets_its_credentials_back(make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, redirect(f"{stranger.url}/back"))
    stranger.on("/back", redirect(f"{app.url}/logout"))
    app.on("/logout", reply(b"logged out"))
    world = make(app.url, tmp_path, allowed_hosts=["127.0.0.1"])
    assert world.read(world.file("/srv/a.png")) == b"logged out"
    assert "authorization" not in app.asked[-1].headers
    assert "cookie" not in app.asked[-1].headers


def test_a_redirect_on_the_same_origin_keeps_them(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, redirect("/elsewhere"))
    app.on("/elsewhere", reply(b"moved"))
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/a.png")) == b"moved"
    assert app.asked[-1].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://example.org/x", "http://user:pw@127.0.0.1/", "gopher://x", "http://", "//[broken", "http://h:99999/"]
)
def test_redirects_to_nonsense_are_refused(make: Make, app: HostileServer, tmp_path: Path, to: str) -> None:
    app.on(FILE, redirect(to))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="redirected"):
        world.path(world.file("/srv/a.png"))


def test_redirects_in_a_circle_end(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on(FILE, redirect(FILE + "/srv/a.png"))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="more than 5"):
        world.path(world.file("/srv/a.png"))
    assert app.count(FILE) == 6


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the name "files.example.test" resolve to one answer after another, and remember what is resolved."""
    real = socket.getaddrinfo
    asked: list[str] = []
    pending = list(answers)

    def fake(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name != "files.example.test":
            return real(host, port, *args, **kwargs)
        asked.append(name)
        found = pending.pop(0) if len(pending) > 1 else pending[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return asked


def pretend_public(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Let one loopback address count as public: no test leaves this machine."""
    from gradio_session.protocol import addresses, downloads

    real = addresses.is_public
    monkeypatch.setattr(downloads, "not_public", lambda found: [each for each in found if each != address and not real(each)])


def test_the_connection_goes_to_the_address_that_was_judged(make: Make, app: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with HostileServer("127.0.0.2") as public:
        public.on("/cat.png", reply(b"cat"))
        asked = resolving(monkeypatch, ["127.0.0.2"], ["127.0.0.1"])
        pretend_public(monkeypatch, "127.0.0.2")
        monkeypatch.setenv("HTTP_PROXY", app.url)
        monkeypatch.setenv("ALL_PROXY", app.url)
        world = make(app.url, tmp_path)
        assert world.read(world.file(f"http://files.example.test:{public.port}/cat.png")) == b"cat"
        assert asked == ["files.example.test"], "one resolution, the judged one"
        assert public.asked[0].headers["host"] == f"files.example.test:{public.port}"
        assert secrets_seen(public) == []
        assert not app.asked, "no proxy from the environment"


def test_a_host_with_one_private_address_is_refused(make: Make, app: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match=r"10\.0\.0\.1"):
        world.path(world.file("http://files.example.test/cat.png"))


def test_an_address_that_does_not_answer_gives_way_to_the_next(
    make: Make, app: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradio_session.protocol import downloads

    with HostileServer("127.0.0.2") as public:
        public.on("/cat.png", reply(b"cat"))
        resolving(monkeypatch, ["127.0.0.3", "127.0.0.2"])
        monkeypatch.setattr(downloads, "not_public", lambda _: [])
        world = make(app.url, tmp_path)
        assert world.read(world.file(f"http://files.example.test:{public.port}/cat.png")) == b"cat"


def test_a_stream_is_fetched_through_its_playlist(make: Make, app: HostileServer, tmp_path: Path) -> None:
    looks: list[int] = []

    def playlist(_: Asked) -> Iterator[bytes]:
        looks.append(1)
        body = b"#EXTM3U\n#EXTINF:1,\n1.aac\n" + (b"#EXTINF:1,\n2.aac\n#EXT-X-ENDLIST\n" if len(looks) > 1 else b"")
        yield head(200, {"content-length": str(len(body))}) + body

    app.on("/gradio_api/stream/h/1/2/playlist.m3u8", playlist)
    app.on("/gradio_api/stream/h/1/2/1.aac", reply(b"first "))
    app.on("/gradio_api/stream/h/1/2/2.aac", reply(b"second"))
    world = make(app.url, tmp_path)
    file = world.file("h/1/2/playlist.m3u8", is_stream=True, orig_name="audio-stream.mp3")
    assert world.path(file) == tmp_path / "audio-stream.aac"
    assert world.read(file) == b"first second"


def test_a_playlist_cannot_lead_to_private_hosts_nor_get_credentials_sent(
    make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path
) -> None:
    stranger.on("/", reply(b"internal"))
    body = b"#EXTM3U\n#EXTINF:1,\n" + stranger.url.encode() + b"/secret.ts\n#EXT-X-ENDLIST\n"
    app.on("/gradio_api/stream/", reply(body))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="not public"):
        world.path(world.file("h/1/2/playlist.m3u8", is_stream=True))
    assert not stranger.asked
    allowed = make(app.url, tmp_path, allowed_hosts=["127.0.0.1"])
    allowed.path(allowed.file("h/1/2/playlist.m3u8", is_stream=True))
    assert secrets_seen(stranger) == []


def test_the_size_limit_holds_for_a_whole_stream(make: Make, app: HostileServer, tmp_path: Path) -> None:
    app.on("/gradio_api/stream/", reply(b"#EXTM3U\n" + b"#EXTINF:1,\nx.ts\n" * 100 + b"#EXT-X-ENDLIST\n"))
    app.on("/gradio_api/stream/h/1/2/x.ts", reply(b"x" * 1000))
    world = make(app.url, tmp_path, max_download_bytes=10_000)
    with pytest.raises(DownloadError, match="max_download_bytes"):
        world.path(world.file("h/1/2/playlist.m3u8", is_stream=True))
    assert names(tmp_path) == []


def test_no_error_shows_a_secret(make: Make, app: HostileServer, tmp_path: Path) -> None:
    world = make(app.url, tmp_path)
    for status in (401, 403, 404, 416, 429, 500, 503):
        app.on(FILE, reply(b"no", status))
        with pytest.raises(GradioSessionError) as caught:
            world.path(world.file("/srv/a.png"))
        assert SECRET not in str(caught.value)
        assert COOKIE not in repr(caught.value)
    assert not isinstance(caught.value, ConnectionLostError)
