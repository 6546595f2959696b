"""What an HTTP answer means when it is not the one hoped for."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gradio_session.errors import (
    AppError,
    AuthenticationError,
    GradioSessionError,
    InputValidationError,
    ProtocolError,
    QueueFullError,
    RateLimitedError,
)
from gradio_session.protocol.base.json_values import JsonArray, is_list, object_of, objects_of
from gradio_session.protocol.base.text import clean, one_line
from gradio_session.protocol.base.urls import redact
from gradio_session.protocol.queue.messages import decode, loads, unquoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_session.protocol.base.effects import Response

__all__ = [
    "decode_json", "describe", "error_of", "event_id_of", "is_event_stream",
    "retry_after", "same_run", "stream_error", "submit_error",
]  # fmt: skip

_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_REFUSALS_IN_WORDS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)

_OF_GRADIO_ITSELF = (
    "Session hash not found.", "No function index provided.", "There was an error parsing the body",
)  # fmt: skip
"""What a refusal with 400 says when it is not the text of an exception inside a validator."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How long a `Retry-After` header asks to wait.

    Args:
        headers: The answer's headers, names in lower case.

    Returns:
        Seconds; a date is counted from the answer's own `Date`, so that no clock has to agree with
        the server's. None when there is nothing to read.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    if not value:
        return None
    try:
        until, now = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None


def decode_json(response: Response, doing: str) -> Any:
    """The JSON of an answer with status 200.

    Args:
        response: The answer.
        doing: What was asked, for messages: "reading /config".

    Raises:
        AuthenticationError: 401 or 403.
        RateLimitedError: 429.
        ProtocolError: Another status, or a body that is not JSON.
    """
    if response.status != HTTPStatus.OK:
        raise error_of(response, doing)
    try:
        return loads(response.body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(
            f"{redact(response.url)} answered with {describe(response)} instead of JSON while "
            f"{doing}. Is this the address of a Gradio app?",
            status=response.status,
        ) from error


def describe(response: Response) -> str:
    """What an answer holds, in a few words: 'an HTML page titled "Welcome"', 'an empty body'."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if "html" in kind or response.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
        title = _TITLE.search(response.body[:20_000])
        return "an HTML page" + (f' titled "{_start(title[1])}"' if title else "")
    if not response.body.strip():
        return "an empty body"
    return f'{one_line(kind, 60) or "a body of no stated type"} ("{_start(response.body)}")'


def _start(body: bytes) -> str:
    return one_line(body[:200].decode("utf-8", "replace"))


def detail_of(response: Response) -> object:
    """The `detail` (or `error`) of an error answer in JSON, or None.

    A server answers with a text, a dict or a list here.
    """
    body = object_of(decode(response.body))
    return body.get("detail", body.get("error"))


def error_of(response: Response, doing: str, *, api_name: str | None = None) -> GradioSessionError:
    """The error that an answer with an unexpected status stands for.

    Args:
        response: The answer.
        doing: What was asked, for messages: "reading /config".
        api_name: The endpoint concerned, with its slash, if one is.
    """
    status, where = response.status, redact(response.url)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _refused(response, api_name)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        after = retry_after(response.headers)
        when = "later, and less often" if after is None else f"in {after:g} s"
        message = f"{where} limits how often it may be asked (429), and refused {doing}. "
        message += f"Try again {when}."
        return RateLimitedError(message, status=status, retry_after=after, api_name=api_name)
    if "location" in response.headers and status < HTTPStatus.BAD_REQUEST:
        target = one_line(redact(response.headers["location"]), 200)
        message = (
            f'{where} answered {doing} with a redirect ({status}) to "{target}". '
            "Use the address that it redirects to, if you trust it."
        )
        return ProtocolError(message, status=status, api_name=api_name)
    advice = "Check the address of the app."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        advice = "The app or a proxy before it is down, starting or overloaded; try again later."
    message = f"{where} answered {doing} with status {status} and {describe(response)}. {advice}"
    return ProtocolError(message, status=status, api_name=api_name)


def is_event_stream(response: Response) -> bool:
    """Whether an answer is an event stream as it was asked for."""
    headers = response.headers
    kind = headers.get("content-type", "text/event-stream")
    plain = headers.get("content-encoding", "identity") in ("", "identity")
    return response.status == HTTPStatus.OK and plain and kind.startswith("text/event-stream")


def stream_error(response: Response) -> GradioSessionError:
    """The error that an answer stands for which is no event stream."""
    if response.status != HTTPStatus.OK:
        return error_of(response, "reading the results")
    encoding = one_line(response.headers.get("content-encoding", ""), 40)
    came = f"a body in {encoding}, which was not asked for" if encoding else describe(response)
    return ProtocolError(
        f"{response.url} is not an event stream, but {came}. A proxy in between may answer for the "
        "app, or change its answers.",
        status=response.status,
    )


def _refused(response: Response, api_name: str | None) -> AuthenticationError:
    said = object_of(detail_of(response)).get("auth_message")
    words = f' It says: "{one_line(said)}".' if isinstance(said, str) and said.strip() else ""
    what = "wants a login (401)"
    advice = (
        "Pass auth=(user, password) or call session.login(user, password); "
        "for a private Space pass token=..."
    )
    if response.status == HTTPStatus.FORBIDDEN:
        what = "refuses access (403)"
        advice = "If it wants a token, pass token=...; if it wants a login, auth=(user, password)."
    message = f"{redact(response.url)} {what}.{words} {advice}"
    return AuthenticationError(message, api_name=api_name)


def submit_error(response: Response, api_name: str) -> GradioSessionError:
    """The error that a refused call stands for.

    Gradio answers 422 with a list when its validators refused the inputs, 503 with words for a full
    or stopped queue, 400 with words for a validator that failed, and 500 for a name that it does
    not know.

    Args:
        response: The answer to `POST /call/{name}` or `POST /queue/join`, of a status other than
            200.
        api_name: The endpoint, with its slash.
    """
    status, detail = response.status, detail_of(response)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and is_list(detail):
        return _invalid_inputs(detail, api_name)
    if isinstance(detail, str):
        if status == HTTPStatus.SERVICE_UNAVAILABLE and detail.startswith("Queue is"):
            what = f"the app takes no more calls now ({one_line(detail)})"
            text = f"{api_name}: {what}. Nothing has run; try again later."
            return QueueFullError(text, api_name=api_name)
        if status == HTTPStatus.BAD_REQUEST and detail not in _OF_GRADIO_ITSELF:
            return _raised_by_validator(detail, api_name)
        if status in _REFUSALS_IN_WORDS:
            text = f'{api_name}: the app refused the call ({status}): "{one_line(detail, 300)}"'
            return ProtocolError(text, status=status, api_name=api_name)
    return error_of(response, f"the call of {one_line(api_name)}", api_name=api_name)


def _raised_by_validator(detail: str, api_name: str) -> AppError:
    """The error for an exception inside a validator; that of a `gr.Error` comes as its `repr`."""
    words = clean(unquoted(detail), 2_000) or (
        "a validator failed and does not say why (the app's own log has the reason)"
    )
    error = AppError(f"{api_name}: {words}", api_name=api_name)
    error.message = words
    return error


def _invalid_inputs(detail: JsonArray, api_name: str) -> GradioSessionError:
    problems = {
        one_line(item.get("parameter_name", f"parameter_{index}"), 100): clean(
            item.get("message") or "not valid"
        )
        for index, item in enumerate(objects_of(detail))
        if item.get("is_valid") is False
    }
    if not problems:
        said = one_line(json.dumps(detail), 300)
        text = f"{api_name}: the app could not read the call (422): {said}"
        return ProtocolError(text, status=422, api_name=api_name)
    words = "; ".join(f"{name}: {message}" for name, message in problems.items())
    text = f"{api_name}: the app refused the inputs: {words}"
    return InputValidationError(text, api_name=api_name, problems=problems)


def event_id_of(response: Response, api_name: str) -> str:
    """The id of the event that a call was given.

    Raises:
        ProtocolError: The answer names none.
    """
    answer = decode_json(response, f"the call of {api_name}")
    event_id = object_of(answer).get("event_id")
    if isinstance(event_id, str) and event_id:
        return event_id
    raise ProtocolError(
        f"{api_name}: the app took the call but named no event. A proxy may have changed the "
        "answer.",
        status=response.status,
        api_name=api_name,
    )


def same_run(response: Response, app_id: object) -> bool:
    """Whether the answer of `/app_id` names the run whose `/config` had that `app_id`."""
    answer = decode(response.body)
    return answer is not None and bool(object_of(answer).get("app_id", answer) == app_id)
