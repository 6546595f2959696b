"""Which cases are run, against whom, and what each must not exceed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Budget:
    """What `ours` may use at most of `what`.

    Of "wall", "cpu" and "p50" that is `limit` times what `floor` uses; of "peak", "connections" and
    "threads" it is `limit` itself.

    With `over` it may use at most `limit` seconds more than `floor`.
    """

    ours: str
    floor: str
    what: str
    limit: float
    over: bool = False


@dataclass(frozen=True)
class Case:
    """One row of the benchmarks.

    Attributes:
        title: For the table.
        name: The worker's case.
        number: How many calls, outputs or MiB.
        clients: Who takes part, interleaved.
        rounds: How often each is run.
        official_rounds: How often the official client is run, where one run takes it long.
        budgets: What ours must keep to.
    """

    title: str
    name: str
    number: int
    clients: tuple[str, ...]
    rounds: int = 7
    official_rounds: int | None = None
    budgets: tuple[Budget, ...] = field(default=())

    def rounds_of(self, client: str) -> int:
        """How often `client` is run."""
        return (
            self.official_rounds
            if client == "official" and self.official_rounds is not None
            else self.rounds
        )


FIVE = ("ours", "ours-async", "official", "bare", "bare-async")
MIB = 1024 * 1024
ITERATED = (
    Budget("ours", "bare", "cpu", 1.4),
    Budget("ours", "", "peak", 2 * MIB),
    Budget("ours-async", "bare-async", "cpu", 1.3),
    Budget("ours-async", "", "peak", 2 * MIB),
)
"""Memory is flat: what came over the wire, 8 MB of texts or 11 MB of lists, is not kept."""

TRANSFER = (
    Budget("ours", "bare", "wall", 1.1),
    Budget("ours", "", "peak", 16 * MIB),
    Budget("ours-async", "bare-async", "wall", 1.1),
    Budget("ours-async", "", "peak", 16 * MIB),
)

CASES = (
    Case(
        "One trivial call, sequential",
        "sequential",
        100,
        FIVE,
        rounds=21,
        official_rounds=3,
        budgets=(
            Budget("ours", "bare", "p50", 1.1),
            Budget("ours", "bare", "cpu", 1.2),
            Budget("ours", "", "connections", 1),
            Budget("ours-async", "bare-async", "p50", 1.1),
            Budget("ours-async", "bare-async", "cpu", 1.2),
        ),
    ),
    *(
        Case(
            f"{n} calls of 50 ms at once",
            "burst",
            n,
            ("ours", "ours-async", "official", "bare-async"),
            rounds=5,
        )
        for n in (1, 8, 32)
    ),
    Case(
        "128 calls of 50 ms at once",
        "burst",
        128,
        ("ours", "ours-async", "official", "bare-async"),
        official_rounds=3,
        budgets=(
            Budget("ours-async", "bare-async", "wall", 1.2),
            Budget("ours-async", "bare-async", "cpu", 1.2),
            Budget("ours-async", "", "threads", 1),
            Budget("ours-async", "", "peak", 4 * MIB),
            Budget("ours", "bare-async", "wall", 1.3),
            Budget("ours", "", "threads", 4),
        ),
    ),
    Case(
        "2,000 outputs of a growing text, iterated",
        "text",
        2000,
        FIVE,
        rounds=9,
        budgets=ITERATED,
    ),
    Case(
        "2,000 outputs of a growing list, iterated",
        "list",
        2000,
        FIVE,
        rounds=9,
        budgets=ITERATED,
    ),
    Case(
        "2,000 outputs of a growing list, only the result wanted",
        "result",
        2000,
        FIVE,
        rounds=5,
        budgets=(
            Budget("ours", "bare", "cpu", 1.0),
            Budget("ours-async", "bare-async", "cpu", 1.0),
        ),
    ),
    Case(
        "A text result of 64 MiB",
        "big",
        64,
        FIVE,
        rounds=9,
        official_rounds=1,
        budgets=(
            Budget("ours", "bare", "wall", 1.2),
            Budget("ours", "", "peak", 2.5 * 64 * MIB),
            Budget("ours-async", "bare-async", "wall", 1.2),
            Budget("ours-async", "", "peak", 2.5 * 64 * MIB),
        ),
    ),
    Case(
        "Upload of 64 MiB",
        "upload",
        64,
        FIVE,
        rounds=15,
        official_rounds=5,
        budgets=TRANSFER,
    ),
    Case(
        "Download of 64 MiB",
        "download",
        64,
        FIVE,
        rounds=15,
        official_rounds=5,
        budgets=TRANSFER,
    ),
    Case(
        "300 chunks of a stream of inputs",
        "chunks",
        300,
        ("ours", "ours-async", "bare", "bare-async"),
        budgets=(
            Budget("ours", "bare", "wall", 1.2),
            Budget("ours-async", "bare-async", "wall", 1.2),
        ),
    ),
    Case(
        "`cancel()` until the function has ended",
        "cancel",
        10,
        FIVE,
        rounds=5,
        budgets=(
            Budget("ours", "bare", "wall", 0.020, over=True),
            Budget("ours-async", "bare-async", "wall", 0.020, over=True),
        ),
    ),
)
