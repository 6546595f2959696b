"""What the docstrings of generated code say of an endpoint as a whole.

It is text of the app and of ours; templates pass it through the escaping filter.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

from gradio_codegen.code.escaping import one_line
from gradio_codegen.plan.triggers import runs_when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_codegen.app_schema.schema import Endpoint

__all__ = ["app_lines", "call_lines", "command_lines", "overview", "summary"]

_WIDTH: Final = 80
_MOST_LINES: Final = 60
_ENDS: Final = ".!?:;\u2026\u3002\uff01\uff1f"  # also as written in Chinese and Japanese
_SENTENCE_END = re.compile(r"(\w{3,}[.!?]) +(?=[A-Z])")
_OF_PARTIAL: Final = (
    "partial(func, *args, **keywords) - new function with partial application",
    "Create a new function with partial application",
)
"""How Python describes every `functools.partial`: nothing about the app."""

_SECTION = re.compile(
    r"\s*(?:args|arguments|parameters|params|returns?|yields?|raises)\s*:?\s*", re.IGNORECASE
)


def summary(endpoint: Endpoint) -> str:
    """One sentence: the first of the description, else what runs the endpoint, else its name."""
    text = _sentences(endpoint)[0]
    if text:
        return text if text[-1] in _ENDS else f"{text}."
    return runs_when(endpoint) or f"`{one_line(endpoint.api_name, 100)}`."


def call_lines(
    endpoint: Endpoint, parameters: Sequence[tuple[str, str]], results: Sequence[tuple[str, str]]
) -> list[str]:
    """The docstring of the method that calls an endpoint, line by line.

    Args:
        endpoint: The endpoint.
        parameters: The Python name of each parameter and what is said about it, if anything.
        results: The same of the results; the name is empty where there is only one.
    """
    parameters = [(name, text) for name, text in parameters if text]
    results = [(name, text) for name, text in results if text]
    lines = _about(endpoint)
    if endpoint.streams:
        lines += [
            "",
            "Yields several outputs: iterate over the call that `submit` returns",
            "to see each as it comes.",
        ]
    if endpoint.streaming_input:
        lines += [
            "",
            "Takes its input as a stream: `stream` opens one with its first chunk.",
            "A call is a stream of one chunk.",
        ]
    if endpoint.oauth_token == "required":  # noqa: S105 - a word of the description, no secret
        lines += ["", "Needs the token of a Hugging Face user: pass `oauth_token` to the client."]
    if parameters:
        lines += [
            "",
            "Args:",
            *(line for name, text in parameters for line in _entry(f"{name}: {text}")),
        ]
    if results:
        lines += [
            "",
            "Returns:",
            *(
                line
                for name, text in results
                for line in _entry(f"{name}: {text}" if name else text)
            ),
        ]
    return lines


def command_lines(endpoint: Endpoint) -> list[str]:
    """The help text of the command of an endpoint, line by line."""
    lines = _about(endpoint)
    if endpoint.streams:
        lines += ["", "Yields several outputs: --stream writes each as it comes."]
    if endpoint.oauth_token == "required":  # noqa: S105 - a word of the description, no secret
        lines += ["", "Needs your Hugging Face token: --oauth-token."]
    return lines


def overview(endpoint: Endpoint, signature: Sequence[str]) -> list[str]:
    """What the hover of an attribute shows: one line on its endpoint, and its whole signature.

    Args:
        endpoint: The endpoint.
        signature: The signature in parts that lines may be broken between.
    """
    text = summary(endpoint)
    return [*([] if text.startswith("`") else [text, ""]), *_wrapped_signature(signature)]


def app_lines(title: str, about: str, session: str) -> list[str]:
    """The docstring of the app's class, line by line: what it is, and what its constructor takes.

    Args:
        title: What the app calls itself.
        about: How much there is of it.
        session: The class of the sessions that it takes.
    """
    texts = (
        "app_url: Its address or Space id, if it is not where this module was generated from.",
        f"session: The `{session}` to make calls in, or the name of one; then nothing else.",
        "token, auth, headers, cookies: What the app knows you by.",
        "timeout: Seconds that a call may take.",
        "download_path: Where files are saved.",
        f"name, ...: The other arguments are those of `{session}`, too.",
    )
    return [f"{title}: {about}.", "", "Args:", *(line for text in texts for line in _entry(text))]


def _wrapped_signature(signature: Sequence[str]) -> list[str]:
    """The parts of a signature in lines that are not too long; none is broken itself."""
    lines = [signature[0]]
    for part in signature[1:]:
        if len(lines[-1]) + len(part) < _WIDTH:
            lines[-1] += f" {part}"
        else:
            lines.append(f"    {part}")
    return lines


def _about(endpoint: Endpoint) -> list[str]:
    """What an endpoint does, and what runs it on the app's page."""
    lines = [summary(endpoint), *_details(endpoint)]
    runs = runs_when(endpoint)
    return lines if runs in ("", lines[0]) else [*lines, "", *textwrap.wrap(runs, _WIDTH)]


def _details(endpoint: Endpoint) -> list[str]:
    """What a description says after its first sentence."""
    wrapped = [
        piece
        for line in _sentences(endpoint)[1:]
        for piece in (textwrap.wrap(line, _WIDTH) or [""])
    ]
    text = "\n".join(wrapped).strip("\n")
    return ["", *text.split("\n")] if text else []


def _sentences(endpoint: Endpoint) -> list[str]:
    """The first sentence of a description, and the lines after it; empty where it has none."""
    lines = [
        one_line(line, 1000) for line in endpoint.description.strip().splitlines()[:_MOST_LINES]
    ]
    if lines and lines[0].startswith(_OF_PARTIAL):
        lines = []
    if not lines or _SECTION.fullmatch(lines[0]):
        return ["", *lines]
    first, _, rest = _SENTENCE_END.sub(r"\1\n", lines[0], count=1).partition("\n")
    return [first, *([rest] if rest else []), *lines[1:]]


def _entry(text: str) -> list[str]:
    first, *rest = textwrap.wrap(
        text, _WIDTH - 4, break_long_words=False, break_on_hyphens=False
    ) or [""]
    return [f"    {first}", *(f"        {line}" for line in rest)]
