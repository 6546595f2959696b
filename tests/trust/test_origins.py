"""Credentials stay on the app's own origin, and an app's words are only words."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradio_session import DownloadError, EndpointNotFoundError, GradioSessionError
from tests.support.fake_gradio import Answer, Event, FakeGradio
from tests.support.world import World

SECRETS: dict[str, Any] = {
    "token": "hf_s3cr3t",
    "headers": {"x-api-key": "s3cr3t-key"},
    "cookies": {"sticky": "s3cr3t-cookie"},
}


@pytest.fixture
def stranger() -> Iterator[FakeGradio]:
    with FakeGradio() as server:
        server.files["/loot"] = b"content of the stranger"
        yield server


def giving(value: Any) -> Any:
    async def script(event: Event) -> AsyncIterator[Any]:
        yield event.completed(value)

    return script


def file_data(**fields: Any) -> dict[str, Any]:
    return {"path": "x.txt", "orig_name": "x.txt", "meta": {"_type": "gradio.FileData"}, **fields}


def assert_no_secret(stranger: FakeGradio) -> None:
    for request in stranger.received:
        assert "s3cr3t" not in str(request.headers) + request.line + str(request.body)


def test_token_goes_to_the_app(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, **SECRETS)
    assert world.predict(session, "echo", ["x"]) == "x"
    for request in fake.received:
        assert request.headers["authorization"] == "Bearer hf_s3cr3t"
        assert request.headers["x-api-key"] == "s3cr3t-key"
        assert "s3cr3t-cookie" in request.headers["cookie"]


def test_public_call_carries_no_token(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, token="hf_s3cr3t")
    world.predict(session, "echo", ["warm"])
    count = len(fake.received)
    world.predict(session, "echo", ["x"], token="public")
    join = next(request for request in fake.received[count:] if request.line.startswith("POST"))
    assert "authorization" not in join.headers
    world.predict(session, "echo", ["x"])
    assert (
        fake.find("POST /gradio_api/call/echo")[-1].headers["authorization"] == "Bearer hf_s3cr3t"
    )


@pytest.mark.parametrize("kind", ["path is an address", "url of a stream", "url that lies"])
def test_files_of_another_origin_are_asked_for_without_credentials(
    world: World, fake: FakeGradio, stranger: FakeGradio, kind: str, tmp_path: Path
) -> None:
    address = f"{stranger.url}/gradio_api/file=/loot"
    value = {
        "path is an address": file_data(path=address, url=address),
        "url of a stream": file_data(url=address, is_stream=True),
        "url that lies": file_data(url=address),
    }[kind]
    fake.endpoint("file", giving(value), outputs=("file",))
    for allowed in ((), (f"127.0.0.1:{stranger.port}", "127.0.0.1")):
        session = world.open(
            fake.url, **SECRETS, download_path=str(tmp_path), allowed_hosts=allowed, retries=0
        )
        with contextlib.suppress(GradioSessionError):
            world.download(world.predict(session, "file", ["x"]))
        assert_no_secret(stranger)


def test_file_that_redirects_elsewhere(
    world: World, fake: FakeGradio, stranger: FakeGradio
) -> None:
    fake.endpoint("file", giving(file_data(path="/tmp/x.txt")), outputs=("file",))
    fake.always(
        "GET /gradio_api/file=",
        Answer(302, b"", {"location": f"{stranger.url}/gradio_api/file=/loot"}),
    )
    session = world.open(fake.url, **SECRETS, retries=0)
    file = world.predict(session, "file", ["x"])
    with pytest.raises(DownloadError):
        world.download(file)
    assert_no_secret(stranger)


def test_cookies_of_the_app_stay_with_the_app(world: World, stranger: FakeGradio) -> None:
    with FakeGradio(auth=("ada", "pw")) as fake:
        session = world.open(fake.url, auth=("ada", "pw"), retries=0)
        assert world.predict(session, "echo", ["x"]) == "x"
        fake.always(
            "POST /gradio_api/call/echo",
            Answer(307, b"", {"location": f"{stranger.url}/gradio_api/call/echo"}),
        )
        with pytest.raises(GradioSessionError):
            world.predict(session, "echo", ["x"])
        for request in stranger.received:
            assert "cookie" not in request.headers


def test_password_is_not_sent_where_a_redirect_leads(world: World, fake: FakeGradio) -> None:
    with FakeGradio(auth=("ada", "s3cr3t-password")) as stranger:
        fake.always("GET /config", Answer(302, b"", {"location": f"{stranger.url}/config"}))
        session = world.open(fake.url, auth=("ada", "s3cr3t-password"), retries=0)
        with pytest.raises(GradioSessionError):
            world.predict(session, "echo", ["x"])
        assert_no_secret(stranger)
        assert stranger.count("POST /login") == 0


def test_login_that_redirects_elsewhere(world: World, stranger: FakeGradio) -> None:
    with FakeGradio(auth=("ada", "s3cr3t-password")) as fake:
        fake.always("POST /login", Answer(307, b"", {"location": f"{stranger.url}/login"}))
        session = world.open(fake.url, auth=("ada", "s3cr3t-password"), retries=0)
        with pytest.raises(GradioSessionError):
            world.predict(session, "echo", ["x"])
        assert_no_secret(stranger)


def test_root_that_lies_is_not_followed(
    world: World, fake: FakeGradio, stranger: FakeGradio
) -> None:
    """`config.root` is made of request headers and may name another host."""
    fake.config["root"] = stranger.url
    session = world.open(fake.url, **SECRETS)
    assert world.predict(session, "echo", ["x"]) == "x"
    assert stranger.received == []


@pytest.mark.parametrize(
    "prefix",
    ["//evil.example", "http://evil.example", "/../..", "@evil.example", "\\evil.example", 7, None],
)
def test_api_prefix_that_lies_does_not_lead_away(
    world: World, fake: FakeGradio, prefix: Any
) -> None:
    fake.config["api_prefix"] = prefix
    session = world.open(fake.url, **SECRETS, retries=0, timeout=3)
    with pytest.raises(GradioSessionError):
        world.predict(session, "echo", ["x"])


def test_private_endpoint_is_not_called_by_name(world: World, serve: Any) -> None:
    app = """
import gradio as gr

with gr.Blocks() as demo:
    text, out = gr.Textbox(label="text"), gr.Textbox(label="out")
    gr.Button("open").click(lambda text: "open " + text, text, out, api_name="open")
    gr.Button("hidden").click(
        lambda text: "hidden " + text, text, out, api_name="hidden", api_visibility="private"
    )
"""
    session = world.open(serve(app))
    assert world.predict(session, "open", ["x"]) == "open x"
    for name in ("hidden", "/hidden"):
        with pytest.raises(EndpointNotFoundError, match="hidden"):
            world.predict(session, name, ["x"])


def test_markup_in_the_apps_words_is_text(world: World, fake: FakeGradio) -> None:
    markup = "<img src=x onerror=alert(1)> [red]rich[/red] \x1b[31mterminal\x1b[0m"

    async def talks(event: Event) -> AsyncIterator[Any]:
        yield event.message("log", log=markup, level="info", duration=1, visible=True, title=markup)
        yield event.failed(markup)

    fake.endpoint("talks", talks)
    session = world.open(fake.url)
    call = world.submit(session, "talks", ["x"])
    events = world.events(call)
    log = next(event for event in events if type(event).__name__ == "Log")
    assert "<img src=x onerror=alert(1)>" in log.message
    assert "\x1b" not in log.message + str(log.title) + str(call.error) + repr(log), (
        "an app must not steer a terminal"
    )


def test_name_of_an_endpoint_cannot_change_the_path(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    world.predict(session, "echo", ["warm"])
    for name in ("../upload", "echo?x=1", "echo#x", "..%2fupload", "echo/../../login"):
        with pytest.raises(GradioSessionError):
            world.predict(session, name, ["x"])
    assert fake.count("POST /gradio_api/upload") == fake.count("POST /login") == 0
