"""What the two kinds of `map` share: what is called, what was taken, done and handed out.

`batch.sync` and `batch.aio` hold the scheduling. In both, a *worker* runs one call after the other
in a tab, inputs are taken one by one and at most `2 * concurrency` ahead of what the caller has
received, and leaving early cancels what runs.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gradio_session.batch.checkpoint import Checkpoint, inputs_key
from gradio_session.batch.inputs import Failure, arguments, numbered, tab_count
from gradio_session.display.live import BatchDisplay

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from gradio_session.batch.inputs import Errors, Values
    from gradio_session.calls.base import CallBase
    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import Wiring
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.session.base import SessionBase

__all__ = ["END", "BatchBase", "Job", "MapOptions"]

END = object()
"""There are no more inputs."""

SessionT = TypeVar("SessionT", bound="SessionBase[Any, Any, Any]")


@dataclass
class Job(Generic[SessionT]):
    """What a `map` calls.

    Attributes:
        spec: The endpoint.
        session: The session of the caller, whose tabs the calls are made in.
        options: What the calls change of the session's options; threads of a `map` know of no
            visitor, whose options are in them.
        submit: The endpoint's `submit`, whose signature tells the parameters.
    """

    spec: EndpointSpec
    session: SessionT
    options: CallOptions
    submit: Callable[..., object]


@dataclass
class MapOptions:
    """The options of one `map`, checked; `Endpoint.map` documents them.

    Raises:
        ValueError: An option is not valid.
    """

    concurrency: int
    ordered: bool
    errors: Errors
    journal: str | os.PathLike[str] | None
    progress: bool

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            advice = "give the number of calls that may run at once, 1 or more"
            raise ValueError(f"concurrency={self.concurrency!r}: {advice}.")
        if self.errors not in {"raise", "return"}:
            raise ValueError(
                f'errors={self.errors!r}: give "raise" (the first error ends the map) or "return" '
                "(errors come in the place of results)."
            )


class BatchBase(Generic[SessionT]):
    """The state of one map.

    Args:
        job: What is called.
        inputs: The inputs, as the caller gave them.
        options: The options.

    Attributes:
        concurrency: How many calls may run at once; the session may bound them further.
        display: What shows how far the map is.
        tabs: The tabs that were opened.
        taken: How many inputs were taken.
        handed_out: How many outcomes the caller has received.
        exhausted: No further input is taken.
        done: Outcomes that the caller has not received yet, by the number of their input.

    Raises:
        GradioSessionError: The file of `journal=` is that of another endpoint or app, or none.
    """

    def __init__(self, job: Job[SessionT], inputs: object, options: MapOptions) -> None:
        spec, limit = job.spec, job.session.max_concurrency
        self._job = job
        self._signature = inspect.signature(job.submit)
        self._options = options
        self._raises = options.errors == "raise"
        self.concurrency = options.concurrency if limit is None else min(options.concurrency, limit)
        self._checkpoint: Checkpoint | None = None
        if options.journal is not None:
            app, outputs = job.session.app_url, spec.outputs or ()
            self._checkpoint = Checkpoint(
                options.journal, app=app, endpoint=spec.api_name, outputs=outputs
            )
        self.display = BatchDisplay(spec.api_name, inputs, enabled=options.progress)
        self.tabs: list[SessionT] = []
        self._workers = 0
        self.taken: int = 0
        self.handed_out: int = 0
        self.exhausted = False
        self.done: dict[int, object] = {}

    @property
    def over(self) -> bool:
        """Whether the caller has received everything."""
        return self.exhausted and self.handed_out == self.taken

    def ready(self) -> int | None:
        """The input whose outcome the caller receives next, or None when there is none yet."""
        if self._options.ordered:
            return self.handed_out if self.handed_out in self.done else None
        return next(iter(self.done), None)

    def take(self, item: object) -> tuple[int, object] | None:
        """Number what the inputs gave; None where that is no input, or none is wanted any more.

        Args:
            item: An input; `END`, or a failure of the caller's iterator.
        """
        if item is END or self.exhausted:
            self.exhausted = True
            return None
        number = self.taken
        self.taken += 1
        if isinstance(item, Failure):
            self.exhausted = True
            self.done[number] = item
            return None
        return number, item

    def finish(self, number: int, outcome: object, *, failed: bool) -> None:
        """Keep the outcome of an input."""
        self.done[number] = outcome
        self.exhausted = self.exhausted or (failed and self._raises)

    def handed(self, number: int, outcome: Any) -> Any:
        """What the caller receives for an outcome.

        Raises:
            Exception: The error of a call, with `errors="raise"`; any that ends the map.
        """
        failed = isinstance(outcome, Failure)
        self.display.advance(failed=failed)
        if not failed:
            return outcome
        if outcome.fatal or self._raises:
            raise numbered(outcome.error, number)
        return outcome.error

    def prepared(self, number: int, item: object) -> tuple[str, Values, JsonArray | None]:
        """The key of an input, its values in order, and its outputs if they were recorded.

        Raises:
            ParameterError: The input does not fit the endpoint's parameters.
        """
        spec = self._job.spec
        values = arguments(self._signature, item, api_name=spec.api_name, number=number)
        if self._checkpoint is None:
            return "", values, None
        key = inputs_key(values, spec.input_files)
        return key, values, self._checkpoint.take(key)

    def record(self, key: str, call: CallBase[Any]) -> Failure | None:
        """Write a finished call into the checkpoint file; the failure if that is not possible."""
        if self._checkpoint is not None:
            try:
                self._checkpoint.add(key, call.data or [])
            except Exception as error:  # noqa: BLE001 - whatever it is, the map would go on without
                return Failure(error, fatal=True)
        return None

    def start(self, tab: SessionT, values: Values) -> Any:
        """Start a call in a tab."""
        return tab.__gradio__.start(self._job.spec, values, self._job.options)

    def typed(self, wiring: Wiring, recorded: JsonArray) -> object:
        """The result of outputs that were recorded."""
        return self._job.session.__gradio__.typed(self._job.spec, wiring.dependency, recorded, None)

    def wiring(self) -> Any:
        """How the app has wired the endpoint, as far as is known, to be awaited on a loop.

        It reads the app's configuration if no call has yet.
        """
        seam = self._job.session.__gradio__
        return seam.run(seam.app.wiring(self._job.spec.api_name))

    def tab_for_worker(self, wiring: Wiring) -> SessionT:
        """The tab of one more worker: its own, or one that it shares."""
        if len(self.tabs) < tab_count(self.concurrency, wiring.dependency):
            self.tabs.append(self._job.session.tab())
        self._workers += 1
        return self.tabs[(self._workers - 1) % len(self.tabs)]

    def close_checkpoint(self) -> None:
        """Close the checkpoint file, if there is one."""
        if self._checkpoint is not None:
            self._checkpoint.close()
