"""Answers that say that nobody is logged in."""

from __future__ import annotations

import pytest

from gradio_session import AuthenticationError
from tests.support.fake_gradio import Answer, FakeGradio
from tests.support.world import World

JOIN = "POST /gradio_api/call/echo"


def test_ended_login_is_renewed_once(world: World) -> None:
    with FakeGradio(auth=("ada", "secret")) as fake:
        session = world.open(fake.url, auth=("ada", "secret"))
        assert world.predict(session, "echo", ["before"]) == "before"
        fake.forget_logins()
        assert world.predict(session, "echo", ["after"]) == "after"
        assert fake.count("POST /login") == 2


def test_many_calls_that_meet_an_ended_login_renew_it_once(world: World) -> None:
    with FakeGradio(auth=("ada", "secret")) as fake:
        session = world.open(fake.url, auth=("ada", "secret"))
        assert world.predict(session, "echo", ["before"]) == "before"
        fake.forget_logins()
        waiting = [world.start(lambda n=n: session.predict("echo", [str(n)])) for n in range(8)]
        assert [each.result() for each in waiting] == [str(n) for n in range(8)]
        assert fake.count("POST /login") == 2
        fake.forget_logins()
        assert world.predict(session, "echo", ["again"]) == "again"
        assert fake.count("POST /login") == 3


def test_ended_login_without_credentials_says_how_to_log_in(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    assert world.predict(session, "echo", ["before"]) == "before"
    fake.always(
        JOIN, Answer(401, {"detail": {"error": "Not authenticated", "auth_message": "ask Grace"}})
    )
    with pytest.raises(AuthenticationError, match="auth=") as caught:
        world.predict(session, "echo", ["x"])
    assert "ask Grace" in str(caught.value)
    assert fake.count(JOIN) == 2


def test_login_that_does_not_help_is_tried_once(world: World) -> None:
    with FakeGradio(auth=("ada", "secret")) as fake:
        session = world.open(fake.url, auth=("ada", "secret"))
        assert world.predict(session, "echo", ["before"]) == "before"
        fake.always(JOIN, Answer(401, {"detail": "Not authenticated"}))
        with pytest.raises(AuthenticationError):
            world.predict(session, "echo", ["x"])
        assert fake.count("POST /login") <= 2


def test_wrong_password(world: World) -> None:
    with FakeGradio(auth=("ada", "secret")) as fake:
        session = world.open(fake.url, auth=("ada", "hunter2"))
        with pytest.raises(AuthenticationError) as caught:
            world.predict(session, "echo", ["x"])
        assert "hunter2" not in str(caught.value)
        assert fake.count("POST /login") == 1


def test_login_that_has_ended_when_the_stream_is_opened(world: World) -> None:
    with FakeGradio(auth=("ada", "secret")) as fake:
        session = world.open(fake.url, auth=("ada", "secret"))
        assert world.predict(session, "echo", ["before"]) == "before"
        fake.answer("GET /gradio_api/queue/data", Answer(401, {"detail": "Not authenticated"}))
        assert world.predict(session, "echo", ["after"]) == "after"
        assert fake.count(JOIN) == 2
