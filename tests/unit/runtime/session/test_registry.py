"""Sessions by name, without any request: making one sends nothing."""

from __future__ import annotations

import asyncio
import gc
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradio_session import (
    AsyncSession,
    ParameterError,
    Session,
    SessionExistsError,
    SessionNotFoundError,
)
from gradio_session.session.registry import Sessions, sessions

URL = "http://127.0.0.1:9"


@pytest.fixture(scope="module", autouse=True)
def nothing_else_is_looked_at() -> None:
    """What the tests before these hold is taken out of the collections that these ask for."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    gc.collect()
    yield
    for session in sessions:
        sessions.remove(session.name)


@pytest.fixture(params=[Session, AsyncSession])
def kind(request: Any) -> Any:
    return request.param


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://127.0.0.1:7860", "127.0.0.1:7860"),
        ("http://127.0.0.1:7860/", "127.0.0.1:7860"),
        ("https://example.org/lab/?x=1", "example.org/lab"),
        ("localhost:7860", "localhost:7860"),
        ("owner/space", "owner/space"),
    ],
)
def test_a_name_is_derived_from_the_address(kind: Any, url: str, name: str) -> None:
    assert kind(url).name == name


def test_derived_names_get_a_suffix_instead_of_failing(kind: Any) -> None:
    held = [kind(URL) for _ in range(3)]
    assert [session.name for session in held] == ["127.0.0.1:9", "127.0.0.1:9#2", "127.0.0.1:9#3"]


def test_an_explicit_name_that_is_taken_raises(kind: Any) -> None:
    kind(URL, name="lab")
    with pytest.raises(SessionExistsError, match=r"'lab'.*force=True"):
        kind(URL, name="lab")


def test_force_replaces_and_closes_the_old_one(kind: Any) -> None:
    old = kind(URL, name="lab")
    new = kind(URL, name="lab", force=True)
    assert old.closed
    assert sessions["lab"] is new
    assert len(sessions.find("lab")) == 1


def test_a_replaced_session_does_not_take_the_new_one_out_when_it_closes() -> None:
    old = Session(URL, name="lab")
    new = Session(URL, name="lab", force=True)
    old.close()
    assert sessions["lab"] is new


def test_look_up_search_iteration_and_removal(kind: Any) -> None:
    lab, shop = (
        kind("http://127.0.0.1:9/lab", name="lab"),
        kind("https://shop.example.org", name="Shop"),
    )
    assert sessions["lab"] is lab
    assert sessions.get("nobody") is None
    assert list(sessions) == [lab, shop]
    assert len(sessions) == 2
    assert "lab" in sessions
    assert shop in sessions
    assert "nobody" not in sessions
    assert sessions.find("*.example.org*") == [shop]
    assert sessions.find("s*") == [shop]
    assert sessions.find("*") == [lab, shop]
    with pytest.raises(SessionNotFoundError, match="'lab', 'Shop'"):
        sessions["labb"]
    sessions.remove("lab")
    assert lab.closed
    assert "lab" not in sessions
    with pytest.raises(SessionNotFoundError):
        sessions.remove("lab")


def test_the_default(kind: Any) -> None:
    with pytest.raises(SessionNotFoundError, match=r"sessions\.default ="):
        _ = sessions.default
    lab = kind(URL, name="lab")
    assert sessions.default is lab
    shop = kind(URL, name="shop")
    with pytest.raises(SessionNotFoundError, match="no default"):
        _ = sessions.default
    sessions.default = "shop"
    assert sessions.default is shop
    sessions.default = lab
    assert sessions.default is lab
    sessions.remove("lab")
    with pytest.raises(SessionNotFoundError, match="Set another"):
        _ = sessions.default
    with pytest.raises(SessionNotFoundError):
        sessions.default = "nobody"
    with pytest.raises(SessionNotFoundError, match="closed"):
        sessions.default = lab
    sessions.default = None
    assert sessions.default is shop


def test_tabs_leave_the_only_session_the_default(kind: Any) -> None:
    lab = kind(URL, name="lab")
    tab = lab.tab()
    assert (len(sessions), sessions.default) == (2, lab)
    other = kind(URL)
    with pytest.raises(SessionNotFoundError, match="no default"):
        _ = sessions.default
    sessions.remove(other.name)
    sessions.remove(tab.name)
    assert sessions.default is lab


def test_a_session_that_nobody_named_and_nobody_holds_is_collected(kind: Any) -> None:
    kind(URL)
    gc.collect()
    assert len(sessions) == 0
    kind(URL, name="kept")
    gc.collect()
    assert [session.name for session in sessions] == ["kept"]


def test_a_closed_session_leaves(kind: Any) -> None:
    session = kind(URL, name="lab")
    result = session.close()
    if kind is AsyncSession:
        asyncio.run(result)
    assert len(sessions) == 0
    assert "closed" in repr(session)


def test_many_threads_get_names_of_their_own() -> None:
    held: list[Session] = []
    threads = [
        threading.Thread(target=lambda: held.extend(Session(URL) for _ in range(20)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({session.name for session in held}) == 160
    assert len(sessions) == 160


def test_download_path(kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    session = kind(URL, download_path="~/out/deep")
    assert session.download_path == tmp_path / "out" / "deep"
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ParameterError, match="is a file"):
            kind(URL, download_path=path)


@pytest.mark.parametrize(
    "options",
    [
        {"max_calls": 0},
        {"max_calls": "many"},
        {"max_calls_policy": "forget"},
        {"max_concurrency": 0},
        {"timeout": 0},
        {"timeout": -1},
        {"heartbeat_timeout": 0},
        {"retries": -1},
        {"auth": "ada:engine"},
        {"auth": ("ada",)},
        {"token": "line\nbreak"},
        {"token": 123},
        {"headers": "engine: break"},
        {"cookies": 3},
        {"max_download_bytes": -1},
        {"allowed_hosts": "example.org"},
        {"allowed_hosts": None},
        {"on_event": 3},
    ],
)
def test_options_that_mean_nothing_are_refused_and_leave_no_session(
    kind: Any, options: dict[str, Any]
) -> None:
    with pytest.raises(ParameterError) as caught:
        kind(URL, name="lab", **options)
    assert "break" not in str(caught.value)
    assert "engine" not in str(caught.value)
    gc.collect()
    assert len(sessions) == 0


@pytest.mark.parametrize("name", ["", 3, b"lab"])
def test_a_name_is_text_that_is_not_empty(kind: Any, name: Any) -> None:
    with pytest.raises(ParameterError, match="name="):
        kind(URL, name=name)
    assert len(sessions) == 0


@pytest.mark.parametrize("app_url", [None, "", 7860, b"http://127.0.0.1:7860", "no address at all"])
def test_an_address_that_is_none_is_refused(kind: Any, app_url: Any) -> None:
    with pytest.raises(ParameterError, match=r"address|app_url"):
        kind(app_url)
    assert len(sessions) == 0


def test_a_pickle_carries_what_was_set_later(kind: Any) -> None:
    session = kind(URL)
    session.max_calls, session.max_calls_policy, session.max_concurrency = 3, "error", 2
    copy = pickle.loads(pickle.dumps(session))
    assert (copy.max_calls, copy.max_calls_policy, copy.max_concurrency) == (3, "error", 2)


def test_repr_of_the_repository() -> None:
    repository = Sessions()
    assert repr(repository) == "<Sessions: none>"
