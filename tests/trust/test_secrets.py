"""No secret appears anywhere but on the wire to the app's own origin: not in what is printed,
logged, raised, warned of or written.

Each secret has a word of its own in it; everything that a full run of good and bad luck produced is
searched for these words.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradio_session import GradioSessionError
from tests.support.fake_gradio import CUT, Answer, Event, FakeGradio
from tests.support.forward_proxy import ForwardProxy
from tests.support.world import World

WORD = "s3cr3t"
TOKEN = f"hf_{WORD}TOKEN"
PASSWORD = f"{WORD}-password"
COOKIE = f"{WORD}-cookie"
HEADER = f"{WORD}-header"
OAUTH = f"{WORD}-call-token"
PROXY_PASSWORD = f"{WORD}-proxy"


class Everything:
    """What a run produced, as text."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}

    def add(self, where: str, what: object) -> None:
        """Note something that people can see."""
        self.parts[f"{len(self.parts)} {where}"] = str(what)

    def error(self, where: str, error: BaseException) -> None:
        """Note an error with all that hangs on it."""
        for each in (
            str(error),
            repr(error),
            repr(error.__dict__),
            "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        ):
            self.add(where, each)

    def leaks(self) -> dict[str, str]:
        """Where the word of the secrets is, with what is around it."""
        found: dict[str, str] = {}
        for where, text in self.parts.items():
            place = text.find(WORD)
            if place >= 0:
                found[where] = text[max(0, place - 120) : place + 60]
        return found


@pytest.fixture
def everything() -> Iterator[Everything]:
    """Collects logs (ours at DEBUG, httpx at INFO), warnings and what is printed, beside what a
    test adds; searched at its end.
    """
    seen = Everything()
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(exc_info)s"))
    root = logging.getLogger()
    levels = {
        logger: logger.level
        for logger in (root, logging.getLogger("gradio_session"), logging.getLogger("httpx"))
    }
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("gradio_session").setLevel(logging.DEBUG)
    printed, complained = io.StringIO(), io.StringIO()
    with (
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(complained),
    ):
        warnings.simplefilter("always")
        yield seen
    root.removeHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)
    seen.add("log", text.getvalue())
    seen.add("stdout", printed.getvalue())
    seen.add("stderr", complained.getvalue())
    for warning in warned:
        seen.add("warning", warning.message)
    assert seen.leaks() == {}


def secrets() -> dict[str, Any]:
    return {
        "token": TOKEN,
        "headers": {"x-api-key": HEADER},
        "cookies": {"sticky": COOKIE},
        "auth": ("ada", PASSWORD),
    }


async def broken(event: Event) -> AsyncIterator[Any]:
    yield event.starts()
    yield CUT


async def fails(event: Event) -> AsyncIterator[Any]:
    yield event.message("log", log="a word", level="info", duration=1, visible=True, title=None)
    yield event.failed("no")


BAD_ANSWERS = {
    "401": Answer(401, {"detail": {"error": "Not authenticated", "auth_message": None}}),
    "403": Answer(403, {"detail": "no"}),
    "413": Answer(413, b"too large"),
    "429": Answer(429, b"", {"retry-after": "60"}),
    "500": Answer(500, b"Internal Server Error"),
    "503": Answer(503, {"detail": "Queue is full. Max size is 2 and size is 2."}),
    "HTML": Answer(200, b"<html><title>Hotel</title></html>", {"content-type": "text/html"}),
    "lost": Answer(None, then="reset"),
    "redirect": Answer(302, b"", {"location": "http://127.0.0.1:1/elsewhere"}),
}


def test_session_with_every_secret_leaks_none(
    world: World, everything: Everything, tmp_path: Path
) -> None:
    with FakeGradio(auth=("ada", PASSWORD)) as fake:
        fake.endpoint("broken", broken)
        fake.endpoint("fails", fails)
        fake.endpoint("file", _file, inputs=("file",), outputs=("file",))
        fake.files["/tmp/a.txt"] = b"content"
        session = world.open(
            fake.url, **secrets(), retries=0, timeout=5, download_path=str(tmp_path)
        )
        for name in ("echo", "broken", "fails", "no-such-endpoint"):
            _try(world, everything, name, lambda name=name: session.predict(name, ["x"]))
        _try(world, everything, "call token", lambda: session.predict("echo", ["x"], token=OAUTH))
        for name, answer in BAD_ANSWERS.items():
            fake.answer("POST /gradio_api/call/echo", answer)
            _try(world, everything, name, lambda: session.predict("echo", ["x"]))
        file = world.predict(session, "file", {"value": b"bytes"})
        everything.add("file", repr(file))
        everything.add("downloaded", world.download(file))
        for call in session.calls:
            everything.add("call", repr(call) + repr(call.events) + repr(call.status))
        everything.add(
            "session",
            repr(session)
            + str(session)
            + repr(session.calls)
            + repr(getattr(session, "uploads", "")),
        )
        everything.add(
            "attributes",
            {
                name: repr(value)
                for name, value in vars(session).items()
                if not name.startswith("_")
            },
        )
        world.close(session)
        everything.add("closed", repr(session))
        assert any(WORD in str(request.headers) for request in fake.received), (
            "the secrets must reach the app"
        )
        for request in fake.received:
            assert WORD not in request.line, "a secret in an address ends in logs"
    for path in tmp_path.rglob("*"):
        everything.add(
            "file written", str(path) + (path.read_text(errors="replace") if path.is_file() else "")
        )


async def _file(event: Event) -> AsyncIterator[Any]:
    yield event.completed(
        {"path": "/tmp/a.txt", "orig_name": "a.txt", "meta": {"_type": "gradio.FileData"}}
    )


def _try(world: World, everything: Everything, where: str, step: Any) -> None:
    try:
        everything.add(where, world.do(step))
    except (GradioSessionError, ValueError, TypeError) as error:
        everything.error(where, error)


def test_wrong_password_is_not_repeated(world: World, everything: Everything) -> None:
    with FakeGradio(auth=("ada", "another")) as fake:
        session = world.open(fake.url, **secrets(), retries=0)
        _try(world, everything, "wrong password", lambda: session.predict("echo", ["x"]))
        with contextlib.suppress(GradioSessionError):
            _try(world, everything, "login", lambda: session.login("ada", PASSWORD + "2"))


def test_login_page_that_repeats_what_it_got_is_not_repeated(
    world: World, everything: Everything
) -> None:
    """A server may echo a password or a token in the body of its error."""
    with FakeGradio(auth=("ada", "another")) as fake:
        fake.always("POST /login", Answer(400, {"detail": f"{PASSWORD} is wrong"}))
        session = world.open(fake.url, **secrets(), retries=0)
        _try(world, everything, "echoed password", lambda: session.predict("echo", ["x"]))


def test_address_with_a_password(world: World, everything: Everything) -> None:
    with FakeGradio() as fake:
        address = fake.url.replace("//", f"//ada:{PASSWORD}@") + f"?token={TOKEN}"
        _try(world, everything, "address", lambda: _predict_at(world, address, everything))
        port_closed = f"http://ada:{PASSWORD}@127.0.0.1:1/"
        _try(world, everything, "refused", lambda: _predict_at(world, port_closed, everything))


def _predict_at(world: World, address: str, everything: Everything) -> Any:
    import gradio_session

    if world.is_async:

        async def run() -> Any:
            async with gradio_session.AsyncSession(address, retries=0) as session:
                everything.add(
                    "session", repr(session) + session.name + repr(gradio_session.sessions)
                )
                return await session.predict("echo", ["x"])

        return run()
    with gradio_session.Session(address, retries=0) as session:
        everything.add("session", repr(session) + session.name + repr(gradio_session.sessions))
        return session.predict("echo", ["x"])


def test_password_of_a_proxy(world: World, everything: Everything) -> None:
    with FakeGradio() as fake, ForwardProxy("Basic other") as proxy:
        session = world.open(
            fake.url, proxy=proxy.url.replace("//", f"//ada:{PROXY_PASSWORD}@"), retries=0
        )
        _try(world, everything, "proxy", lambda: session.predict("echo", ["x"]))
        everything.add("session", repr(session))
    gone = world.open(fake.url, proxy=f"http://ada:{PROXY_PASSWORD}@127.0.0.1:1", retries=0)
    _try(world, everything, "proxy gone", lambda: gone.predict("echo", ["x"]))


@pytest.mark.parametrize("field", ["token", "headers", "cookies"])
@pytest.mark.parametrize("bad", ["\n", "\r", "é", "\x00"])
def test_secret_that_http_does_not_allow(
    world: World, everything: Everything, field: str, bad: str
) -> None:
    value = f"{WORD}{bad}injected: yes"
    options: dict[str, Any] = {"token": value} if field == "token" else {field: {"x-key": value}}
    with FakeGradio() as fake:
        _try(world, everything, "open", lambda: _open_and_predict(world, fake.url, options))
        for request in fake.received:
            assert "injected" not in request.headers


def _open_and_predict(world: World, url: str, options: dict[str, Any]) -> Any:
    import gradio_session

    if world.is_async:

        async def run() -> Any:
            async with gradio_session.AsyncSession(url, retries=0, **options) as session:
                return await session.predict("echo", ["x"])

        return run()
    with gradio_session.Session(url, retries=0, **options) as session:
        return session.predict("echo", ["x"])


def test_session_hash_is_in_no_log(world: World, everything: Everything, fake: FakeGradio) -> None:
    """Whoever knows the hash of a session can read its results."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    logging.getLogger().addHandler(handler)
    session = world.open(fake.url)
    world.predict(session, "echo", ["x"])
    session_hash = fake.find("POST /gradio_api/call/")[0].json["session_hash"]
    everything.add("session", repr(session))
    logging.getLogger().removeHandler(handler)
    assert len(session_hash) * 4 >= 128 or len(session_hash) >= 20
    assert session_hash not in text.getvalue() + repr(session)


def test_pickle_without_secrets_holds_none(everything: Everything, fake: FakeGradio) -> None:
    import gradio_session

    session = gradio_session.Session(fake.url, **secrets(), pickle_secrets=False)  # type: ignore[call-arg]
    everything.add("pickle", pickle.dumps(session).decode("latin-1"))
    everything.add("copy", repr(copy.copy(session)))
    session.close()


def test_logger_is_useful_at_debug(
    world: World, fake: FakeGradio, caplog: pytest.LogCaptureFixture
) -> None:
    session = world.open(fake.url)
    with caplog.at_level(logging.DEBUG, logger="gradio_session"):
        world.predict(session, "echo", ["x"])
    assert fake.url in caplog.text


def test_logger_is_silent_by_default(fake: FakeGradio) -> None:
    from tests.support.scripts import Script

    body = """
    with Session(URL) as session:
        session.predict("echo", ["x"])
        try:
            session.predict("nothing", ["x"], retries=0)
        except GradioSessionError:
            pass
    """
    with Script(body, fake.url) as script:
        ended = script.end(10)
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_json_of_everything_is_searchable(everything: Everything) -> None:
    """The search itself finds what it is for."""
    everything.add("bad", json.dumps({"password": PASSWORD}))
    assert len(everything.leaks()) == 1
    everything.parts.clear()
