"""Synchronous and asynchronous classes are pairs: the same names, parameters, defaults, types."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from gradio_session import (
    App,
    AsyncApp,
    AsyncCall,
    AsyncEndpoint,
    AsyncSession,
    AsyncStream,
    Call,
    Endpoint,
    Session,
    Stream,
)
from gradio_session.connection.options import Options

PAIRS: list[tuple[type, type]] = [
    (Session, AsyncSession),
    (Call, AsyncCall),
    (App, AsyncApp),
    (Endpoint, AsyncEndpoint),
    (Stream, AsyncStream),
]

OPTIONS = {
    "download_path": None,
    "max_calls": 100,
    "max_calls_policy": "remove",
    "max_concurrency": None,
    "token": None,
    "oauth_token": None,
    "auth": None,
    "headers": None,
    "cookies": None,
    "timeout": 3600,
    "heartbeat_timeout": 45,
    "retries": 2,
    "proxy": None,
    "verify": True,
    "cert": None,
    "http": None,
    "max_download_bytes": None,
    "allowed_hosts": (),
    "validate": False,
    "history": False,
    "on_event": None,
    "wait": None,
    "pickle_secrets": True,
}
"""Every option of a session with its default, in the order of the signatures."""

PROTOCOLS = {
    "__iter__": "__aiter__",
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
}


def own_names(kind: type) -> set[str]:
    """The public names of a class, and how it is iterated and entered."""
    special = {*PROTOCOLS, *PROTOCOLS.values()}
    return {name for name in dir(kind) if not name.startswith("_") or name in special}


def in_plain_words(annotation: str) -> str:
    """An annotation as the synchronous half of a pair would write it."""
    plain = re.sub(r"\bAsync(?=[A-Z])", "", annotation)
    # An asynchronous map takes plain iterables, too.
    return re.sub(r"^(Iterable\[.*\]) \| \1$", r"\1", plain)


def parameters(function: Callable[..., object]) -> list[tuple[str, Any, Any, str]]:
    return [
        (each.name, each.kind, each.default, in_plain_words(str(each.annotation)))
        for each in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize(("plain", "other"), PAIRS)
def test_the_names_of_a_pair_are_the_same(plain: type, other: type) -> None:
    names = {PROTOCOLS.get(name, name) for name in own_names(plain)}
    assert names == own_names(other)


@pytest.mark.parametrize(("plain", "other"), PAIRS)
def test_the_signatures_of_a_pair_are_the_same(plain: type, other: type) -> None:
    for name in {*own_names(plain), "__init__"}:
        one, two = getattr(plain, name), getattr(other, PROTOCOLS.get(name, name))
        if name == "__init__" and plain is Call:
            continue  # sessions make calls
        if not inspect.isfunction(one):
            assert type(one) is type(two), name
            continue
        assert parameters(one) == parameters(two), name
        results = [inspect.signature(each).return_annotation for each in (one, two)]
        assert in_plain_words(str(results[1])) == str(results[0]), name


def test_the_comparison_can_fail() -> None:
    def plain(values: list[int], *, count: int = 1) -> Call[int]: ...  # type: ignore[empty-body]
    def other(values: list[int], *, count: int = 2) -> AsyncCall[int]: ...  # type: ignore[empty-body]

    assert parameters(plain) != parameters(other)
    assert in_plain_words("AsyncCall[int] | AsyncIterator[AsyncSession]") == (
        "Call[int] | Iterator[Session]"
    )


@pytest.mark.parametrize(
    ("kind", "others"),
    [
        (Session, ["app_url", "name", "force"]),
        (AsyncSession, ["app_url", "name", "force"]),
        (App, ["app_url", "session", "name", "force"]),
        (AsyncApp, ["app_url", "session", "name", "force"]),
        (Options, []),
    ],
)
def test_every_list_of_the_options_is_the_same(kind: type, others: list[str]) -> None:
    listed = dict(inspect.signature(kind).parameters)
    assert [name for name in listed if name not in OPTIONS] == others
    defaults = {name: each.default for name, each in listed.items() if name in OPTIONS}
    assert defaults == OPTIONS
    assert list(defaults) == list(OPTIONS)


def test_the_options_are_kept_under_their_names() -> None:
    assert vars(Options()).keys() == OPTIONS.keys()
