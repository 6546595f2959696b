"""An httpx client of the user's own that adds parameters to every address."""

from __future__ import annotations

import httpx

from tests.conftest import LAB, Serve
from tests.support.world import World


def test_parameters_of_the_client_stand_beside_those_of_the_address(
    world: World, serve: Serve
) -> None:
    kind = httpx.AsyncClient if world.is_async else httpx.Client
    seen: list[httpx.URL] = []

    def note(request: httpx.Request) -> None:
        seen.append(request.url)

    async def note_async(request: httpx.Request) -> None:
        note(request)

    hook = note_async if world.is_async else note
    http = kind(params={"key": "a b"}, event_hooks={"request": [hook]})
    session = world.open(serve(LAB), http=http)
    assert world.predict(session, "moderate", ["a cat"]) == "a cat"
    image = world.predict(session, "generate", {"prompt": "a cat", "steps": 1})[0]
    assert world.read(image).startswith(b"\x89PNG")
    assert {url.params.get("key") for url in seen} == {"a b"}
    data = [url for url in seen if url.path.endswith("/queue/data")]
    assert data
    assert {url.params.get("session_hash") for url in data} == {session.session_hash}
