"""Spaces of the Hub: where one answers, its state, the token, and waiting for an app."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gradio_session.errors import (
    AuthenticationError,
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    GradioSessionError,
    ProtocolError,
    RateLimitedError,
    SpaceError,
    UnsupportedVersionError,
)
from gradio_session.protocol.base.effects import Flow
from gradio_session.protocol.operations import spaces
from tests.support.flows import Performer, reply

HUB = "https://hub.example"
API = f"{HUB}/api/spaces/owner/name"


def described(stage: str = "RUNNING", **changes: Any) -> dict[str, Any]:
    return {
        "id": "owner/name",
        "host": "https://owner-name.hf.space",
        "private": False,
        "runtime": {"stage": stage},
        **changes,
    }


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", HUB)


def locate(performer: Performer, **options: Any) -> spaces.Space:
    options.setdefault("token", "public")
    found: spaces.Space = performer.run(spaces.locate("owner/name", **options))
    return found


@pytest.mark.parametrize("stage", ["RUNNING", "RUNNING_BUILDING", "RUNNING_APP_STARTING"])
def test_a_running_space(stage: str) -> None:
    performer = Performer({API: reply(described(stage, private=True))})
    space = locate(performer, token="hf_x")
    assert (space.url, space.stage, space.token) == ("https://owner-name.hf.space", stage, "hf_x")
    assert performer.requests[0].headers == {"authorization": "Bearer hf_x"}
    assert not performer.requests[0].credentials
    assert "hf_x" not in repr(space)


def test_public_sends_no_token() -> None:
    performer = Performer({API: reply(described())})
    assert locate(performer).token is None
    assert performer.requests[0].headers == {}


def test_a_host_is_made_of_the_subdomain_where_the_hub_names_none() -> None:
    assert (
        locate(Performer({API: reply(described(host=None, subdomain="owner-name"))})).url
        == "https://owner-name.hf.space"
    )


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("SLEEPING", r"sleeps.*session\.wait_ready"),
        ("STOPPED", r"is stopped.*session\.wait_ready"),
        ("BUILDING", r"is being built.*session\.wait_ready"),
        ("APP_STARTING", r"is starting.*session\.wait_ready"),
        ("PAUSED", "is paused; only its owner"),
        ("BUILD_ERROR", "could not be built"),
        ("RUNTIME_ERROR", "has crashed"),
        ("CONFIG_ERROR", "has an error in its configuration"),
        ("NO_APP_FILE", "has no app yet"),
        ("DELETING", "is being deleted"),
        ("SOMETHING_NEW", r"is not running.*\(the Hub says SOMETHING_NEW\)"),
    ],
)
def test_a_space_that_does_not_run_says_what_to_do(stage: str, words: str) -> None:
    with pytest.raises(SpaceError, match=f"The Space owner/name {words}") as caught:
        locate(Performer({API: reply(described(stage))}))
    assert caught.value.stage == stage


@pytest.mark.parametrize("status", [401, 403, 404])
def test_unknown_or_private(status: int) -> None:
    performer = Performer({API: reply({"error": "Repository not found"}, status)})
    with pytest.raises(SpaceError, match=r"knows no Space owner/name.*HF_TOKEN") as caught:
        locate(performer)
    assert caught.value.stage is None
    with pytest.raises(SpaceError, match="the token may not see it"):
        locate(performer, token="hf_x")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(b"<html>", 502, content_type="text/html"), ProtocolError),
        (reply(b"", 429, retry_after="3"), RateLimitedError),
        (reply([1]), ProtocolError),
        (reply(b"not json"), ProtocolError),
        (reply(described(host="")), SpaceError),
        (reply(described(host="http://owner-name.hf.space")), SpaceError),
        (reply(described(host="https://x@evil.org")), SpaceError),
        (reply(described(host={"a": 1})), SpaceError),
        (reply({**described(), "runtime": None}), SpaceError),
        (ConnectError("no route"), ConnectError),
    ],
)
def test_a_hub_that_answers_something_else(answer: Any, kind: type[GradioSessionError]) -> None:
    with pytest.raises(kind) as caught:
        locate(Performer({API: answer}))
    assert type(caught.value) is kind


def test_a_renamed_space_is_followed_on_the_hub_only() -> None:
    moved = Performer(
        {
            API: reply(b"", 307, location="/api/spaces/owner/new"),
            f"{HUB}/api/spaces/owner/new": reply(described()),
        }
    )
    assert locate(moved, token="hf_x").stage == "RUNNING"
    away = Performer({API: reply(b"", 307, location="https://evil.example/x")})
    with pytest.raises(ProtocolError, match="redirect"):
        locate(away, token="hf_x")
    assert away.asked == [f"GET {API}"]
    endless = Performer({API: reply(b"", 307, location=API)})
    with pytest.raises(ProtocolError, match="redirects more than"):
        locate(endless)


def test_a_sleeping_space_is_woken_by_asking_its_host() -> None:
    performer = Performer(
        {API: reply(described("SLEEPING")), "https://owner-name.hf.space/": reply(b"waking", 503)}
    )
    with pytest.raises(SpaceError):
        locate(performer, token="hf_x", wake=True)
    assert performer.asked == [f"GET {API}", "GET https://owner-name.hf.space/"]
    assert performer.requests[1].headers == {"x-hf-authorization": "Bearer hf_x"}
    quiet = Performer({API: reply(described("PAUSED"))})
    with pytest.raises(SpaceError):
        locate(quiet, wake=True)
    assert quiet.asked == [f"GET {API}"]


def test_a_host_that_cannot_be_woken_is_no_other_error() -> None:
    for network in (
        {
            API: reply(described("SLEEPING")),
            "https://owner-name.hf.space/": ConnectionLostError("gone"),
        },
        {API: reply(described("SLEEPING", host="http://unsafe.example"))},
    ):
        with pytest.raises(SpaceError, match="sleeps"):
            locate(Performer(network), wake=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text("from_home\n")
    (tmp_path / "other").write_text(" from_path ")
    (tmp_path / "cache" / "huggingface").mkdir(parents=True)
    (tmp_path / "cache" / "huggingface" / "token").write_text("from_cache")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    return tmp_path


@pytest.mark.parametrize(
    ("environ", "token"),
    [
        ({"HF_TOKEN": " from_env "}, "from_env"),
        ({"HUGGING_FACE_HUB_TOKEN": "older"}, "older"),
        ({"HF_TOKEN": "new", "HUGGING_FACE_HUB_TOKEN": "older", "HF_HOME": "{}/hf"}, "new"),
        ({"HF_HOME": "{}/hf"}, "from_home"),
        ({"HF_TOKEN": "", "HF_HOME": "{}/hf"}, "from_home"),
        ({"HF_TOKEN_PATH": "{}/other", "HF_HOME": "{}/hf"}, "from_path"),
        ({"XDG_CACHE_HOME": "{}/cache"}, "from_cache"),
        ({"HF_HOME": "{}/nowhere"}, None),
        ({"HF_TOKEN_PATH": "{}/empty"}, None),
        ({"HF_TOKEN_PATH": "{}/binary"}, None),
        ({"HF_TOKEN_PATH": "{}"}, None),
        ({"HF_TOKEN": "x", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}, None),
    ],
)
def test_the_token_of_the_hubs_own_tools(
    home: Path, environ: dict[str, str], token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {name: value.format(home) for name, value in environ.items()}
    monkeypatch.setattr(os, "environ", here)
    assert spaces.stored_token() == token


def test_the_stored_token_is_used_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_env")
    performer = Performer({API: reply(described())})
    assert performer.run(spaces.locate("owner/name")).token == "hf_env"
    assert performer.requests[0].headers == {"authorization": "Bearer hf_env"}


@pytest.mark.parametrize(
    ("environ", "endpoint"),
    [
        ({}, "https://huggingface.co"),
        ({"HF_ENDPOINT": "http://127.0.0.1:1/ "}, "http://127.0.0.1:1"),
        ({"HF_ENDPOINT": ""}, "https://huggingface.co"),
    ],
)
def test_the_hubs_address(
    environ: dict[str, str], endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", environ)
    assert spaces.hub_endpoint() == endpoint


class Attempts:
    """Makes flows that raise the given errors in turn, and then return "ready"."""

    def __init__(self, *errors: GradioSessionError) -> None:
        self.errors = list(errors)
        self.made = 0

    def __call__(self) -> Flow[str]:
        self.made += 1
        yield from ()
        if self.errors:
            raise self.errors.pop(0)
        return "ready"


PASSING = [
    ConnectError("refused"),
    ConnectionLostError("reset"),
    ProtocolError("bad gateway", status=502),
    ProtocolError("unavailable", status=503),
    RateLimitedError("slowly", status=429, retry_after=2.0),
    SpaceError("sleeps", stage="SLEEPING"),
    SpaceError("is built", stage="BUILDING"),
    SpaceError("starts", stage="APP_STARTING"),
]


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_what_time_mends_is_waited_for(error: GradioSessionError) -> None:
    attempts = Attempts(error, error)
    performer = Performer({})
    told: list[spaces.Waiting] = []
    assert performer.run(spaces.wait_ready(attempts, timeout=60, progress=told.append)) == "ready"
    assert attempts.made == 3
    assert performer.slept == ([2.0, 2.0] if isinstance(error, RateLimitedError) else [0.5, 0.75])
    assert [waiting.stage for waiting in told] == [getattr(error, "stage", None) or "STARTING"] * 2
    assert [waiting.seconds for waiting in told] == [0.0, performer.slept[0]]
    assert told[0].message == str(error)


@pytest.mark.parametrize(
    "error",
    [
        SpaceError("paused", stage="PAUSED"),
        SpaceError("unknown"),
        SpaceError("crashed", stage="RUNTIME_ERROR"),
        AuthenticationError("login"),
        UnsupportedVersionError("old", status=503),
        ProtocolError("no app", status=404),
        ProtocolError("JSON of something else"),
    ],
    ids=str,
)
def test_what_time_does_not_mend_is_raised_at_once(error: GradioSessionError) -> None:
    performer = Performer({})
    with pytest.raises(type(error)) as caught:
        performer.run(spaces.wait_ready(Attempts(error), timeout=60))
    assert caught.value is error
    assert performer.slept == []


def test_a_deadline_says_what_was_waited_for() -> None:
    performer = Performer({})
    attempts = Attempts(*[SpaceError("The Space a/b is being built.", stage="BUILDING")] * 100)
    with pytest.raises(
        CallTimeoutError,
        match=r"a/b is not ready after 10 s \(BUILDING\). The Space a/b is being built.",
    ) as caught:
        performer.run(spaces.wait_ready(attempts, timeout=10, name="a/b"))
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value.__cause__, SpaceError)
    assert sum(performer.slept) == pytest.approx(10)
    assert max(performer.slept) <= 5


def test_the_time_that_attempts_take_counts() -> None:
    performer = Performer(lambda _: ConnectError("slow to refuse"), request_takes=4.0)

    def attempt() -> Flow[None]:
        yield from spaces.locate("a/b", token="public")

    with pytest.raises(CallTimeoutError):
        performer.run(spaces.wait_ready(attempt, timeout=10))
    assert performer.clock <= 14.5


def test_pauses_grow_to_five_seconds() -> None:
    performer = Performer({})
    performer.run(spaces.wait_ready(Attempts(*[ConnectError("refused")] * 12), timeout=None))
    assert performer.slept[:3] == [0.5, 0.75, 1.125]
    assert performer.slept[-1] == 5.0
