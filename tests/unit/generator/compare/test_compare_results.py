"""What is said about results, and about clients and endpoints that are named anew."""

from __future__ import annotations

import pytest

from tests.support.compared import module, told

RESULT = "class RunResult(NamedTuple):\n    {fields}\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("a: str", "a: str", []),
        (
            "a: str",
            "a: str\n    b: int",
            [
                (
                    "breaking: `/run`: it returns (a, b), it was (a): "
                    "code that unpacks or reads them breaks"
                )
            ],
        ),
        (
            "a: str\n    b: int",
            "b: int\n    a: str",
            [
                (
                    "breaking: `/run`: it returns (b, a), it was (a, b): "
                    "code that unpacks or reads them breaks"
                )
            ],
        ),
        (
            "a: str\n    b: float",
            "a: str\n    b: int",
            ["compatible: `/run`: result `b` is now int, it was float"],
        ),
        (
            "a: str\n    b: int",
            "a: str\n    b: float",
            [("breaking: `/run`: result `b` is now float, it was int: code that uses it breaks")],
        ),
        (
            "a: None\n    b: int",
            "a: str\n    b: int",
            ["compatible: `/run`: result `a` is now str, it was None"],
        ),
    ],
)
def test_several_results(old: str, new: str, words: list[str]) -> None:
    before, after = (
        module("a: str", "RunResult", before=RESULT.format(fields=fields)) for fields in (old, new)
    )
    assert told(before, after) == words


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("str", "str | None", "breaking: `/run`: the result is now str | None, it was str"),
        ("str | None", "str", "compatible: `/run`: the result is now str, it was str | None"),
        ("None", "str", "compatible: `/run`: the result is now str, it was None"),
        ("str", "None", "breaking: `/run`: the result is now None, it was str"),
        ("str", "Any", "compatible: `/run`: the result is now Any, it was str"),
        ("str", "RunResult", "breaking: `/run`: the result is now RunResult, it was str"),
    ],
)
def test_one_result(old: str, new: str, words: str) -> None:
    before = RESULT.format(fields="a: str")
    (line,) = told(module("a: str", old, before=before), module("a: str", new, before=before))
    breaks = words.startswith("breaking")
    assert line == words + (": code that uses it breaks" if breaks else "")


def test_a_client_of_another_name() -> None:
    assert told(module("a: str"), module("a: str", name="Board")) == [
        "breaking: `Lab`: the class is gone; it is now called `Board`: code that imports it breaks"
    ]


def test_a_client_more_or_less() -> None:
    one = module("a: str")
    both = one + '\nclass AsyncLab(AsyncApp, runtime=2):\n    """Lab."""\n    run: RunEndpoint\n'
    assert told(one, both) == ["compatible: `AsyncLab`: the class is new"]
    assert told(both, one) == [
        "breaking: `AsyncLab`: the class is gone: code that imports it breaks"
    ]


def test_an_endpoint_of_another_name() -> None:
    old = module("a: str").replace('__all__ = ["Lab"]', '__all__ = ["Lab", "RunStyle"]')
    new = module("a: str").replace("/run", "/go").replace("Run", "Go").replace("run:", "go:")
    assert told(old, new) == [
        (
            "breaking: `/run`: the endpoint is gone; `/go`, which is new, has the same signature: "
            "existing calls break"
        ),
        "compatible: `/go`: the endpoint is new",
    ]
    other = new.replace("a: str", "a: str, b: int")
    assert told(old, other)[0] == "breaking: `/run`: the endpoint is gone: existing calls break"


def test_an_endpoint_under_another_name_of_the_client() -> None:
    new = module("a: str").replace("    run: RunEndpoint", "    run_2: RunEndpoint")
    assert told(module("a: str"), new) == [
        "breaking: `/run`: is now `run_2` on the client, it was `run`: existing calls break"
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("a: int = 1", "a: int", "breaking: `/run`: parameter `a` is now required"),
        ("a: int", "a: int = 1", "compatible: `/run`: parameter `a` may now be left out"),
    ],
)
def test_a_default_comes_or_goes(old: str, new: str, words: str) -> None:
    (line,) = told(module(old), module(new))
    assert line.startswith(words)
