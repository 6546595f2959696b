"""A session of synchronous code."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from gradio_session.connection.options import Options
from gradio_session.errors import GradioSessionError
from gradio_session.session.calling_sync import CallingSession, Wire
from gradio_session.session.registry import sessions

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Callable, Mapping, Sequence

    # Not of `httpx` itself, see `client/app.py`.
    from httpx._client import Client  # pyright: ignore[reportPrivateUsage]
    from httpx._config import Proxy  # pyright: ignore[reportPrivateUsage]
    from typing_extensions import Self

    from gradio_session.calls.sync import Call
    from gradio_session.connection.checks import CallsPolicy
    from gradio_session.events import Event
    from gradio_session.protocol.app_schema.info import EndpointDescription
    from gradio_session.protocol.operations.spaces import Waiting

__all__ = ["Session", "sessions"]


class Session(CallingSession):
    """One browser tab on one Gradio app: its calls, the files uploaded and the login.

    Nothing is sent before the first call. It may be shared by threads; their calls share one
    connection for results.

    Args:
        app_url: The app's address, or a Hugging Face Space id "owner/name".
        name: A name for `sessions`, unique; a session that has one lives until it is closed.
            Without one it is derived from the address.
        download_path: Folder that files are saved to; None for a temporary one.
        force: Close a session of the same name and take its place, rather than raise.
        max_calls: How many calls the record holds.
        max_calls_policy: What happens at that limit: "error" raises, "remove" forgets the oldest
            calls, "warning" warns and goes on.
        max_concurrency: Calls under way at once; more wait here, in order. None for no bound.
        token: Sent as `Authorization: Bearer` to the app's origin (to a Space as
            `X-HF-Authorization`); "public" for none. The app's own code does not get it.
        oauth_token: The token of a Hugging Face user, for the app's own code: only endpoints that
            ask for one (`gr.OAuthToken`) get it.
        auth: User name and password of the app's own login.
        headers: Headers for the app's origin.
        cookies: Cookies for the app's origin.
        timeout: Seconds that a call may take from submission to its end, queueing included; None
            for no bound.
        heartbeat_timeout: Seconds without a byte after which a connection counts as lost. Gradio
            sends one every 15 s at least.
        retries: How often a call is posted again when it surely was not accepted (connection
            refused, 429, 503).
        proxy: Address of a proxy; None follows the environment.
        verify: As httpx takes it: True, False, a path of certificates or an `ssl.SSLContext`.
        cert: Client certificate: a path, or a tuple of certificate and key.
        http: An `httpx.Client` of your own to send everything by; it is not closed with the
            session.
        max_download_bytes: Largest file that is downloaded.
        allowed_hosts: Other hosts that files may be fetched from (without credentials).
        validate: Check every result against its type, and raise `ResponseError` where it does not
            fit.
        history: Keep outputs in `Call.events` too.
        on_event: Called with every event of every call, in the thread that reads; it must not wait
            for a call.
        wait: Seconds to wait at the first call for an app that is still starting, or for a Space
            that sleeps; None for none.
        pickle_secrets: Whether a pickled session carries its token, login, headers and cookies.

    Raises:
        SessionExistsError: Another session has that name.
        ParameterError: An option is not valid.
    """

    def __init__(
        self,
        app_url: str,
        name: str | None = None,
        download_path: str | os.PathLike[str] | None = None,
        *,
        force: bool = False,
        max_calls: int = 100,
        max_calls_policy: CallsPolicy = "remove",
        max_concurrency: int | None = None,
        token: str | None = None,
        oauth_token: str | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | None = 3600,
        heartbeat_timeout: float = 45,
        retries: int = 2,
        proxy: str | Proxy | None = None,
        verify: bool | str | ssl.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        http: Client | None = None,
        max_download_bytes: int | None = None,
        allowed_hosts: Sequence[str] = (),
        validate: bool = False,
        history: bool = False,
        on_event: Callable[[Call[Any], Event[Any]], object] | None = None,
        wait: float | None = None,
        pickle_secrets: bool = True,
    ) -> None:
        options = Options.of(locals())
        self._begin(Wire(app_url, options), options, name, force=force)

    # The app

    def login(self, user: str, password: str) -> None:
        """Log in to the app by its own login. The login belongs to every tab of this session.

        Raises:
            AuthenticationError: The app refused the user name or the password.
        """
        self._check_open()
        self._app.run(self._app.log_in((user, password)))

    def wait_ready(
        self, timeout: float | None = 60, *, progress: Callable[[Waiting], object] | None = None
    ) -> None:
        """Wait for an app that is still starting, or for a Space that sleeps, is built or starts.

        Args:
            timeout: Seconds to wait; None for ever.
            progress: Called before each pause with what the app is at: its `stage`, the `seconds`
                waited, and a `message` in words.

        Raises:
            CallTimeoutError: It was not ready in time; says why.
            GradioSessionError: What no waiting mends.
        """
        self._check_open()
        self._app.run(self._app.wait_ready(timeout, progress))

    def endpoints(self) -> dict[str, EndpointDescription]:
        """The endpoints that the app describes, by name, in its order.

        It reads the app's `/info`, once for each run of the app.
        """
        endpoints: dict[str, EndpointDescription] = self._run(self._backend.endpoints())
        return endpoints

    # The end

    def close(self) -> None:
        """Cancel the calls that run, end the streams and leave `sessions`.

        The last tab closes the connections. It may be called again.
        """
        if self._closed:
            return
        last = self._leave()
        pending = self._turns.clear()
        if pending:
            self._app.run(self._stream.withdraw(pending))
        self._stream.close()
        for stream in list(self._own_streams):
            stream.close()
        if last:
            self._app.close()

    def _close_from_anywhere(self) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(GradioSessionError):
            self.close()
