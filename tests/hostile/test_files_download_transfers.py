"""Downloads that break off, change, stall, lie about their size or never end."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradio_session.errors import ConnectError, DownloadError, GradioSessionError
from tests.support.downloads import CONTENT, FILE, names
from tests.support.file_worlds import Make
from tests.support.hostile_server import Asked, HostileServer, endless, head, reply


def ranged(
    content: bytes, *, cut: int, times: int, etag: str | None = '"v1"', resume: bool = True
) -> Callable[[Asked], Iterator[bytes]]:
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


# Broken transfers


@pytest.mark.parametrize("times", [1, 3])
def test_a_broken_transfer_is_taken_up_where_it_broke(
    make: Make, app: HostileServer, tmp_path: Path, times: int
) -> None:
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


def test_a_server_without_ranges_sends_the_same_file_from_its_start(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, ranged(CONTENT, cut=100_000, times=1, resume=False))
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/a.bin")) == CONTENT


def test_a_file_that_changed_in_between_is_started_over(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    new = b"new content, all of it" * 10_000

    def handler(_: Asked) -> Iterator[bytes]:
        if len(app.asked) == 1:
            yield (
                head(
                    200,
                    {"content-length": str(len(CONTENT)), "etag": '"v1"', "connection": "close"},
                )
                + CONTENT[:70_000]
            )
        else:
            yield head(200, {"content-length": str(len(new)), "etag": '"v2"'}) + new

    app.on(FILE, handler)
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/a.bin")) == new
    app.asked.clear()
    with pytest.raises(DownloadError, match="fetch it again"):
        world.pieces(world.file("/srv/a.bin"))


@pytest.mark.parametrize(
    "content_range",
    ["bytes 0-9/512000", "bytes 100001-511999/512000", "bytes 100000-511999/999999", "garbage", ""],
)
def test_a_rest_that_is_not_the_rest_is_never_appended(
    make: Make, app: HostileServer, tmp_path: Path, content_range: str
) -> None:
    def handler(asked: Asked) -> Iterator[bytes]:
        if "range" in asked.headers:
            rest = b"z" * (len(CONTENT) - 100_000)
            yield (
                head(
                    206,
                    {
                        "content-length": str(len(rest)),
                        "content-range": content_range,
                        "etag": '"v1"',
                    },
                )
                + rest
            )
        elif len(app.asked) == 1:
            yield (
                head(
                    200,
                    {"content-length": str(len(CONTENT)), "etag": '"v1"', "connection": "close"},
                )
                + CONTENT[:100_000]
            )
        else:
            yield head(200, {"content-length": str(len(CONTENT)), "etag": '"v1"'}) + CONTENT

    app.on(FILE, handler)
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/a.bin")) == CONTENT


def test_a_transfer_that_always_breaks_ends_in_an_error_and_leaves_nothing(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, ranged(CONTENT, cut=10, times=99))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="again and again"):
        world.path(world.file("/srv/a.bin"))
    assert names(tmp_path) == []
    assert app.count(FILE) <= 8


def test_a_body_shorter_than_announced_is_never_taken_for_the_file(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, reply(b"short", headers={"content-length": "500", "connection": "close"}))
    world = make(app.url, tmp_path)
    with pytest.raises(GradioSessionError):
        world.path(world.file("/srv/a.bin"))
    assert names(tmp_path) == []


def test_a_stream_that_is_sent_only_once_is_not_asked_for_again(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on("/gradio_api/stream/h/1/2", ranged(CONTENT, cut=100_000, times=1))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match=r"broke off after .* bytes .*only once"):
        world.path(world.file("h/1/2", is_stream=True, orig_name="beep.wav"))
    assert names(tmp_path) == []
    assert len(app.asked) == 1


def test_a_body_longer_than_announced_is_cut_there_and_harms_no_other_request(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
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
    with pytest.raises(DownloadError, match="not a byte"):
        world.path(world.file("/srv/a.bin"))
    assert names(tmp_path) == []


def test_a_dead_app_is_an_error(make: Make, app: HostileServer, tmp_path: Path) -> None:
    world = make(app.url, tmp_path)
    app.stop()
    with pytest.raises(ConnectError):
        world.path(world.file("/srv/a.bin"))


# Sizes


def test_a_body_that_never_ends_ends_at_the_limit(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, endless())
    world = make(app.url, tmp_path, max_download_bytes=1_000_000)
    with pytest.raises(DownloadError, match="max_download_bytes=1000000"):
        world.path(world.file("/srv/a.bin"))
    assert names(tmp_path) == []
    with pytest.raises(DownloadError, match="max_download_bytes"):
        world.pieces(world.file("/srv/a.bin"))


def test_an_announced_size_over_the_limit_is_refused_before_it_is_read(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
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
