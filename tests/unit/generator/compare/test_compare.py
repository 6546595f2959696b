"""What is said about a change of an app, in the words that a person would use."""

from __future__ import annotations

import pytest

from gradio_codegen.compare.change import Severity
from gradio_codegen.compare.compare import compare
from tests.support.compared import HEAD, module, told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "a: str",
            "a: str, steps: int",
            ["breaking: `/run`: parameter `steps` is new and required: existing calls break"],
        ),
        (
            "a: str",
            "a: str, steps: int = 5",
            ["compatible: `/run`: parameter `steps` is new, its default is 5"],
        ),
        (
            "a: str, b: int",
            "a: str",
            ["breaking: `/run`: parameter `b` is gone: calls that give it break"],
        ),
        (
            "a: str, b: int",
            "a: str, c: int",
            ["breaking: `/run`: parameter `b` is now called `c`: calls that name it break"],
        ),
        (
            "a: int = 1",
            "a: int = 2",
            ["compatible: `/run`: parameter `a` now defaults to 2, it was 1"],
        ),
        (
            "a: Literal['x', 'y']",
            "a: Literal['y', 'z']",
            [
                (
                    "breaking: `/run`: parameter `a` no longer takes 'x' and now takes 'z': "
                    "existing calls break"
                )
            ],
        ),
        (
            "a: Literal[1]",
            "a: Literal[True]",
            [
                (
                    "breaking: `/run`: parameter `a` no longer takes 1 and now takes True: "
                    "existing calls break"
                )
            ],
        ),
        (
            "a: Literal['x', None]",
            "a: Literal['x']",
            ["breaking: `/run`: parameter `a` is now 'x', it was 'x' | None: existing calls break"],
        ),
        (
            "a: int, b: int",
            "b: int, a: int",
            [
                (
                    "breaking: `/run`: parameters `a`, `b` changed place: "
                    "calls by position break or give values to other parameters"
                )
            ],
        ),
        (
            "a: str",
            "a: FileInput",
            [
                (
                    "breaking: `/run`: parameter `a` is now FileInput, it was str: "
                    "a text given to it would be taken for a path"
                )
            ],
        ),
        (
            "a: list[str]",
            "a: Sequence[str]",
            ["compatible: `/run`: parameter `a` is now Sequence[str], it was list[str]"],
        ),
        (
            "a: str",
            "*, a: str",
            [
                (
                    "breaking: `/run`: parameter `a` can now only be given by name: "
                    "calls by position break"
                )
            ],
        ),
    ],
)
def test_parameters(old: str, new: str, words: list[str]) -> None:
    assert told(module(old), module(new)) == words


def test_breaking_changes_come_first() -> None:
    changes = compare(module("a: str, z: int = 1"), module("a: str, b: int, z: int = 2"))
    assert [change.severity for change in changes] == sorted(
        (change.severity for change in changes), key=list(Severity).index
    )
    assert changes[0].severity is Severity.BREAKING


def test_aliases_are_seen_through() -> None:
    old = module("a: RunA", before='RunA: TypeAlias = Literal["x", "y"]')
    assert told(old, module("a: Literal['x', 'y']")) == []
    assert told(old, module("a: RunA", before='RunA: TypeAlias = Literal["y"]')) == [
        "breaking: `/run`: parameter `a` no longer takes 'x': existing calls break"
    ]


def test_a_name_that_callers_import_is_missed() -> None:
    old = module("a: str").replace('__all__ = ["Lab"]', '__all__ = ["Lab", "RunStyle"]')
    assert told(old, module("a: str")) == [
        (
            "breaking: `RunStyle`: the type is no longer there under this name: "
            "code that imports it breaks"
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "n: int",
            "n: int\n    t: str",
            ["breaking: `/run`: parameter `a`: key `t` is new and required: existing calls break"],
        ),
        (
            "n: int",
            "n: int\n    t: NotRequired[str]",
            ["compatible: `/run`: parameter `a`: key `t` is new"],
        ),
        (
            "n: int\n    t: str",
            "n: int",
            ["breaking: `/run`: parameter `a`: key `t` is gone: existing calls break"],
        ),
        (
            "n: int",
            "n: str",
            [
                (
                    "breaking: `/run`: parameter `a`: key `n` is now str, it was int: "
                    "existing calls break"
                )
            ],
        ),
        (
            "n: NotRequired[int]",
            "n: int",
            ["breaking: `/run`: parameter `a`: key `n` is now required: existing calls break"],
        ),
    ],
)
def test_structures_by_their_keys(old: str, new: str, words: list[str]) -> None:
    before, after = (
        module("a: Box", before=f"class Box(TypedDict):\n    {fields}\n") for fields in (old, new)
    )
    assert told(before, after) == words


def test_structures_that_contain_themselves_end() -> None:
    before, after = (
        module("a: Box", before=f"class Box(TypedDict):\n    n: {kind}\n    boxes: list[Box]\n")
        for kind in ("int", "str")
    )
    assert told(before, after) == [
        "breaking: `/run`: parameter `a`: key `n` is now str, it was int: existing calls break"
    ]


def test_keys_that_are_no_identifiers_are_read_too() -> None:
    before, after = (
        module("a: Box", before=f'Box = TypedDict("Box", {{"a-b": "{kind}"}})')
        for kind in ("int", "NotRequired[ReadOnly[float]]")
    )
    assert told(before, after) == [
        "compatible: `/run`: parameter `a`: key `a-b` is now float, it was int"
    ]


def test_components_matter_to_clients_generated_before() -> None:
    old, new = (
        module("a: str", components='inputs=("textbox",), outputs=()'),
        module("a: str", components='inputs=("code",), outputs=()'),
    )
    assert told(old, new) == [
        (
            "compatible: `/run`: the app uses other components for it; "
            "a client generated before refuses to call it"
        )
    ]


def test_wording_is_cosmetic() -> None:
    assert [
        change.severity for change in compare(module("a: str"), module("a: str", doc="Do it."))
    ] == [Severity.COSMETIC]


def test_what_templates_of_the_user_add_is_passed_over() -> None:
    addition = "\nVERSION = 3\nclass Helper:\n    def __call__(self) -> None: ...\n"
    assert told(module("a: str"), module("a: str") + addition) == []


def test_an_app_without_endpoints_is_compared_too() -> None:
    empty = f'{HEAD}\n__all__ = ["Lab"]\nclass Lab(App, runtime=1):\n    """Lab."""\n'
    assert told(module("a: str"), empty) == [
        "breaking: `/run`: the endpoint is gone: existing calls break"
    ]
    assert told(empty, module("a: str")) == ["compatible: `/run`: the endpoint is new"]


def test_whether_an_endpoint_takes_a_stream() -> None:
    plain = module("a: str")
    streamed = f"{plain}    stream: RunSignature[Stream[str, RunSignature[None]]]\n"
    gone = "breaking: `/run`: no longer takes its input as a stream: code that opens one breaks"
    assert told(streamed, plain) == [gone]
    assert told(plain, streamed) == ["compatible: `/run`: takes its input as a stream now"]
    assert told(streamed, streamed) == []


def test_an_endpoint_whose_class_is_named_in_quotes_is_compared_too() -> None:
    old = module("a: str").replace("run: RunEndpoint", 'run: "RunEndpoint"')
    assert told(old, module("a: str")) == []
    assert told(old, module("a: str, b: int")) == told(module("a: str"), module("a: str, b: int"))


@pytest.mark.parametrize(
    ("given", "breaks"),
    [("tuple[int, str]", False), ("tuple[int, ...]", False), ("tuple[int, bytes]", True)],
)
def test_a_tuple_fits_a_sequence_of_all_that_it_holds(given: str, breaks: bool) -> None:
    words = told(module(f"a: {given}"), module("a: Sequence[int | str]"))
    assert any(word.startswith("breaking") for word in words) is breaks
