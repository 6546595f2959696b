"""Why a call was refused, or why a result does not fit: has the app changed?

A client is generated from an app as it was. What it expects is compared before a call is sent with
what `/config` says, and after a failure with what the app says by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gradio_session.errors import AppChangedError, EndpointNotFoundError, GradioSessionError
from gradio_session.protocol.app_schema.changes import app_changed, compare_components, diagnose
from gradio_session.protocol.operations.responses import submit_error

if TYPE_CHECKING:
    from gradio_session.protocol.app_schema.config import AppConfig, Dependency
    from gradio_session.protocol.app_schema.info import AppInfo
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow, Response

__all__ = ["AppReader", "check_components", "explain", "missing", "refusal"]

_UNKNOWN_NAME = frozenset({404, 405, 500})
"""What an app answers to a name that it does not have: Gradio with a bare 500."""


class AppReader(Protocol):
    """How an app is read again."""

    def forget_config(self) -> None:
        """Read everything again when it is needed next."""

    def connect(self) -> Flow[AppConfig]:
        """Read `/config`."""
        ...

    def read_info(self) -> Flow[AppInfo]:
        """Read `/info`, unless that was done since `/config` was."""
        ...


def missing(spec: EndpointSpec, gone: EndpointNotFoundError) -> GradioSessionError:
    """The error for an endpoint that the app does not have, or no longer has.

    Args:
        spec: The endpoint.
        gone: What looking it up raised.
    """
    if not spec.generated:
        return gone
    text = (
        f"{gone.message} The client was generated from an app that had it: generate it again with "
        "`gradio-codegen generate`."
    )
    return AppChangedError(text, api_name=spec.api_name, changes=(f"{spec.api_name} was removed",))


def check_components(config: AppConfig, spec: EndpointSpec, dependency: Dependency) -> None:
    """Compare an endpoint with what its client was generated from.

    Raises:
        AppChangedError: It takes or returns something else.
    """
    changes = compare_components(spec, dependency)
    if changes:
        raise app_changed(spec, changes, config.base_url, sent=False)


def refusal(app: AppReader, spec: EndpointSpec, response: Response) -> Flow[GradioSessionError]:
    """The error that a refused call stands for."""
    error = submit_error(response, spec.api_name)
    if response.status in _UNKNOWN_NAME:
        return (yield from explain(app, spec, error))
    return error


def explain(
    app: AppReader, spec: EndpointSpec, error: GradioSessionError
) -> Flow[GradioSessionError]:
    """After a call has failed: has the app changed?

    Args:
        app: The app, which is read again.
        spec: The endpoint.
        error: What happened.

    Returns:
        `AppChangedError` or `EndpointNotFoundError` if that is why, else `error`.
    """
    app.forget_config()
    try:
        config = yield from app.connect()
        dependency = config.dependency(spec.api_name)
        changes = compare_components(spec, dependency)
        if spec.generated and not changes:
            described = (yield from app.read_info()).get(spec.api_name)
            changes = [] if described is None else diagnose(spec, described)
    except EndpointNotFoundError as gone:
        return missing(spec, gone)
    except GradioSessionError:
        return error
    return app_changed(spec, changes, config.base_url, sent=True) if changes else error
