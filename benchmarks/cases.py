"""Which cases are run, against whom, and what each must not exceed."""

from __future__ import annotations

from dataclasses import dataclass, field

GROWTH = (10, 100, 1000, 10000)
"""Calls in one process: what one costs must not grow with them."""

SOME = 128
FAR = 0.1
"""Seconds of a round trip at which quick runs look, too."""


@dataclass(frozen=True)
class Budget:
    """What `ours` may use at most of `what`.

    Of "wall", "cpu" and "p50" that is `limit` times what `floor` uses, or without a floor `limit`
    seconds and `work`, seconds that a slow machine takes longer for; of "peak", "connections",
    "threads" and "pace" it is `limit` itself.
    """

    ours: str
    floor: str
    what: str
    limit: float
    work: float = 0.0


@dataclass(frozen=True)
class Case:
    """One row of the benchmarks.

    Attributes:
        title: For the table.
        name: The worker's case.
        number: How many calls, outputs or MiB.
        clients: Who takes part, interleaved.
        rounds: How often each is run at most.
        official_rounds: The same of the official client, where one run takes it long.
        budgets: What ours must keep to.
        round_trip: Milliseconds of a round trip to the server; 0 for loopback.
        quick: The number in a quick run; None leaves the case out of it.
    """

    title: str
    name: str
    number: int
    clients: tuple[str, ...]
    rounds: int = 3
    official_rounds: int | None = None
    budgets: tuple[Budget, ...] = field(default=())
    round_trip: int = 0
    quick: int | None = None

    def rounds_of(self, client: str) -> int:
        """How often `client` is run at most."""
        return (
            self.official_rounds
            if client == "official" and self.official_rounds is not None
            else self.rounds
        )


FIVE = ("ours", "ours-async", "official", "bare", "bare-async")
BURST = ("ours", "ours-async", "official", "bare-async")
OURS = ("ours", "ours-async")
MIB = 1024 * 1024


def both(
    what: str, limit: float, *, floor: bool = True, work: float = 0.0
) -> tuple[Budget, Budget]:
    """A budget of both modes, each over the bare client of its kind."""
    return (
        Budget("ours", "bare" if floor else "", what, limit, work),
        Budget("ours-async", "bare-async" if floor else "", what, limit, work),
    )


ITERATED = (*both("cpu", 1.2), *both("peak", 2 * MIB, floor=False))
"""Memory is flat: what came over the wire, 8 MB of texts or 11 MB of lists, is not kept."""

TRANSFER = (*both("wall", 1.05), *both("peak", 16 * MIB, floor=False))

NEAR = (
    Case(
        "One trivial call, sequential",
        "sequential",
        100,
        FIVE,
        rounds=5,
        official_rounds=1,
        budgets=(*both("p50", 1.05), *both("cpu", 1.15), Budget("ours", "", "connections", 1)),
        quick=20,
    ),
    Case("1 call of 50 ms", "burst", 1, BURST, rounds=1),
    Case("32 calls of 50 ms at once", "burst", 32, BURST, rounds=1),
    Case(
        "128 calls of 50 ms at once",
        "burst",
        128,
        BURST,
        official_rounds=1,
        budgets=(
            Budget("ours-async", "bare-async", "wall", 1.05),
            Budget("ours-async", "bare-async", "cpu", 1.0),
            Budget("ours-async", "", "threads", 1),
            Budget("ours-async", "", "peak", 4 * MIB),
            Budget("ours", "bare-async", "wall", 1.15),
            Budget("ours", "", "threads", 4),
        ),
        quick=128,
    ),
    Case(
        "2,000 outputs of a growing text, iterated",
        "text",
        2000,
        FIVE,
        official_rounds=1,
        budgets=ITERATED,
        quick=200,
    ),
    Case(
        "2,000 outputs of a growing list, iterated",
        "list",
        2000,
        FIVE,
        official_rounds=1,
        budgets=ITERATED,
    ),
    Case(
        "2,000 outputs of a growing list, only the result wanted",
        "result",
        2000,
        FIVE,
        official_rounds=1,
        budgets=both("cpu", 1.0),
    ),
    Case(
        "A text result of 64 MiB",
        "big",
        64,
        FIVE,
        official_rounds=0,
        budgets=(*both("wall", 1.0), *both("peak", 2.2 * 64 * MIB, floor=False)),
    ),
    Case(
        "Upload of 64 MiB",
        "upload",
        64,
        FIVE,
        rounds=4,
        official_rounds=1,
        budgets=TRANSFER,
        quick=16,
    ),
    Case(
        "Download of 64 MiB",
        "download",
        64,
        FIVE,
        rounds=4,
        official_rounds=1,
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
        official_rounds=1,
        budgets=both("wall", 1.0),
        quick=3,
    ),
    *(Case(f"{n:,} calls in one process", "growth", n, OURS, rounds=1) for n in GROWTH),
)


MAPPED = tuple(Budget(ours, "bare-async", "wall", 1.2) for ours in OURS)
"""Nearby, workers without a client of ours wait for the processor, too: it is full."""


def afar(milliseconds: int) -> tuple[Case, ...]:
    """The rows of a server that is so far away."""
    where = f", {milliseconds} ms away"
    seconds = milliseconds / 1000
    many = {
        number: Case(
            f"{number:,} calls of 50 ms at once{where}",
            "burst",
            number,
            BURST,
            rounds=2,
            official_rounds=official,
            budgets=(
                Budget("ours-async", "bare-async", "wall", 1.1),
                Budget("ours", "bare-async", "wall", 1.4),
            ),
            round_trip=milliseconds,
            quick=number if number == SOME and seconds >= FAR else None,
        )
        for number, official in ((SOME, 1), (1000, 0))
    }
    return (
        Case(
            f"One trivial call{where}",
            "sequential",
            5,
            FIVE,
            official_rounds=1,
            budgets=both("p50", 1.05),
            round_trip=milliseconds,
            quick=3 if seconds >= FAR else None,
        ),
        Case(
            f"The first call of a process{where}",
            "first",
            1,
            FIVE,
            official_rounds=1,
            budgets=both("wall", 4 * seconds, floor=False, work=0.12),
            round_trip=milliseconds,
            quick=1 if seconds >= FAR else None,
        ),
        *many.values(),
        Case(
            f"`map` over 320 inputs, 16 at once{where}",
            "map",
            320,
            ("ours", "ours-async", "bare-async"),
            budgets=both("pace", 1.2, floor=False) if seconds >= FAR else MAPPED,
            round_trip=milliseconds,
            quick=160 if seconds >= FAR else None,
        ),
    )


FAR_ROWS = tuple(
    Case(
        f"{title}, 100 ms away",
        name,
        number,
        FIVE,
        official_rounds=1,
        budgets=budgets,
        round_trip=100,
    )
    for title, name, number, budgets in (
        ("2,000 outputs of a growing text, iterated", "text", 2000, both("wall", 1.2)),
        ("Upload of 8 MiB", "upload", 8, both("wall", 1.2)),
        ("Download of 8 MiB", "download", 8, both("wall", 1.2)),
        ("`cancel()` until the function has ended", "cancel", 3, both("wall", 1.2)),
    )
)

CASES = (*NEAR, *afar(20), *afar(100), *FAR_ROWS)
