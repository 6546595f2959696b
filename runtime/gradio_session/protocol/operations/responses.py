"""What an HTTP answer means when it is not the one hoped for."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gradio_session.errors import (
    AuthenticationError,
    GradioSessionError,
    InputValidationError,
    ProtocolError,
    QueueFullError,
    RateLimitedError,
)
from gradio_session.protocol.base.json_values import is_list, is_object, object_of, objects_of
from gradio_session.protocol.base.text import clean, one_line
from gradio_session.protocol.base.urls import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_session.protocol.base.effects import Response

__all__ = [
    "decode_json", "describe", "error_of", "event_id_of", "retry_after", "same_run", "submit_error",
]  # fmt: skip

_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_REFUSALS_IN_WORDS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


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
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - rarely needed and slow to import

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
        return json.loads(response.body)
    except (ValueError, RecursionError) as error:
        message = f"{redact(response.url)} answered with {describe(response)} instead of JSON while {doing}. Is this the address of a Gradio app?"
        raise ProtocolError(message, status=response.status) from error


def describe(response: Response) -> str:
    """What an answer holds, in a few words: 'an HTML page titled "Welcome"', 'an empty body', 'text/plain ("Not Found")'."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if "html" in kind or response.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
        title = _TITLE.search(response.body[:20_000])
        return (
            f'an HTML page titled "{one_line(title[1].decode("utf-8", "replace"))}"'
            if title
            else "an HTML page"
        )
    if not response.body.strip():
        return "an empty body"
    return f'{one_line(kind, 60) or "a body of no stated type"} ("{one_line(response.body[:200].decode("utf-8", "replace"))}")'


def detail_of(response: Response) -> Any:
    """The `detail` (or `error`) of an error answer in JSON, or None. A server answers with a text, a dict or a list here."""
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return body.get("detail", body.get("error")) if is_object(body) else None


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
        seconds = retry_after(response.headers)
        when = (
            "Try again later, and less often."
            if seconds is None
            else f"Try again in {seconds:g} s."
        )
        message = f"{where} limits how often it may be asked (429), and refused {doing}. {when}"
        return RateLimitedError(message, status=status, retry_after=seconds, api_name=api_name)
    if "location" in response.headers and status < HTTPStatus.BAD_REQUEST:
        target = one_line(redact(response.headers["location"]), 200)
        message = f'{where} answered {doing} with a redirect ({status}) to "{target}". Use the address that it redirects to, if you trust it.'
        return ProtocolError(message, status=status, api_name=api_name)
    advice = "Check the address of the app."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        advice = (
            "The app or a proxy in front of it is down, starting or overloaded; try again later."
        )
    return ProtocolError(
        f"{where} answered {doing} with status {status} and {describe(response)}. {advice}",
        status=status,
        api_name=api_name,
    )


def _refused(response: Response, api_name: str | None) -> AuthenticationError:
    detail = detail_of(response)
    said = detail.get("auth_message") if is_object(detail) else None
    words = f' It says: "{one_line(said)}".' if isinstance(said, str) and said.strip() else ""
    where = redact(response.url)
    if response.status == HTTPStatus.FORBIDDEN:
        advice = "If it wants a token, pass token=...; if it wants a login, auth=(user, password)."
        return AuthenticationError(
            f"{where} refuses access (403).{words} {advice}", api_name=api_name
        )
    advice = "Pass auth=(user, password) or call session.login(user, password); for a private Space pass token=..."
    return AuthenticationError(f"{where} wants a login (401).{words} {advice}", api_name=api_name)


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
    detail = detail_of(response)
    if response.status == HTTPStatus.UNPROCESSABLE_ENTITY and is_list(detail):
        return _invalid_inputs(detail, api_name)
    if (
        response.status == HTTPStatus.SERVICE_UNAVAILABLE
        and isinstance(detail, str)
        and detail.startswith("Queue is")
    ):
        return QueueFullError(
            f"{api_name}: the app takes no more calls now ({one_line(detail)}). Nothing has run; try again later.",
            api_name=api_name,
        )
    if response.status in _REFUSALS_IN_WORDS and isinstance(detail, str):
        return ProtocolError(
            f'{api_name}: the app refused the call ({response.status}): "{one_line(detail, 300)}"',
            status=response.status,
            api_name=api_name,
        )
    return error_of(response, f"the call of {one_line(api_name)}", api_name=api_name)


def _invalid_inputs(detail: list[Any], api_name: str) -> GradioSessionError:
    problems = {
        one_line(item.get("parameter_name", f"parameter_{index}"), 100): clean(
            item.get("message") or "not valid"
        )
        for index, item in enumerate(objects_of(detail))
        if item.get("is_valid") is False
    }
    if not problems:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return ProtocolError(
            f"{api_name}: the app could not read the call (422): {one_line(json.dumps(detail), 300)}",
            status=status,
            api_name=api_name,
        )
    words = "; ".join(f"{name}: {message}" for name, message in problems.items())
    return InputValidationError(
        f"{api_name}: the app refused the inputs: {words}", api_name=api_name, problems=problems
    )


def event_id_of(response: Response, api_name: str) -> str:
    """The id of the event that a call was given; raises `ProtocolError` where the answer names none."""
    answer = decode_json(response, f"the call of {api_name}")
    event_id = object_of(answer).get("event_id")
    if not isinstance(event_id, str) or not event_id:
        text = f"{api_name}: the app took the call but named no event. A proxy may have changed the answer."
        raise ProtocolError(text, status=response.status, api_name=api_name)
    return event_id


def same_run(response: Response, app_id: object) -> bool:
    """Whether the answer of `/app_id` names the run of the app whose configuration had that `app_id`."""
    try:
        answer: object = json.loads(response.body)
    except (ValueError, RecursionError):
        return False
    return bool(object_of(answer).get("app_id", answer) == app_id)
