"""What an HTTP answer means when it is not the one hoped for."""

from __future__ import annotations

import json
import re
from typing import Any, TYPE_CHECKING

from gradio_session.errors import AuthenticationError, GradioSessionError, InputValidationError, ProtocolError, QueueFullError, RateLimitedError
from gradio_session.protocol.urls import redact

if TYPE_CHECKING:
    from gradio_session.protocol.effects import Response
    from collections.abc import Mapping

__all__ = ["clean", "decode_json", "error_of", "one_line", "retry_after", "submit_error"]

_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)


def clean(text: object, limit: int = 300) -> str:
    """Text of a stranger, fit for a message: control characters replaced (line breaks stay), cut at `limit` characters."""
    shown = "".join(character if character.isprintable() or character == "\n" else " " for character in str(text)[: limit + 1]).strip()
    return shown if len(shown) <= limit else shown[:limit] + "..."


def one_line(text: object, limit: int = 120) -> str:
    """Text of a stranger on one line, fit for a message."""
    return " ".join(clean(text, limit).split())


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by the `Retry-After` header, given in seconds or as a date (then counted from the answer's own `Date`); None without a usable one."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    if not value:
        return None
    from email.utils import parsedate_to_datetime

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
    if response.status != 200:
        raise error_of(response, doing)
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError) as error:
        message = f"{redact(response.url)} answered with {describe(response)} instead of JSON while {doing}. Is this the address of a Gradio app?"
        raise ProtocolError(message, status=response.status) from error


def describe(response: Response) -> str:
    """What an answer holds, in a few words: 'an HTML page titled "Welcome"', 'nothing', 'text/plain ("Not Found")'."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if "html" in kind or response.body[:200].lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        title = _TITLE.search(response.body[:20_000])
        return f'an HTML page titled "{one_line(title[1].decode("utf-8", "replace"))}"' if title else "an HTML page"
    if not response.body.strip():
        return "an empty body"
    return f'{one_line(kind, 60) or "a body of no stated type"} ("{one_line(response.body[:200].decode("utf-8", "replace"))}")'


def detail_of(response: Response) -> Any:
    """The `detail` (or `error`) of an error answer in JSON, or None. A server answers with a text, a dict or a list here."""
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return body.get("detail", body.get("error")) if isinstance(body, dict) else None


def error_of(response: Response, doing: str, *, api_name: str | None = None) -> GradioSessionError:
    """The error that an answer with an unexpected status stands for."""
    status, where = response.status, redact(response.url)
    if status in (401, 403):
        return _refused(response, api_name)
    if status == 429:
        seconds = retry_after(response.headers)
        when = f"Try again in {seconds:g} s." if seconds is not None else "Try again later, and less often."
        return RateLimitedError(
            f"{where} limits how often it may be asked (429) and refused {doing}. {when}", status=429, retry_after=seconds, api_name=api_name
        )
    if 300 <= status < 400:
        advice = "Use the address that it redirects to, if you trust it."
        target = one_line(redact(response.headers.get("location", "")), 200)
        return ProtocolError(f'{where} answered {doing} with a redirect ({status}) to "{target}". {advice}', status=status, api_name=api_name)
    advice = (
        "The app or a proxy in front of it is down, starting or overloaded; try again later." if status >= 500 else "Check the address of the app."
    )
    return ProtocolError(f"{where} answered {doing} with status {status} and {describe(response)}. {advice}", status=status, api_name=api_name)


def _refused(response: Response, api_name: str | None) -> AuthenticationError:
    detail = detail_of(response)
    said = detail.get("auth_message") if isinstance(detail, dict) else None
    words = f' It says: "{one_line(said)}".' if isinstance(said, str) and said.strip() else ""
    where = redact(response.url)
    if response.status == 403:
        return AuthenticationError(
            f"{where} refuses access (403).{words} If it wants a token, pass token=...; if it wants a login, auth=(user, password).",
            api_name=api_name,
        )
    return AuthenticationError(
        f"{where} wants a login (401).{words} Pass auth=(user, password) or call session.login(user, password); for a private Space pass token=...",
        api_name=api_name,
    )


def submit_error(response: Response, api_name: str) -> GradioSessionError:
    """The error that a refused submission of a call stands for.

    Gradio answers 422 with a list for inputs that its validators refused, 503 for a full or stopped queue, 404 or 500 for an unknown name, and 400 for a failed
    validator or another reason in words.

    Args:
        response: The answer to `POST /call/{name}` or `POST /queue/join`, status other than 200.
        api_name: The endpoint, with its slash.
    """
    detail = detail_of(response)
    if response.status == 422 and isinstance(detail, list):
        return _invalid_inputs(detail, api_name)
    if response.status == 503 and isinstance(detail, str) and detail.startswith("Queue is"):
        return QueueFullError(
            f"{api_name}: the app's queue takes no more calls ({one_line(detail)}). Nothing has run; try again later.", api_name=api_name
        )
    if response.status in (400, 413, 422) and isinstance(detail, str):
        return ProtocolError(
            f'{api_name}: the app refused the call ({response.status}): "{one_line(detail, 300)}"', status=response.status, api_name=api_name
        )
    return error_of(response, f"the call of {api_name}", api_name=api_name)


def _invalid_inputs(detail: list[Any], api_name: str) -> GradioSessionError:
    problems = {
        one_line(item.get("parameter_name", f"parameter_{index}"), 100): clean(item.get("message") or "not valid")
        for index, item in enumerate(detail)
        if isinstance(item, dict) and item.get("is_valid") is False
    }
    if not problems:
        return ProtocolError(f"{api_name}: the app could not read the call (422): {one_line(json.dumps(detail), 300)}", status=422, api_name=api_name)
    words = "; ".join(f"{name}: {message}" for name, message in problems.items())
    return InputValidationError(f"{api_name}: the app refused the inputs: {words}", api_name=api_name, problems=problems)
