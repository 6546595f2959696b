"""Real apps found and read, plain, mounted and behind a root path, on every version; by both
transports.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from gradio_session.errors import (
    ConnectError,
    EndpointNotFoundError,
    ProtocolError,
    UnsupportedVersionError,
)
from gradio_session.protocol.app_schema.file_layout import file_layout_of
from gradio_session.protocol.base.urls import normalize_url
from gradio_session.protocol.operations import discovery
from tests.conftest import Serve
from tests.support.environments import ROOT
from tests.support.flows import Transported, config_document
from tests.support.http_servers import serving

APP = ROOT / "tests" / "apps" / "wired.py"


@pytest.fixture(params=["sync", "async"])
def transported(request: Any) -> Iterator[Transported]:
    """Both transports, with a secret for an app that none of these tests is."""
    with Transported(
        request.param, "http://127.0.0.1:1", headers={"authorization": "Bearer s3cret"}
    ) as transported:
        yield transported


def connect(transported: Transported, url: str) -> Any:
    return transported.run(discovery.connect(normalize_url(url)))


@pytest.mark.versions
@pytest.mark.parametrize("mount", [None, "/inner/app"])
def test_an_app_is_read(
    transported: Transported, serve: Serve, version: str, mount: str | None
) -> None:
    url = serve(APP, version, mount=mount)
    config = connect(transported, f"{url}/?__theme=dark")
    assert config.base_url == url
    assert ".".join(map(str, config.version)) == version
    assert config.prefix == ("" if version.startswith("4.") else "/gradio_api")
    mixed = config.dependency("mixed")
    assert [slot.type for slot in mixed.inputs] == ["textbox", "state", "button", "textbox"]
    assert [slot.type for slot in mixed.visible_inputs] == ["textbox", "textbox"]
    defaults = config.dependency("defaults")
    assert [slot.default for slot in defaults.inputs][:3] == ["as given", "green", 25]
    assert [file_layout_of(slot.schema) for slot in defaults.inputs] == [
        None,
        None,
        None,
        "file",
        None,
    ]
    info = transported.run(discovery.read_info(config))
    assert set(info) <= set(config.api_names)
    described = info.get("/defaults")
    assert described is not None
    assert [parameter.name for parameter in described.parameters] == [
        "text",
        "colour",
        "steps",
        "notes",
        "ticked",
    ]
    assert [parameter.component for parameter in described.parameters] == [
        slot.type for slot in defaults.inputs
    ]
    assert "/undocumented" not in info
    assert "/undocumented" in transported.run(discovery.read_info(config, all_endpoints=True))


@pytest.mark.versions
def test_hidden_and_unknown_endpoints(transported: Transported, serve: Serve, version: str) -> None:
    config = connect(transported, serve(APP, version))
    with pytest.raises(EndpointNotFoundError):
        config.dependency("secret")
    with pytest.raises(EndpointNotFoundError, match="Did you mean /defaults"):
        config.dependency("default")
    assert config.dependency("//lead").api_name == "//lead"
    assert not config.dependency("with/slash").by_name


def test_two_readings_show_a_restart(transported: Transported, serve: Serve) -> None:
    url = serve(APP)
    first, second = connect(transported, url), connect(transported, url)
    assert first.app_id == second.app_id is not None
    assert connect(transported, serve(APP, mount="/inner/app")).app_id != first.app_id


def test_behind_a_root_path(transported: Transported, serve: Serve) -> None:
    url = serve(APP, root_path="/sub")
    assert connect(transported, url).base_url == url
    assert connect(transported, url.removesuffix("/sub")).base_url == url.removesuffix("/sub")


def test_beside_the_mount_point(transported: Transported, serve: Serve) -> None:
    url = serve(APP, mount="/inner/app")
    with pytest.raises(ProtocolError, match=f"one does at {url}: use that address"):
        connect(transported, f"{url}/some/page")
    with pytest.raises(ProtocolError, match=r"No Gradio app answers.*mounted"):
        connect(transported, url.removesuffix("/inner/app"))


def test_nobody_there(transported: Transported) -> None:
    with pytest.raises(ConnectError):
        connect(transported, "http://127.0.0.1:9")


Answers = dict[str, tuple[int, dict[str, str], bytes]]


class Site:
    """A web site that is no Gradio app: fixed answers by path. `seen` keeps path and headers of
    each request.
    """

    def __init__(self, answers: Answers) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.seen.append(
                    (self.path, {name.lower(): value for name, value in self.headers.items()})
                )
                status, headers, body = answers.get(self.path, (404, {}, b"nothing"))
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
                """Keep quiet."""

        self._open = ExitStack()
        self.url = self._open.enter_context(serving(Handler))

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            (200, {"content-type": "text/html"}, b"<html><title>Hello</title>"),
            ProtocolError,
            'an HTML page titled "Hello"',
        ),
        (
            (200, {"content-type": "application/json"}, b'{"hello": 1}'),
            ProtocolError,
            "not that of a Gradio app",
        ),
        (
            (502, {"content-type": "text/html"}, b"<h1>Bad Gateway</h1>"),
            ProtocolError,
            "status 502",
        ),
        (
            (
                200,
                {"content-type": "application/json"},
                b'{"version": "3.50.2", "components": [], "dependencies": []}',
            ),
            UnsupportedVersionError,
            "Gradio 3.50.2",
        ),
    ],
)
def test_other_sites(
    transported: Transported, answer: Any, kind: type[Exception], words: str
) -> None:
    with Site({"/config": answer}) as site, pytest.raises(kind, match=words):
        connect(transported, site.url)


@pytest.mark.parametrize("world", ["sync", "async"])
def test_redirects_to_another_origin_take_no_secret_along(serve: Serve, world: str) -> None:
    import json

    config = json.dumps(config_document()).encode()
    with Site({"/config": (200, {"set-cookie": "other=1"}, config)}) as other:
        hops: Answers = {
            "/config": (307, {"location": "/moved/config", "set-cookie": "mine=1; Path=/"}, b""),
            "/moved/config": (302, {"location": f"{other.url}/config"}, b""),
        }
        with (
            Site(hops) as site,
            Transported(
                world, site.url, headers={"authorization": "Bearer s3cret", "x-api-key": "k3y"}
            ) as transported,
        ):
            found = transported.run(discovery.connect(site.url))
    assert found.base_url == other.url
    assert [headers.get("authorization") for _, headers in site.seen] == [
        "Bearer s3cret",
        "Bearer s3cret",
    ]
    assert site.seen[1][1]["cookie"] == "mine=1"
    ((path, headers),) = other.seen
    assert path == "/config"
    assert not {"authorization", "x-api-key", "cookie"} & headers.keys()
