"""Hugging Face Spaces: where one answers, its state, and how to wait for it (or for any app).

The Hub describes a Space at `GET {endpoint}/api/spaces/{owner}/{name}`: `runtime.stage` is its
state, `host` (or `subdomain`) where it answers. A Space that sleeps is woken by any request to its
host.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gradio_session.errors import (
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    GradioSessionError,
    ProtocolError,
    RateLimitedError,
    SpaceError,
    UnsupportedVersionError,
)
from gradio_session.protocol.base.credentials import PUBLIC
from gradio_session.protocol.base.effects import Blocking, Flow, Request, Sleep
from gradio_session.protocol.base.json_values import is_object, object_of, text_of
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.base.urls import origin, redact
from gradio_session.protocol.operations.discovery import get
from gradio_session.protocol.operations.responses import decode_json

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Space", "Waiting", "hub_endpoint", "locate", "stored_token", "wait_ready"]

DEFAULT_ENDPOINT = "https://huggingface.co"
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
"""Seconds between two looks at an app that is not ready: each pause is 1.5 times the last one."""

REQUEST_TIMEOUT = 10.0

_RUNNING = frozenset({"RUNNING", "RUNNING_BUILDING", "RUNNING_APP_STARTING"})
_ASLEEP = frozenset({"SLEEPING", "STOPPED"})
_STARTING = frozenset({"BUILDING", "APP_STARTING"})
_ADVICE = {
    "SLEEPING": "sleeps, as nobody used it for a while. "
    "session.wait_ready(timeout) wakes it and waits for it",
    "STOPPED": "is stopped. session.wait_ready(timeout) tries to wake it and waits for it",
    "BUILDING": "is being built. session.wait_ready(timeout) waits for it",
    "APP_STARTING": "is starting. session.wait_ready(timeout) waits for it",
    "PAUSED": "is paused; only its owner can restart it, in the settings of the Space",
    "BUILD_ERROR": "could not be built; its owner finds the reason in its build log",
    "RUNTIME_ERROR": "has crashed; its owner finds the reason in its log and can restart it",
    "CONFIG_ERROR": "has an error in its configuration (the head of its README.md), "
    "which its owner has to correct",
    "NO_APP_FILE": "has no app yet",
    "DELETING": "is being deleted",
}

ReadyT = TypeVar("ReadyT")


class Space(NamedTuple):
    """A Space as the Hub describes it.

    Attributes:
        space_id: "owner/name".
        url: The base address that it answers at.
        stage: The Hub's word for its state, for example "RUNNING".
        token: The token to call it with, or None.
    """

    space_id: str
    url: str
    stage: str
    token: str | None

    def __repr__(self) -> str:
        return f"Space({self.space_id!r}, {self.url!r}, stage={self.stage!r})"


class Waiting(NamedTuple):
    """What `wait_ready` tells whoever wants to know, before each pause.

    Attributes:
        stage: The Space's state, or "STARTING" for any other app that does not answer yet.
        seconds: How long it has been waited.
        message: Why the app is not ready, in words.
    """

    stage: str
    seconds: float
    message: str

    def __repr__(self) -> str:
        return f"Waiting({self.stage!r}, seconds={self.seconds:.1f})"


def hub_endpoint() -> str:
    """The address of the Hub: `HF_ENDPOINT`, or the public one."""
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).strip().rstrip("/")


def stored_token() -> str | None:
    """The token that the Hub's own tools would use, or None. It reads a file.

    It is `HF_TOKEN` (or `HUGGING_FACE_HUB_TOKEN`), else the content of `HF_TOKEN_PATH`, else of
    `token` in `HF_HOME`, which is `~/.cache/huggingface` by default. With
    `HF_HUB_DISABLE_IMPLICIT_TOKEN` there is none.
    """
    variables = os.environ
    if variables.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").upper() in ("1", "ON", "YES", "TRUE"):
        return None
    token = (variables.get("HF_TOKEN") or variables.get("HUGGING_FACE_HUB_TOKEN") or "").strip()
    if token:
        return token
    cache = variables.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")  # noqa: PTH118 - pathlib is slow to import
    home = variables.get("HF_HOME") or os.path.join(cache, "huggingface")  # noqa: PTH118
    path = variables.get("HF_TOKEN_PATH") or os.path.join(home, "token")  # noqa: PTH118
    try:
        with open(os.path.expanduser(os.path.expandvars(path)), encoding="utf-8") as file:  # noqa: PTH111, PTH123
            return file.read(4096).strip() or None
    except (OSError, ValueError):
        return None


def locate(space_id: str, *, token: str | None = None, wake: bool = False) -> Flow[Space]:
    """Ask the Hub where a Space answers.

    Args:
        space_id: "owner/name".
        token: A token for the Hub and the Space; "public" for none; None for the one that the Hub's
            own tools stored, if any.
        wake: Wake the Space if it sleeps (it is not ready yet, and the error is raised all the
            same).

    Raises:
        SpaceError: The Space is not running, is unknown or private (`stage` tells what the Hub
            says, if anything).
        ConnectError: The Hub could not be reached.
        RateLimitedError: The Hub answered 429.
        ProtocolError: It answered something else than a description of a Space.
    """
    hub = hub_endpoint()
    if token is None:
        token = yield Blocking(stored_token)
    secret = None if token == PUBLIC else token
    # The Hub redirects on its own host when a Space was renamed.
    response = yield from get(
        f"{hub}/api/spaces/{space_id}",
        headers={"authorization": f"Bearer {secret}"} if secret else {},
        timeout=REQUEST_TIMEOUT,
        credentials=False,
        stay=True,
    )
    if response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        if response.headers.get("x-error-code") == "GatedRepo":
            raise _gated(space_id, hub, with_token=secret is not None)
        raise _unknown(space_id, response.status, with_token=secret is not None)
    document = decode_json(response, f"asking the Hub for the Space {space_id}")
    space = _space_of(space_id, document, hub, secret)
    if space.stage in _RUNNING:
        return space
    if wake and space.stage in _ASLEEP:
        yield from _wake(space, hub)
    state = _ADVICE.get(space.stage, "is not running; look at its page")
    text = f"The Space {space_id} {state} (the Hub says {space.stage})."
    raise SpaceError(text, stage=space.stage)


def _space_of(space_id: str, document: object, hub: str, token: str | None) -> Space:
    if not is_object(document):
        raise ProtocolError(
            f"{redact(hub)} did not describe the Space {space_id}. "
            "Is HF_ENDPOINT the address of a Hub?"
        )
    stage = one_line(text_of(object_of(document.get("runtime")).get("stage")) or "UNKNOWN", 40)
    url = text_of(document.get("host")).rstrip("/")
    if not url and text_of(document.get("subdomain")):
        url = f"https://{document['subdomain']}.hf.space"
    if stage in _RUNNING:
        _check_host(space_id, url, hub)
    return Space(space_id, url, stage, token)


def _check_host(space_id: str, url: str, hub: str) -> None:
    """The host gets the caller's token: it must be an address, as safe as the Hub's own."""
    try:
        scheme = origin(url)[0]
    except ValueError:
        what = "It may not be a Gradio app; look at its page."
        text = f"The Hub names no host for the Space {space_id}. {what}"
        raise SpaceError(text) from None
    if "@" in url or (scheme == "http" and hub.startswith("https:")):
        what = f"The Hub names {redact(url)} as host of the Space {space_id}"
        raise SpaceError(f"{what}, which is not safe to send a token to.")


def _wake(space: Space, hub: str) -> Flow[None]:
    headers = {"x-hf-authorization": f"Bearer {space.token}"} if space.token else {}
    with suppress(GradioSessionError):  # it is asked again at the next look
        _check_host(space.space_id, space.url, hub)
        yield Request(
            "GET", space.url + "/", headers=headers, credentials=False, timeout=REQUEST_TIMEOUT
        )


def _gated(space_id: str, hub: str, *, with_token: bool) -> SpaceError:
    """The error for a Space whose owner lets people in; the Hub says so in `X-Error-Code`."""
    page = f"{redact(hub)}/spaces/{space_id}"
    whose = "the account of your token" if with_token else "your account"
    then = "" if with_token else ", then pass token=... or set HF_TOKEN"
    text = f"The Space {space_id} is gated, and {whose} has no access yet: ask for it at {page}"
    return SpaceError(f"{text}{then}.")


def _unknown(space_id: str, status: int, *, with_token: bool) -> SpaceError:
    advice = 'pass token=... or set HF_TOKEN if it is private, or log in with "hf auth login"'
    advice = "the token may not see it" if with_token else advice
    what = f"The Hub knows no Space {space_id}, or does not show it ({status})"
    return SpaceError(f"{what}: check the name; {advice}.")


def wait_ready(
    attempt: Callable[[], Flow[ReadyT]],
    *,
    timeout: float | None,
    progress: Callable[[Waiting], object] | None = None,
    name: str = "the app",
) -> Flow[ReadyT]:
    """Try until an app is ready.

    Waited for: a refused or lost connection, 429 and 5xx, and a Space that sleeps, is built or
    starts. Anything else is raised, as no time mends it.

    Args:
        attempt: Makes the flow that connects; for a Space it asks the Hub with `wake=True`.
        timeout: Seconds to try for; None for ever.
        progress: Called before each pause.
        name: How the app is called in messages.

    Returns:
        What the first attempt that succeeds returns.

    Raises:
        CallTimeoutError: The app is still not ready; says why.
        GradioSessionError: What no waiting mends.
    """
    started: float = yield Blocking(time.monotonic)
    pause = FIRST_PAUSE
    while True:
        try:
            return (yield from attempt())
        except GradioSessionError as error:
            if not _passing(error):
                raise
            problem = error
        waited: float = (yield Blocking(time.monotonic)) - started
        stage = problem.stage if isinstance(problem, SpaceError) and problem.stage else "STARTING"
        if progress is not None:
            progress(Waiting(stage, waited, problem.message))
        if timeout is not None and waited >= timeout:
            raise CallTimeoutError(
                f"{name} is not ready after {waited:.0f} s ({stage}). {problem.message}"
            ) from problem
        asked = problem.retry_after if isinstance(problem, RateLimitedError) else None
        wanted = max(pause, asked or 0.0)
        yield Sleep(wanted if timeout is None else max(0.0, min(wanted, timeout - waited)))
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _passing(error: GradioSessionError) -> bool:
    """Whether time may mend it."""
    if isinstance(error, SpaceError):
        return error.stage in _ASLEEP or error.stage in _STARTING
    if isinstance(error, UnsupportedVersionError):
        return False
    if isinstance(error, ProtocolError):
        status = error.status or 0
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    return isinstance(error, (ConnectError, ConnectionLostError))
