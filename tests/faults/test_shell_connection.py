"""How an app is reached: its configuration, logins, headers, and calls by number."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from gradio_session import (
    AppChangedError,
    AsyncSession,
    AuthenticationError,
    CallTimeoutError,
    GradioSessionError,
    ParameterError,
)
from gradio_session.connection import base as connection_base
from gradio_session.connection import prepare
from tests.support.echo_client import AsyncEchoEndpoint, EchoEndpoint
from tests.support.endpoints import CANCEL, CONFIG, JOIN, STREAM
from tests.support.fake_gradio import Answer, FakeGradio, echo
from tests.support.fault_proxy import FaultProxy, delay
from tests.support.world import World

AUTH = ("ann", "secret")


def test_many_first_calls_read_the_configuration_once(world: World, fake: FakeGradio) -> None:
    with FaultProxy(fake.url) as proxy:
        proxy.down(CONFIG, delay(0.2))
        session = world.open(proxy.url)
        waiting = [world.start(lambda n=n: session.predict("echo", [str(n)])) for n in range(6)]
        assert [each.result() for each in waiting] == [str(n) for n in range(6)]
    assert fake.count(CONFIG) == 1


def test_a_configuration_that_could_not_be_read_is_read_again(
    world: World, fake: FakeGradio
) -> None:
    fake.answer(CONFIG, Answer(500, b"no"), Answer(404, b"no"))
    session = world.open(fake.url)
    for _ in range(2):
        with pytest.raises(GradioSessionError):
            world.predict(session, "echo", ["x"])
    assert fake.count(JOIN) == 0
    assert world.predict(session, "echo", ["x"]) == "x"


async def test_a_task_that_is_cancelled_while_it_connects_takes_nothing_from_the_others(
    fake: FakeGradio,
) -> None:
    fake.answer(CONFIG, Answer(200, run=False, wait=0.0))
    async with AsyncSession(fake.url) as session:
        with pytest.raises(GradioSessionError):
            await session.predict("echo", ["no configuration"])
        first = asyncio.ensure_future(session.predict("echo", ["first"]))
        second = asyncio.ensure_future(session.predict("echo", ["second"]))
        while fake.count(CONFIG) < 2:  # noqa: ASYNC110 - the server runs in a thread
            await asyncio.sleep(0)
        first.cancel()
        assert await second == "second"
        with pytest.raises(asyncio.CancelledError):
            await first
        assert fake.count(CONFIG) == 2


# Logins


def test_a_login_belongs_to_every_tab(world: World) -> None:
    with FakeGradio(auth=AUTH) as fake:
        session = world.open(fake.url)
        tab = world.do(lambda: [session.tab()])[0]
        world.sessions.append(tab)
        with pytest.raises(AuthenticationError):
            world.predict(tab, "echo", ["x"])
        with pytest.raises(AuthenticationError):
            world.do(lambda: session.login("ann", "wrong"))
        assert session.user is None
        world.do(lambda: session.login(*AUTH))
        assert session.user == tab.user == "ann"
        assert world.predict(tab, "echo", ["x"]) == "x"
        fake.forget_logins()
        assert world.predict(session, "echo", ["y"]) == "y"
        fake.forget_logins()
        again = pickle.loads(pickle.dumps(tab))
        world.sessions.append(again)
        assert world.predict(again, "echo", ["z"]) == "z"


def test_an_upload_renews_an_ended_login(world: World) -> None:
    with FakeGradio(auth=AUTH) as fake:
        fake.endpoint("file", echo, inputs=("file",))
        session = world.open(fake.url, auth=AUTH)
        world.predict(session, "file", [b"one"])
        fake.forget_logins()
        assert world.predict(session, "file", [b"two"])["path"]
        assert (fake.count("POST /login"), fake.count("POST /gradio_api/upload")) == (2, 3)


def test_an_upload_without_a_login_is_tried_once(world: World) -> None:
    with FakeGradio(auth=AUTH) as fake:
        fake.endpoint("file", echo, inputs=("file",))
        session = world.open(fake.url, auth=AUTH)
        world.predict(session, "echo", ["x"])
        fake.always("POST /gradio_api/upload", Answer(401, {"detail": "Not authenticated"}))
        with pytest.raises(AuthenticationError):
            world.predict(session, "file", [b"one"])
        assert fake.count("POST /gradio_api/upload") == 2


# Headers and tokens


def sent(fake: FakeGradio, line: str, name: str) -> list[str | None]:
    """The values of a header in the requests that begin so."""
    return [request.headers.get(name) for request in fake.find(line)]


def test_the_token_of_a_session_goes_with_every_request_and_that_of_a_call_with_its_own(
    world: World, fake: FakeGradio
) -> None:
    session = world.open(fake.url, token="hers", headers={"X-Trace": "session"})
    call = world.submit(session, "forever", ["x"])
    assert world.wait_for(lambda: call.status == "running")
    world.cancel(call)
    for line in (CONFIG, JOIN, STREAM, CANCEL):
        assert sent(fake, line, "authorization")[0] == "Bearer hers"
        assert sent(fake, line, "x-trace")[0] == "session"
    assert (
        sent(fake, CANCEL, "content-type")
        == sent(fake, JOIN, "content-type")
        == ["application/json"]
    )
    for token, expected in (("his", "Bearer his"), ("public", None)):
        assert (
            world.predict(session, "echo", ["x"], token=token, headers={"X-Trace": "call"}) == "x"
        )
        assert sent(fake, JOIN, "authorization")[-1] == expected
        assert sent(fake, JOIN, "x-trace")[-1] == "call"
    assert world.predict(session, "echo", ["x"]) == "x"
    assert (sent(fake, JOIN, "authorization")[-1], sent(fake, JOIN, "x-trace")[-1]) == (
        "Bearer hers",
        "session",
    )


def test_an_attached_call_is_read_and_cancelled_with_its_own_token(
    world: World, fake: FakeGradio
) -> None:
    maker, session = world.open(fake.url), world.open(fake.url, token="hers")
    made = world.submit(maker, "forever", ["x"], detached=True)
    assert world.wait_for(lambda: made.id is not None)
    call = world.do(lambda: [session.attach(made.id, "forever", token="his")])[0]
    assert world.wait_for(lambda: call.status == "running")
    assert sent(fake, STREAM, "authorization") == ["Bearer his"]
    world.cancel(call)
    assert sent(fake, CANCEL, "authorization") == ["Bearer his"]


def test_an_upload_goes_with_the_token_of_its_call(world: World, fake: FakeGradio) -> None:
    fake.endpoint("file", echo, inputs=("file",))
    session = world.open(fake.url, token="hers")
    world.predict(session, "file", [b"one"], token="his")
    assert sent(fake, "POST /gradio_api/upload", "authorization") == ["Bearer his"]


# Calls by number, and generated clients after a pause


def test_an_endpoint_without_a_name_for_its_route_is_called_by_the_number_of_this_run(
    world: World, fake: FakeGradio
) -> None:
    fake.endpoint("with/slash", echo)
    app_id = "GET /gradio_api/app_id"
    run = {"app_id": 1}
    fake.always(app_id, Answer(200, run))
    session = world.open(fake.url)
    assert world.predict(session, "with/slash", ["x"]) == "x"
    assert world.predict(session, "with/slash", ["y"]) == "y"
    joins = fake.find("POST /gradio_api/queue/join")
    assert [request.json["fn_index"] for request in joins] == [2, 2]
    assert fake.count(CONFIG) == 1
    fake.endpoints = {"first": fake.endpoints["echo"], **fake.endpoints}
    fake.restart()
    run["app_id"] = 2
    assert world.predict(session, "with/slash", ["z"]) == "z"
    assert fake.find("POST /gradio_api/queue/join")[-1].json["fn_index"] == 3
    assert fake.count(CONFIG) == 2


def generated(world: World, session: Any) -> Any:
    """The endpoint `echo` as a generated module has it: a function that waits for its result."""
    endpoint = AsyncEchoEndpoint(session) if world.is_async else EchoEndpoint(session)
    return lambda value: world.do(lambda: endpoint.submit(value).result())


APP_ID = "GET /gradio_api/app_id"


@pytest.fixture
def never_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call finds that the app was last asked too long ago."""
    for module in (connection_base, prepare):
        monkeypatch.setattr(module, "BLIND", 0.0)
    monkeypatch.setattr(connection_base, "FRESH", 0.0)


@pytest.mark.parametrize("generated_client", [True, False])
@pytest.mark.usefixtures("never_fresh")
def test_before_a_call_it_is_asked_whether_the_app_is_the_same_run(
    world: World, fake: FakeGradio, generated_client: bool
) -> None:
    session = world.open(fake.url)
    call = (
        generated(world, session)
        if generated_client
        else lambda value: world.predict(session, "echo", [value])
    )
    fake.answer(APP_ID, Answer(200, {"app_id": 1}), Answer(500))
    assert [call("a"), call("b"), call("c")] == ["a", "b", "c"]
    assert fake.count(CONFIG) == 1
    fake.endpoint("echo", echo, inputs=("number",))
    fake.always(APP_ID, Answer(200, {"app_id": 2}))
    joins = fake.count(JOIN)
    with pytest.raises(AppChangedError if generated_client else ParameterError, match="/echo"):
        call("f")
    assert (fake.count(JOIN), fake.count(CONFIG)) == (joins, 2)


@pytest.mark.usefixtures("never_fresh")
def test_a_client_that_gets_no_answer_makes_its_call(world: World, fake: FakeGradio) -> None:
    fake.always(APP_ID, Answer(None, then="reset"))
    call = generated(world, world.open(fake.url))
    assert [call("a"), call("b")] == ["a", "b"]
    assert fake.count(CONFIG) == 1


def test_an_app_that_is_fresh_is_not_asked(world: World, fake: FakeGradio) -> None:
    call = generated(world, world.open(fake.url))
    assert [call("a"), call("b")] == ["a", "b"]
    assert (fake.count(APP_ID), fake.count(CONFIG)) == (0, 1)


# Waiting for an app


def test_an_app_that_is_not_ready_is_waited_for(world: World, fake: FakeGradio) -> None:
    seen: list[Any] = []
    fake.answer(CONFIG, Answer(503, b"starting"), Answer(503, b"starting"))
    session = world.open(fake.url)
    world.do(lambda: session.wait_ready(20, progress=seen.append))
    assert len(seen) == 2
    assert fake.count(CONFIG) == 3
    assert world.predict(session, "echo", ["x"]) == "x"
    assert fake.count(CONFIG) == 3


def test_an_app_that_does_not_get_ready_in_time_says_why(world: World, fake: FakeGradio) -> None:
    fake.always(CONFIG, Answer(503, b"starting"))
    session = world.open(fake.url)
    with pytest.raises(CallTimeoutError, match="503"):
        world.do(lambda: session.wait_ready(0.2))
