"""What generated classes inherit, without an app."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import gradio_session
from gradio_session import (
    App,
    AsyncApp,
    AsyncEndpoint,
    AsyncSession,
    Endpoint,
    ParameterError,
    Session,
    SessionNotFoundError,
    sessions,
)
from tests.support.scripts import python

RUNTIME = Path(gradio_session.__file__).parent.parent
URL = "http://127.0.0.1:9"


class EchoResult(NamedTuple):
    text: str
    seed: float


class EchoEndpoint(
    Endpoint[EchoResult],
    api_name="/echo",
    inputs=("textbox", "file"),
    outputs=("textbox", "number"),
    input_files={1: "file"},
):
    def __call__(self, text: str, file: Any = None) -> EchoResult:
        return self.submit(text, file).result()

    def submit(self, text: str, file: Any = None) -> Any:
        return self._submit(text, file)


class AsyncEchoEndpoint(AsyncEndpoint[None], api_name="/echo", inputs=(), outputs=()):
    pass


class Lab(App, url=URL, title="Lab", schema="sha256:0", runtime=1):
    pass


class AsyncLab(AsyncApp, url=URL):
    pass


class Homeless(App, title="Homeless"):
    pass


def test_the_keywords_of_a_class_are_its_specification() -> None:
    spec = EchoEndpoint.spec
    assert (spec.api_name, spec.inputs, spec.outputs) == (
        "/echo",
        ("textbox", "file"),
        ("textbox", "number"),
    )
    assert (spec.input_files, spec.output_files) == ({1: "file"}, {})
    assert spec.parameters == ("text", "file")
    assert spec.result_type is EchoResult
    assert spec.returns is EchoResult
    assert spec.namespace["EchoResult"] is EchoResult
    assert spec.generated
    assert AsyncEchoEndpoint.spec.result_type is None


@pytest.mark.parametrize("keywords", [{"runtime": 2}, {"colour": "red"}])
def test_what_a_newer_generator_wrote_says_which_package_to_upgrade(
    keywords: dict[str, Any],
) -> None:
    with pytest.raises(ImportError, match="upgrade it, `pip install -U gradio-session`"):
        type("Newer", (App,), {}, url=URL, **keywords)


def test_an_unknown_keyword_of_an_endpoint_too() -> None:
    with pytest.raises(ImportError, match="telepathy"):
        type("Newer", (Endpoint,), {}, api_name="/x", inputs=(), outputs=(), telepathy=True)


def test_an_app_takes_a_session_or_the_name_of_one() -> None:
    with Session(URL, name="mine") as session:
        assert Lab(session=session).session is session
        assert Lab(session="mine").session is session
        with pytest.raises(ParameterError, match="not both"):
            Lab(URL, session=session)
        for option in ({"name": "other"}, {"timeout": None}, {"token": "tok"}, {"validate": True}):
            with pytest.raises(ParameterError, match=f"{next(iter(option))} or session, not both"):
                Lab(session=session, **option)  # type: ignore[arg-type]
        with pytest.raises(ParameterError, match="AsyncSession"):
            AsyncLab(session=session)  # type: ignore[arg-type]
    with pytest.raises(SessionNotFoundError):
        Lab(session="mine")
    with pytest.raises(ParameterError, match="a Session"):
        Lab(session=AsyncSession(URL))  # type: ignore[arg-type]


def test_an_app_makes_a_session_with_every_option_of_one() -> None:
    with Lab(name="own", max_calls=3, timeout=None) as lab:
        assert sessions["own"] is lab.session
        assert (lab.session.app_url, lab.session.max_calls) == (URL, 3)
    assert "own" not in sessions
    assert Lab("http://127.0.0.1:10").session.app_url == "http://127.0.0.1:10"


def test_without_an_address_one_is_asked_for() -> None:
    with pytest.raises(ParameterError, match="app_url"):
        Homeless()


@pytest.mark.parametrize(("app", "session"), [(App, Session), (AsyncApp, AsyncSession)])
def test_the_signatures_of_app_and_session_do_not_drift_apart(app: type, session: type) -> None:
    theirs = dict(inspect.signature(session).parameters)
    mine = dict(inspect.signature(app).parameters)
    mine.pop("session")
    assert list(mine) == list(theirs)
    for name, parameter in theirs.items():
        if name != "app_url":
            assert (mine[name].default, mine[name].annotation, mine[name].kind) == (
                parameter.default,
                parameter.annotation,
                parameter.kind,
            )


def test_plain_and_asynchronous_names_do_not_drift_apart() -> None:
    for plain, other in (
        (Session, AsyncSession),
        (gradio_session.Call, gradio_session.AsyncCall),
        (Endpoint, AsyncEndpoint),
    ):
        names = {name for name in dir(plain) if not name.startswith("_")}
        assert names == {name for name in dir(other) if not name.startswith("_")}
        for name in names:
            one, two = getattr(plain, name), getattr(other, name)
            if inspect.isfunction(one):
                assert list(inspect.signature(one).parameters) == list(
                    inspect.signature(two).parameters
                ), name


def test_with_options_is_a_copy_and_adds_up() -> None:
    with Session(URL) as session:
        endpoint = EchoEndpoint(session)
        copy = endpoint.with_options(timeout=5, headers={"a": "1"}).with_options(
            token="public", headers={"b": "2"}, detached=True
        )
        assert isinstance(copy, EchoEndpoint)
        options = copy._options
        assert (options.timeout, options.token, options.headers, options.detached) == (
            5.0,
            "public",
            {"a": "1", "b": "2"},
            True,
        )
        assert endpoint._options.timeout is None
        with pytest.raises(ParameterError):
            endpoint.with_options(timeout=0)


def test_a_client_can_be_pickled() -> None:
    lab = Lab(max_calls=4, token="tok")
    copy = pickle.loads(pickle.dumps(lab))
    assert copy.session.max_calls == 4
    assert copy.session.name != lab.session.name
    endpoint = pickle.loads(pickle.dumps(EchoEndpoint(lab.session).with_options(timeout=9)))
    assert endpoint._options.timeout == 9.0


def test_apps_reserve_one_name() -> None:
    assert {name for name in dir(Lab(URL)) if not name.startswith("__")} == {"session"}


HEAVY = {
    "httpx",
    "asyncio",
    "dataclasses",
    "threading",
    "uuid",
    "json",
    "logging",
    "pathlib",
    "ssl",
    "inspect",
    "re",
}


def test_importing_what_a_generated_client_imports_is_light() -> None:
    script = (
        "import sys, typing, functools\nbefore = {*sys.modules}\n"
        "from gradio_session import App, AsyncApp, AsyncCall, AsyncEndpoint, Call, DEFAULT\n"
        "from gradio_session import Default, Endpoint, FileInput, RemoteFile\n"
        "print(*{*sys.modules} - before)"
    )
    run = python("-S", "-c", script, cwd=RUNTIME)
    loaded = run.stdout.split()
    assert HEAVY.isdisjoint(loaded), sorted(HEAVY & set(loaded))
    assert len(loaded) < 30, loaded


def test_a_session_that_connects_to_nothing_imports_neither_httpx_nor_asyncio() -> None:
    script = (
        "import sys\nfrom gradio_session import Session\nSession('http://127.0.0.1:9')\n"
        "print(*{'httpx', 'asyncio'} & set(sys.modules))"
    )
    run = python("-c", script, cwd=RUNTIME)
    assert run.stdout.split() == []


def test_every_public_name_can_be_imported() -> None:
    for name in gradio_session.__all__:
        assert getattr(gradio_session, name) is not None
    assert set(gradio_session.__all__) <= set(dir(gradio_session))
    with pytest.raises(AttributeError):
        _ = gradio_session.nothing_of_that_name  # type: ignore[attr-defined]
