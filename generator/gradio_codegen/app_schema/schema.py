"""What an app promises to its callers, in one shape for every version of Gradio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradio_codegen.app_schema.normalise import fingerprint, normalise
from gradio_codegen.base.diagnostics import Diagnostic, Level
from gradio_session.generator_interface import object_of, objects_of, text_of

if TYPE_CHECKING:
    from gradio_codegen.source.document import Document

__all__ = ["App", "Endpoint", "Parameter", "Result", "Trigger", "parse"]


@dataclass(frozen=True)
class Parameter:
    """One value that an endpoint takes.

    Attributes:
        name: What the app calls it; empty where the document has no names (before Gradio 4.8).
        label: What stands above its component, or an empty string.
        component: The type of its component as in `/config`, for example `"textbox"`.
        schema: Its JSON Schema, as the app wrote it.
        has_default: Whether it may be left out.
        default: Its normalised default (see `normalise.is_opaque`); None without one.
        free_choice: Whether its component takes values that are not among its choices, or an event
            of the app gives it others.
        takes_null: Whether null is what its component holds when nobody touched it, and Gradio
            takes that.
    """

    name: str
    label: str
    component: str
    schema: Any
    has_default: bool
    default: Any
    free_choice: bool
    takes_null: bool = False


@dataclass(frozen=True)
class Result:
    """One value that an endpoint returns.

    Attributes:
        label: What stands above its component, or an empty string.
        component: The type of its component as in `/config`.
        schema: Its JSON Schema, as the app wrote it.
    """

    label: str
    component: str
    schema: Any


@dataclass(frozen=True)
class Trigger:
    """What runs an endpoint.

    Attributes:
        event: The event: `"click"`, `"load"`, `"then"`.
        component: The type of the component it comes from; `"page"` for the page itself,
            `"endpoint"` for another endpoint that is done.
        label: What stands on that component, or the name of that endpoint; may be empty.
    """

    event: str
    component: str
    label: str


@dataclass(frozen=True)
class Endpoint:
    """One function of an app.

    Attributes:
        api_name: Its name with the slash in front; the number of an unnamed one (before Gradio 4)
            without.
        description: What the app says that it does, or an empty string.
        parameters: What it takes, in the order of the wire.
        results: What it returns, in the order of the wire.
        streams: Whether it yields several outputs; False where `/config` was not read.
        streaming_input: Whether it takes its input as a stream, as from a microphone; False where
            `/config` was not read.
        oauth_token: `"optional"` or `"required"` if it takes the caller's token, else None.
        triggers: What runs it; empty where `/config` was not read.
        namesakes: How many functions of the app have its name.
    """

    api_name: str
    description: str
    parameters: tuple[Parameter, ...]
    results: tuple[Result, ...]
    streams: bool
    streaming_input: bool
    oauth_token: str | None
    triggers: tuple[Trigger, ...] = ()
    namesakes: int = 1


@dataclass(frozen=True)
class App:
    """A whole app.

    Attributes:
        title: Its own title, or an empty string.
        version: The version of Gradio it runs, or an empty string.
        name: What to call it when it has no title.
        origin: How the user named it.
        url: The address to bake, or None.
        endpoints: In the app's order.
        description: Its normalised description.
        fingerprint: The hash of that.
    """

    title: str
    version: str
    name: str
    origin: str
    url: str | None
    endpoints: tuple[Endpoint, ...]
    description: dict[str, Any]
    fingerprint: str


def parse(document: Document) -> tuple[App, list[Diagnostic]]:
    """Read a document.

    Args:
        document: What was read from an app, a file or a lock.

    Returns:
        The app, and what is to say about it.

    Raises:
        CommandError: The document is not a Gradio app's description, or is too large to be one.
    """
    normalised = normalise(document)
    config = object_of(normalised["config"])
    traits = {d["api_name"]: d for d in objects_of(config.get("dependencies"))}
    endpoints: dict[str, Endpoint] = {}
    for group in ("named_endpoints", "unnamed_endpoints"):
        for name, endpoint in normalised["info"][group].items():
            api_name = "/" + name.removeprefix("/") if group == "named_endpoints" else name
            endpoints.setdefault(
                api_name, _endpoint(api_name, endpoint, traits.get(name.removeprefix("/"), {}))
            )
    diagnostics: list[Diagnostic] = []
    if not endpoints:
        what = "the app has no endpoints, so its client has none"
        diagnostics.append(
            Diagnostic(
                Level.WARNING,
                document.origin,
                what,
                "give its events an api_name if it should have some",
            )
        )
    app = App(
        text_of(config.get("title")),
        text_of(config.get("version")),
        document.name,
        document.origin,
        document.url,
        tuple(endpoints.values()),
        normalised,
        fingerprint(normalised),
    )
    return app, diagnostics


def _endpoint(api_name: str, endpoint: dict[str, Any], traits: dict[str, Any]) -> Endpoint:
    parameters = tuple(
        Parameter(
            name=p.get("parameter_name", ""),
            label=p["label"],
            component=p["component"].lower(),
            schema=p["type"],
            has_default=p.get("parameter_has_default", False),
            default=p.get("parameter_default"),
            free_choice=p.get("allow_custom_value", False) or p.get("rewritten", False),
            takes_null=p.get("takes_null", False),
        )
        for p in endpoint["parameters"]
    )
    return Endpoint(
        api_name=api_name,
        description=endpoint.get("description", ""),
        parameters=parameters,
        results=tuple(
            Result(r["label"], r["component"].lower(), r["type"]) for r in endpoint["returns"]
        ),
        streams=bool(traits.get("types", {}).get("generator")),
        streaming_input=traits.get("connection") == "stream",
        oauth_token=endpoint.get("oauth_token"),
        triggers=tuple(Trigger(**trigger) for trigger in endpoint.get("triggers", ())),
        namesakes=endpoint.get("namesakes", 1),
    )
