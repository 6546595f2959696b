"""Who gets the caller's tokens: `token` the Hub's proxy, `oauth_token` code that asks for it.

And the visitor's token for ZeroGPU: the Spaces that a handler on a Space calls.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest

import gradio_session
from gradio_session import AppError, QuotaExceededError, SpaceError
from tests.conftest import Serve
from tests.support.command import run as command
from tests.support.environments import VERSIONS
from tests.support.generation import Generate
from tests.support.hub import Hub
from tests.support.world import World

ASKING = """
import gradio as gr

def whose(name: str, token: gr.OAuthToken | None = None, request: gr.Request = None):
    # What the Hub's proxy takes out is left out here, too.
    sent = request.headers.get("authorization", "no Authorization")
    return f"{name}: {token.token if token else None}, {sent}"

def needed(name: str, token: gr.OAuthToken):
    return f"{name}: {token.token}"

def plain(name: str, request: gr.Request):
    return f"{name}: {request.headers.get('x-ip-token')}"

with gr.Blocks() as demo:
    name, out = gr.Textbox("ada"), gr.Textbox()
    gr.Button().click(whose, name, out, api_name="whose")
    gr.Button().click(needed, name, out, api_name="needed")
    gr.Button().click(plain, name, out, api_name="plain")
"""


@pytest.fixture
def asking(serve: Serve) -> str:
    return serve(ASKING)


def test_a_token_never_reaches_code_that_asks_for_one(
    world: World, hub: Hub, asking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.space("owner/name", asking)
    monkeypatch.setenv("HF_TOKEN", "hf_stored")
    for options in ({}, {"token": "hf_given"}):
        session = world.open("owner/name", **options)
        assert world.predict(session, "whose") == "ada: None, no Authorization"
        assert world.predict(session, "whose", token="hf_call") == "ada: None, no Authorization"
        with pytest.raises(AppError, match="requires a logged in user"):
            world.predict(session, "needed")
    assert world.predict(world.open(asking, token="t0ken"), "whose", ["bob"]) == (
        "bob: None, Bearer t0ken"
    )


def test_an_oauth_token_goes_to_code_that_asks_for_one(world: World, asking: str) -> None:
    session = world.open(asking, oauth_token="hf_mine")
    assert world.predict(session, "whose") == "ada: hf_mine, no Authorization"
    assert world.predict(session, "needed", ["bob"]) == "bob: hf_mine"
    assert world.predict(session, "needed", oauth_token="hf_other") == "ada: hf_other"
    assert world.predict(session, "whose", oauth_token="public") == "ada: None, no Authorization"
    assert "hf_mine" not in repr(session)


def test_a_pickled_session_carries_it_unless_told_otherwise(asking: str) -> None:
    for keeps in (True, False):
        with gradio_session.Session(asking, oauth_token="hf_mine", pickle_secrets=keeps) as session:
            pickled = pickle.dumps(session)
        assert (b"hf_mine" in pickled) is keeps


def client_class(module: ModuleType, base: type) -> Any:
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value is not base
    )


def test_clients_hand_it_on(world: World, asking: str, generate: Generate) -> None:
    module = generate(asking)
    app = client_class(module, gradio_session.AsyncApp if world.is_async else gradio_session.App)
    lab = world.do(lambda: [app(asking, oauth_token="hf_mine")])[0]
    world.sessions.append(lab.session)
    assert world.do(lab.needed) == "ada: hf_mine"
    theirs = lab.with_options(oauth_token="hf_theirs")
    assert world.do(theirs.needed) == "ada: hf_theirs"
    assert world.do(lab.needed.with_options(oauth_token="hf_third")) == "ada: hf_third"


def test_it_is_sent_only_where_it_is_asked_for(world: World, fake: Any) -> None:
    session = world.open(fake.url, oauth_token="hf_mine")
    world.predict(session, "echo", ["a"])
    for request in fake.received:
        assert "hf_mine" not in f"{request.headers} {request.body!r}"


def test_the_command_hands_it_on(
    asking: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "hf_mine")
    done = command(tmp_path, "call", asking, "needed", "--oauth-token", "${MINE}")
    assert (done.exit_code, done.stdout.strip()) == (0, "ada: hf_mine")


class Redirecting:
    """Sends what is meant for a Space's own address to an app here; keeps the headers."""

    def __init__(self, app: str) -> None:
        self.app = httpx.URL(app)
        self.seen: list[httpx.Headers] = []

    def aim(self, request: httpx.Request) -> None:
        self.seen.append(httpx.Headers(request.headers))
        request.url = request.url.copy_with(
            scheme="http", host=self.app.host, port=self.app.port, raw_path=request.url.raw_path
        )


def client_for(world: World, aim: Callable[[httpx.Request], None]) -> Any:
    class Sync(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            aim(request)
            return super().handle_request(request)

    class Async(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            aim(request)
            return await super().handle_async_request(request)

    if world.is_async:
        return httpx.AsyncClient(transport=Async())
    return httpx.Client(transport=Sync())


def test_the_direct_address_of_a_space_gets_the_header_that_passes_its_proxy(
    world: World, asking: str
) -> None:
    away = Redirecting(asking)
    session = world.open(
        "https://owner-name.hf.space", token="hf_secret", http=client_for(world, away.aim)
    )
    assert world.predict(session, "whose") == "ada: None, no Authorization"
    assert {each.get("x-hf-authorization") for each in away.seen} == {"Bearer hf_secret"}


# ZeroGPU

OUTER = """
import sys
sys.path.insert(0, FOLDER)
import gradio as gr
from gradio_session import AsyncSession, Session

def call(space: str, elsewhere: str):
    answers = []
    for url in (space, elsewhere):
        with Session(url) as session:
            answers.append(session.predict("plain", ["ada"]))
            answers.append(session.predict("plain", ["own"], headers={"x-ip-token": "mine"}))
            if url == space:
                tab = session.tab()
                answers.append(tab.submit("plain", ["tab"]).result())
    return " | ".join(answers)

async def call_async(space: str, elsewhere: str):
    answers = []
    for url in (space, elsewhere):
        async with AsyncSession(url) as session:
            answers.append(await session.predict("plain", ["ada"]))
    return " | ".join(answers)

with gr.Blocks() as demo:
    space, elsewhere, out = gr.Textbox(), gr.Textbox(), gr.Textbox()
    gr.Button().click(call, [space, elsewhere], out, api_name="call")
    gr.Button().click(call_async, [space, elsewhere], out, api_name="call_async")
"""


@pytest.mark.versions
@pytest.mark.parametrize("version", VERSIONS)
def test_a_visitor_of_a_space_is_passed_on_to_the_spaces_that_it_calls(
    world: World, hub: Hub, asking: str, serve: Serve, version: str
) -> None:
    hub.space("owner/name", asking)
    folder = str(Path(gradio_session.__file__).parent.parent)
    environment = {"HF_ENDPOINT": hub.url, "HF_HOME": os.environ["HF_HOME"]}
    outer = serve(OUTER.replace("FOLDER", repr(folder)), version=version, env=environment)
    visitor = world.open(outer, headers={"x-ip-token": "visitor"})
    assert world.predict(visitor, "call", ["owner/name", asking]) == (
        "ada: visitor | own: mine | tab: visitor | ada: None | own: mine"
    )
    assert world.predict(visitor, "call_async", ["owner/name", asking]) == (
        "ada: visitor | ada: None"
    )
    stranger = world.open(outer)  # a visitor without a token: nothing of the last one is left
    assert world.predict(stranger, "call_async", ["owner/name", asking]) == "ada: None | ada: None"
    assert not any("visitor" in str(asked.headers) for asked in hub.asked)


def test_threads_of_a_map_know_the_visitor(
    hub: Hub, asking: str, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.space("owner/name", asking)
    app = client_class(generate(asking), gradio_session.App)
    context = ModuleType("gradio.context")
    request = SimpleNamespace(headers={"x-ip-token": "visitor"})
    variable = ContextVar("request", default=None)
    context.LocalContext = SimpleNamespace(request=variable)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gradio.context", context)
    with app("owner/name") as space, app(asking) as elsewhere:
        inputs = ["a", "b", "c"]
        reset = variable.set(request)  # type: ignore[arg-type]
        try:
            assert list(space.plain.map(inputs)) == [f"{each}: visitor" for each in inputs]
            assert list(elsewhere.plain.map(inputs)) == [f"{each}: None" for each in inputs]
        finally:
            variable.reset(reset)


QUOTA = """
import gradio as gr

SAYS = {
    "hours": "You have exceeded your free ZeroGPU quota (60s requested vs. 12s left). "
    "Try again in 13:04:05. Subscribe to Hugging Face PRO to get more.",
    "days": "You have exceeded your GPU quota (60s requested vs. 0s left). "
    "Try again in 1 day, 0:00:10.5",
    "runs": "You have exceeded your ZeroGPU runs limit. ",
    "app": "Space app has reached its GPU limit. Try again later",
    "other": "The model has exceeded your patience quota. Try again in 0:00:10.",
}

def use(what: str):
    raise gr.Error(SAYS[what] TITLE)

with gr.Blocks() as demo:
    what, out = gr.Textbox(), gr.Textbox()
    gr.Button().click(use, what, out, api_name="use")
"""


@pytest.mark.versions
@pytest.mark.parametrize("version", VERSIONS)
def test_a_used_up_quota_says_when_to_try_again(world: World, serve: Serve, version: str) -> None:
    titled = not version.startswith("4")
    title = ', title="ZeroGPU quota exceeded" if what != "other" else "Error"' if titled else ""
    session = world.open(serve(QUOTA.replace("TITLE", title), version=version))
    waits = {"hours": 47_045.0, "days": 86_410.0, "runs": None}
    for what, seconds in {**waits, **({"app": None} if titled else {})}.items():
        with pytest.raises(QuotaExceededError) as caught:
            world.predict(session, "use", [what])
        assert caught.value.retry_after == seconds
        assert caught.value.api_name == "/use"
    with pytest.raises(AppError) as other:
        world.predict(session, "use", ["other"])
    assert type(other.value) is AppError


def test_a_gated_space_says_so_and_where_to_ask(
    world: World, hub: Hub, asking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.space("owner/name", asking, token="hf_member").gated = True
    page = f"ask for it at {hub.url}/spaces/owner/name"
    with pytest.raises(SpaceError, match="is gated, and your account has no access") as caught:
        world.predict(world.open("owner/name"), "plain")
    assert f"{page}, then pass token=" in caught.value.message
    with pytest.raises(SpaceError, match="gated, and the account of your token has no") as caught:
        world.predict(world.open("owner/name", token="hf_stranger"), "plain")
    assert f"{page}." in caught.value.message
    assert "hf_stranger" not in caught.value.message
    monkeypatch.setenv("HF_TOKEN", "hf_member")
    assert world.predict(world.open("owner/name"), "plain") == "ada: None"


def test_a_command_line_gives_the_callers_token_to_code_that_asks(
    asking: str, tmp_path: Path
) -> None:
    made = command(tmp_path, "generate", asking, "-o", "asking.py", "--cli")
    assert made.exit_code == 0, made.output
    program = [sys.executable, "-m", "asking_cli", "--url", asking]
    said = [
        subprocess.run(
            [*program, *options, "needed", "--name", "eve"],
            cwd=tmp_path,
            env=os.environ | more,
            capture_output=True,
            text=True,
            check=False,
        )
        for options, more in (
            (("--oauth-token", "hf_mine"), {}),
            ((), {"ASKING_OAUTH_TOKEN": "hf_mine"}),
            (("--token", "hf_other"), {}),
        )
    ]
    assert [done.stdout.strip() for done in said] == ["eve: hf_mine", "eve: hf_mine", ""]
    assert [done.returncode for done in said] == [0, 0, 1]
    assert not any("Traceback" in done.stderr for done in said)
