"""Downloads from strangers: private addresses and redirects, and secrets that none of them gets."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from gradio_session.errors import (
    ConnectError,
    ConnectionLostError,
    DownloadError,
    GradioSessionError,
)
from tests.support.downloads import FILE, secrets_seen
from tests.support.file_worlds import COOKIE, SECRET, Make
from tests.support.hostile_server import HostileServer, redirect, reply


def test_a_file_on_a_private_host_is_refused(
    make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path
) -> None:
    stranger.on("/", reply(b"internal"))
    world = make(app.url, tmp_path)
    for url in (
        f"{stranger.url}/secret",
        f"http://localhost:{stranger.port}/x",
        f"http://127.1:{stranger.port}/x",
        f"http://2130706433:{stranger.port}/x",
        f"http://[::ffff:127.0.0.1]:{stranger.port}/x",
        f"http://0.0.0.0:{stranger.port}/x",
        f"http://0x7f.1:{stranger.port}/x",
    ):
        with pytest.raises(DownloadError, match="not public"):
            world.path(world.file(url))
        with pytest.raises(DownloadError, match="not public"):
            world.path(world.file(None, url=url))
    assert not stranger.asked
    assert not app.asked


@pytest.mark.parametrize(
    "url",
    [
        "http://metadata.invalid/x",
        "http:///x",
        "http://[broken/x",
        "http://h:99999/x",
        "http://h:0x/",
    ],
)
def test_addresses_that_lead_nowhere(
    make: Make, app: HostileServer, tmp_path: Path, url: str
) -> None:
    world = make(app.url, tmp_path)
    with pytest.raises((DownloadError, ConnectError)):
        world.path(world.file(url))


@pytest.mark.parametrize(
    "path", ["file:///etc/passwd", "ftp://example.org/x", "/etc/passwd", "javascript:alert(1)"]
)
def test_other_schemes_are_server_paths_and_nothing_local_is_read(
    make: Make, app: HostileServer, tmp_path: Path, path: str
) -> None:
    app.on(FILE, reply(b"from the app"))
    world = make(app.url, tmp_path)
    assert world.read(world.file(path)) == b"from the app"


def test_a_named_host_is_asked_without_credentials(
    make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path
) -> None:
    stranger.on(
        "/cat.png", reply(b"cat", headers={"set-cookie": "evil=1; Domain=127.0.0.1; Path=/"})
    )
    app.on(FILE, reply(b"own"))
    world = make(app.url, tmp_path, allowed_hosts=[f"127.0.0.1:{stranger.port}"])
    assert world.read(world.file(f"{stranger.url}/cat.png")) == b"cat"
    assert secrets_seen(stranger) == []
    world.read(world.file("/srv/a"))
    assert "evil" not in app.asked[-1].headers["cookie"]


def test_a_redirect_to_another_origin_gets_no_credentials(
    make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path
) -> None:
    stranger.on("/cat.png", reply(b"cat"))
    app.on(FILE, redirect(f"{stranger.url}/cat.png"))
    refused = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="not public"):
        refused.path(refused.file("/srv/a.png"))
    assert not stranger.asked
    allowed = make(app.url, tmp_path, allowed_hosts=["127.0.0.1"])
    assert allowed.read(allowed.file("/srv/a.png")) == b"cat"
    assert secrets_seen(stranger) == []


def test_a_chain_that_left_the_app_never_gets_its_credentials_back(
    make: Make, app: HostileServer, stranger: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, redirect(f"{stranger.url}/back"))
    stranger.on("/back", redirect(f"{app.url}/logout"))
    app.on("/logout", reply(b"logged out"))
    world = make(app.url, tmp_path, allowed_hosts=["127.0.0.1"])
    assert world.read(world.file("/srv/a.png")) == b"logged out"
    assert "authorization" not in app.asked[-1].headers
    assert "cookie" not in app.asked[-1].headers


def test_a_redirect_on_the_same_origin_keeps_them(
    make: Make, app: HostileServer, tmp_path: Path
) -> None:
    app.on(FILE, redirect("/elsewhere"))
    app.on("/elsewhere", reply(b"moved"))
    world = make(app.url, tmp_path)
    assert world.read(world.file("/srv/a.png")) == b"moved"
    assert app.asked[-1].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    "to",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "http://user:pw@127.0.0.1/",
        "gopher://x",
        "http://",
        "//[broken",
        "http://h:99999/",
    ],
)
def test_redirects_to_nonsense_are_refused(
    make: Make, app: HostileServer, tmp_path: Path, to: str
) -> None:
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
    """Let the name "files.example.test" resolve to one answer after another, and remember what is
    resolved.
    """
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
    from gradio_session.protocol.base import ip_addresses as addresses
    from gradio_session.protocol.operations import file_request as downloads

    real = addresses.is_public
    monkeypatch.setattr(
        downloads,
        "not_public",
        lambda found: [each for each in found if each != address and not real(each)],
    )


def test_the_connection_goes_to_the_address_that_was_judged(
    make: Make, app: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_host_with_one_private_address_is_refused(
    make: Make, app: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match=r"10\.0\.0\.1"):
        world.path(world.file("http://files.example.test/cat.png"))


def test_an_address_that_does_not_answer_gives_way_to_the_next(
    make: Make, app: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradio_session.protocol.operations import file_request as downloads

    with HostileServer("127.0.0.2") as public:
        public.on("/cat.png", reply(b"cat"))
        resolving(monkeypatch, ["127.0.0.3", "127.0.0.2"])
        monkeypatch.setattr(downloads, "not_public", lambda _: [])
        world = make(app.url, tmp_path)
        assert world.read(world.file(f"http://files.example.test:{public.port}/cat.png")) == b"cat"


@pytest.mark.parametrize(
    "path",
    ["../../logout", "/tmp/../../../logout", "%2e%2e/%2e%2e/logout", "..\\..\\logout"],
)
def test_an_address_of_the_app_gets_credentials_below_its_route_for_files_alone(
    make: Make, app: HostileServer, tmp_path: Path, path: str
) -> None:
    app.on("/", reply(b"logged out"))
    world = make(app.url, tmp_path)
    with pytest.raises(DownloadError, match="not public"):
        world.path(world.file(f"{app.url}/gradio_api/file={path}"))
    assert not app.asked
    allowed = make(app.url, tmp_path, allowed_hosts=["127.0.0.1"])
    allowed.path(allowed.file(f"{app.url}/gradio_api/file={path}"))
    assert secrets_seen(app) == []


def test_no_error_shows_a_secret(make: Make, app: HostileServer, tmp_path: Path) -> None:
    world = make(app.url, tmp_path)
    for status in (401, 403, 404, 416, 429, 500, 503):
        app.on(FILE, reply(b"no", status))
        with pytest.raises(GradioSessionError) as caught:
            world.path(world.file("/srv/a.png"))
        assert SECRET not in str(caught.value)
        assert COOKIE not in repr(caught.value)
    assert not isinstance(caught.value, ConnectionLostError)
