"""The options of every command: where the app is, who calls it, and how results are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gradio_session.cli.values import number_in

if TYPE_CHECKING:
    from click.core import ParameterSource

__all__ = ["Settings", "common_options"]


@dataclass
class Settings:
    """What the common options say; None and False for those that were not given.

    Attributes:
        url: Where the app is.
        token: A token for the app.
        oauth_token: The caller's Hugging Face token, for an endpoint that asks for it.
        auth: User and password of the app's own login.
        timeout: Seconds that the call may take.
        wait: Seconds to wait for an app that is still starting.
        json: Whether results are written as JSON.
        stream: Whether every output is written.
        output: Where files are saved.
        quiet: Whether nothing is shown but errors.
        verbose: Whether every event is shown.
    """

    url: str | None = None
    token: str | None = None
    oauth_token: str | None = None
    auth: tuple[str, str] | None = None
    timeout: float | None = None
    wait: float | None = None
    json: bool = False
    stream: bool = False
    output: str = "."
    quiet: bool = False
    verbose: bool = False

    @classmethod
    def of(cls, context: click.Context) -> Settings:
        """What the options in front of the command and behind it say together."""
        found: Settings = context.meta.setdefault(__name__, cls())
        return found

    def session_options(self) -> dict[str, Any]:
        """What they say to a session."""
        given = {name: getattr(self, name) for name in ("token", "oauth_token", "auth", "timeout")}
        found = {name: value for name, value in given.items() if value is not None}
        return {"download_path": self.output, **found}


def common_options(variables: str | None = None) -> list[click.Option]:
    """The options that every command has, behind its name and in front of it.

    Args:
        variables: What the names of the environment variables begin with that say the same as
            the options in front of the command; None for those behind it.
    """
    where = "Where the app is, or its Space id."
    asked = "Your Hugging Face token, for a command whose code asks for it."
    login = "Log in to the app."
    lasts = "How long the call may take."
    waits = "How long to wait for an app that is still starting."
    saves = "Where files are saved; here if left out."
    return [
        _option("--url", variables=variables, metavar="URL", help=where),
        _option("--token", variables=variables, metavar="TOKEN", help="A token for the app."),
        _option("--oauth-token", variables=variables, metavar="TOKEN", help=asked),
        _option("--auth", variables=variables, metavar="USER:PASSWORD", type=_login, help=login),
        _option("--timeout", variables=variables, metavar="SECONDS", type=_seconds, help=lasts),
        _option("--wait", variables=variables, metavar="SECONDS", type=_seconds, help=waits),
        _option("-o", "--output", variables=variables, metavar="DIR", help=saves),
        _option("--json", is_flag=True, help="Print one JSON object by the results' names."),
        _option("--stream", is_flag=True, help="Print every output, one on each line."),
        _option("-q", "--quiet", is_flag=True, help="Show nothing but results and errors."),
        _option("-v", "--verbose", is_flag=True, help="Show every event, one on each line."),
    ]


def _option(*flags: str, variables: str | None = None, **more: Any) -> click.Option:
    setting = flags[-1].removeprefix("--").replace("-", "_")
    if variables is not None:
        more |= {"envvar": f"{variables}_{setting.upper()}", "show_envvar": True}
    keep = partial(_keep, setting)
    made = click.Option([f"common_{setting}", *flags], expose_value=False, callback=keep, **more)
    # No identifier, as a parameter of the app could be called so.
    made.name = flags[-1]
    return made


def _keep(setting: str, context: click.Context, option: click.Parameter, value: object) -> None:
    source: ParameterSource | None = context.get_parameter_source(option.name or "")
    if source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT"):
        setattr(Settings.of(context), setting, value)


def _login(value: str) -> tuple[str, str]:
    user, colon, password = value.partition(":")
    if not colon:
        raise click.BadParameter("takes USER:PASSWORD")
    return user, password


def _seconds(value: str) -> float:
    found = number_in(value)
    if found is None or not 0 < found < math.inf:
        raise click.BadParameter(f"{value!r} is no number of seconds above 0")
    return found
