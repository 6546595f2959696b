"""Sessions on a real Gradio 6.31, plain and asynchronous: logins, the record of calls and its
limit, secrets.
"""

from __future__ import annotations

import gc
import pickle
import threading
import uuid
import warnings
import weakref

import pytest

import gradio_session
from gradio_session import AuthenticationError, CallLimitError, CallLimitWarning, Session, sessions
from tests.conftest import Serve
from tests.support.session_app import APP, journal
from tests.support.world import World


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(APP)


@pytest.fixture(scope="module")
def locked_url(serve: Serve) -> str:
    return serve(APP, auth=[["ada", "engine"]])


# Login


def test_auth_logs_in_and_the_user_is_known(world: World, locked_url: str) -> None:
    session = world.open(locked_url, auth=("ada", "engine"))
    assert session.user is None
    assert world.predict(session, "echo", ["a", "plain", 1]) == "a"
    assert session.user == "ada"
    assert "engine" not in repr(session)


def test_a_later_login_goes_with_a_pickle(world: World, locked_url: str) -> None:
    session = world.open(locked_url)
    world.do(lambda: session.login("ada", "engine"))
    copy = world.do(lambda: [pickle.loads(pickle.dumps(session))])[0]
    world.sessions.append(copy)
    assert world.predict(copy, "echo", ["a", "plain", 1]) == "a"


def test_a_login_that_is_missing_says_how_to_log_in(world: World, locked_url: str) -> None:
    session = world.open(locked_url)
    with pytest.raises(AuthenticationError, match=r"auth=\(user, password\).*session\.login"):
        world.predict(session, "echo", [])
    world.do(lambda: session.login("ada", "engine"))
    assert session.user == "ada"
    assert world.predict(session, "echo", ["a", "plain", 1]) == "a"


def test_a_wrong_password_says_so_and_does_not_show_it(world: World, locked_url: str) -> None:
    session = world.open(locked_url, auth=("ada", "hunter2"))
    with pytest.raises(AuthenticationError, match="password") as caught:
        world.predict(session, "echo", [])
    assert "hunter2" not in str(caught.value)


# The record and its limit


def test_error_raises_and_sends_nothing(world: World, url: str) -> None:
    session, mark = world.open(url, max_calls=2, max_calls_policy="error"), uuid.uuid4().hex[:8]
    calls = [world.submit(session, "nothing", [f"{mark}{n}"]) for n in range(2)]
    for call in calls:
        world.result(call)
    with pytest.raises(CallLimitError, match="max_calls") as caught:
        world.submit(session, "nothing", [f"{mark}refused"])
    assert (caught.value.count, caught.value.limit) == (2, 2)
    assert f"nothing:{mark}refused" not in journal(world, url)
    session.calls.clear()
    world.result(world.submit(session, "nothing", ["again"]))


def test_remove_forgets_the_oldest_which_still_works_for_whoever_holds_it(
    world: World, url: str
) -> None:
    session = world.open(url, max_calls=2)
    calls = [world.submit(session, "ticks", [6, 0.1, str(n)]) for n in range(4)]
    assert list(session.calls) == calls[2:]
    assert [world.result(call) for call in calls] == ["05", "15", "25", "35"]
    assert calls[0].id not in session.calls
    assert calls[3].id in session.calls
    assert session.calls[calls[3].id] is calls[3]


def test_warning_warns_once_per_call_at_the_users_own_line(world: World, url: str) -> None:
    session = world.open(url, max_calls=1, max_calls_policy="warning")
    world.result(world.submit(session, "echo", ["a", "plain", 1]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call = world.do(lambda: [session.submit("echo", ["a", "plain", 1])])[0]
    world.result(call)
    assert [warning.category for warning in caught] == [CallLimitWarning]
    assert caught[0].filename == __file__
    assert len(session.calls) == 2


def test_limit_and_policy_can_be_set_at_any_time(world: World, url: str) -> None:
    session = world.open(url, max_calls=5)
    for _ in range(4):
        world.predict(session, "echo", ["a", "plain", 1])
    session.max_calls = 2
    assert len(session.calls) == 4
    world.predict(session, "echo", ["a", "plain", 1])
    assert len(session.calls) == 2
    session.max_calls_policy = "error"
    with pytest.raises(CallLimitError):
        world.submit(session, "echo", [])
    for name, value in (
        ("max_calls", 0),
        ("max_calls", 1.5),
        ("max_calls_policy", "forget"),
        ("max_concurrency", 0),
    ):
        with pytest.raises(gradio_session.ParameterError, match=name):
            setattr(session, name, value)


def test_the_record_is_cleared_of_finished_calls_only_unless_forced(world: World, url: str) -> None:
    session = world.open(url)
    done, alive = (
        world.submit(session, "echo", ["a", "plain", 1]),
        world.submit(session, "ticks", [100, 0.1, "r"]),
    )
    world.result(done)
    assert world.wait_for(lambda: alive.status == "running")
    with pytest.raises(gradio_session.GradioSessionError, match="force"):
        session.calls.remove(alive.id)
    session.calls.clear()
    assert list(session.calls) == [alive]
    assert done not in session.calls
    with pytest.raises(KeyError):
        session.calls[done.id]
    session.calls.remove(alive.id, force=True)
    assert len(session.calls) == 0
    assert world.cancel(alive) is True


def test_a_call_that_is_removed_frees_its_memory(world: World, url: str) -> None:
    session = world.open(url)
    call = world.submit(session, "large", [1, 5_000_000])
    world.result(call)
    gone, state = weakref.ref(call), weakref.ref(call.__gradio__.state)
    del call
    session.calls.clear()
    gc.collect()
    assert world.wait_for(lambda: gone() is None and state() is None)


def test_the_limit_is_exact_under_64_threads(url: str) -> None:
    with Session(url, max_calls=20, max_calls_policy="error") as session:
        session.predict("echo", ["warm", "plain", 1])
        session.calls.clear()
        barrier, outcomes = threading.Barrier(64), []

        def submit() -> None:
            barrier.wait()
            try:
                outcomes.append(session.submit("slow", [0.2, "t"]))
            except CallLimitError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=submit) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(isinstance(outcome, CallLimitError) for outcome in outcomes) == 44
        assert len(session.calls) == 20
        assert [call.result() for call in session.calls] == ["t"] * 20


# Secrets


def test_repr_never_shows_a_secret(world: World, url: str) -> None:
    secrets = {
        "token": "tok-123",
        "auth": ("ada", "engine-9"),
        "headers": {"x-key": "head-77"},
        "cookies": {"crumb": "cook-55"},
    }
    session = world.open(url, name=f"n{uuid.uuid4().hex[:6]}", **secrets)
    call = world.submit(session, "echo", ["a", "plain", 1])
    world.result(call)
    shown = repr(session) + repr(call) + repr(sessions) + repr(session.calls) + repr(vars(call))
    assert session.name in shown
    assert "1 calls" in repr(session)
    for secret in ("tok-123", "engine-9", "head-77", "cook-55"):
        assert secret not in shown
