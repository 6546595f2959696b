"""What runs an endpoint in its app, as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradio_codegen.code.escaping import literal, one_line

if TYPE_CHECKING:
    from gradio_codegen.app_schema.schema import Endpoint, Trigger

__all__ = ["runs_when"]

_MOST: Final = 3
_LONGEST: Final = 60
_AFTER: Final = frozenset({"then", "success", "failure"})
_WORDS: Final = {
    "blur": "is left",
    "change": "changes",
    "clear": "is cleared",
    "click": "is clicked",
    "edit": "is edited",
    "focus": "is entered",
    "input": "is edited",
    "pause": "is paused",
    "play": "is played",
    "release": "is released",
    "select": "is selected",
    "stop": "is stopped",
    "stream": "streams",
    "submit": "is submitted",
    "tick": "ticks",
    "upload": "gets a file",
}


def runs_when(endpoint: Endpoint) -> str:
    """`Runs when "Generate" is clicked.`; an empty string where nothing telling is known."""
    found = [words for trigger in endpoint.triggers if (words := _words(trigger))]
    if not found:
        return ""
    shown = found[:_MOST] + ([f"on {len(found) - _MOST} more events"] if found[_MOST:] else [])
    text = " or ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)
    return f"Runs {text}."


def _words(trigger: Trigger) -> str:
    label = literal(one_line(trigger.label, _LONGEST))
    if trigger.component == "page":
        return f"when the page is {'opened' if trigger.event == 'load' else 'closed'}"
    if not one_line(trigger.label):
        return "with a timer" if trigger.event == "tick" else ""
    if trigger.component == "endpoint":
        name = f"`/{one_line(trigger.label, _LONGEST)}`"
        return f"after {name}" if trigger.event in _AFTER else ""
    if trigger.event not in _WORDS:
        return f"on {one_line(trigger.event, _LONGEST)} of {label}"
    return f"when {label} {_WORDS[trigger.event]}"
