"""The classes of `diff` are honest: old call sites, type-checked against the new module, are
refused exactly where `diff` says "breaking".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gradio_codegen.compare.change import Change, Severity
from gradio_codegen.compare.compare import compare
from gradio_codegen.pipeline import Job, build
from gradio_codegen.plan.model import PlanOptions
from gradio_codegen.source.document import Document
from tests.support.callsites import CallSites
from tests.support.checkers import mypy, pyright
from tests.support.command import FILE, NUMBER, TEXT, app, choice, gives, many, takes
from tests.support.environments import ROOT

INTEGER = {"type": "integer"}
MAYBE = {"anyOf": [TEXT, {"type": "null"}]}
ANYTHING: dict[str, Any] = {"type": {}}
SERVED = {"type": "object", "properties": {"n": NUMBER}, "required": ["n"]}


def box(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {
        "title": "Box",
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
    }


def inputs(*parameters: dict[str, Any]) -> dict[str, Any]:
    return app(run=(list(parameters), [gives()]))


def outputs(*results: dict[str, Any]) -> dict[str, Any]:
    return app(run=([takes("a")], list(results)))


A = takes("a")
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing changed": (inputs(A), inputs(A)),
    "endpoint added": (inputs(A), app(run=([A], [gives()]), more=([A], [gives()]))),
    "endpoint removed": (app(run=([A], [gives()]), more=([A], [gives()])), inputs(A)),
    "endpoint with types of its own removed": (
        app(run=([A], [gives()]), more=([takes("b", choice("x", "y"))], [gives(), gives()])),
        inputs(A),
    ),
    "endpoint renamed": (app(run=([A], [gives()])), app(walk=([A], [gives()]))),
    "optional parameter added": (inputs(A), inputs(A, takes("b", NUMBER, 1))),
    "required parameter added": (inputs(A), inputs(A, takes("b", NUMBER))),
    "optional parameter added in front": (inputs(A), inputs(takes("b", NUMBER, 1), A)),
    "parameter removed": (inputs(A, takes("b", NUMBER)), inputs(A)),
    "parameter renamed": (inputs(A, takes("b", NUMBER)), inputs(A, takes("c", NUMBER))),
    "default taken away": (inputs(takes("a", default="x")), inputs(A)),
    "default given": (inputs(A), inputs(takes("a", default="x"))),
    "default changed": (inputs(takes("a", default="x")), inputs(takes("a", default="y"))),
    "required after default": (
        inputs(takes("a", default="x"), takes("b", NUMBER, 1)),
        inputs(takes("a", default="x"), takes("b", NUMBER)),
    ),
    "parameters of two types exchanged": (
        inputs(A, takes("b", NUMBER)),
        inputs(takes("b", NUMBER), A),
    ),
    "choice added": (
        inputs(takes("a", choice("x", "y"))),
        inputs(takes("a", choice("x", "y", "z"))),
    ),
    "choice removed": (inputs(takes("a", choice("x", "y"))), inputs(takes("a", choice("x")))),
    "choice removed beside another": (
        inputs(takes("a", choice("x", "y", "z"))),
        inputs(takes("a", choice("x", "w", "z"))),
    ),
    "text becomes a choice": (inputs(A), inputs(takes("a", choice("x", "y")))),
    "number becomes an integer": (inputs(takes("a", NUMBER)), inputs(takes("a", INTEGER))),
    "integer becomes a number": (inputs(takes("a", INTEGER)), inputs(takes("a", NUMBER))),
    "text becomes a number": (inputs(A), inputs(takes("a", NUMBER))),
    "null allowed": (inputs(A), inputs(takes("a", MAYBE))),
    "null refused": (inputs(takes("a", MAYBE)), inputs(A)),
    "file becomes files": (inputs(takes("a", FILE)), inputs(takes("a", many(FILE)))),
    "anything becomes text": (inputs(takes("a", ANYTHING)), inputs(A)),
    "text becomes anything": (inputs(A), inputs(takes("a", ANYTHING))),
    "list of other items": (inputs(takes("a", many(TEXT))), inputs(takes("a", many(NUMBER)))),
    "list of wider items": (inputs(takes("a", many(INTEGER))), inputs(takes("a", many(NUMBER)))),
    "structure with another optional key": (
        inputs(takes("a", box(n=NUMBER))),
        inputs(takes("a", box(["n"], n=NUMBER, t=TEXT))),
    ),
    "structure with another required key": (
        inputs(takes("a", box(n=NUMBER))),
        inputs(takes("a", box(n=NUMBER, t=TEXT))),
    ),
    "structure without a key": (
        inputs(takes("a", box(n=NUMBER, t=TEXT))),
        inputs(takes("a", box(n=NUMBER))),
    ),
    "structure with a key of another type": (
        inputs(takes("a", box(n=NUMBER))),
        inputs(takes("a", box(n=TEXT))),
    ),
    "label changed": (inputs(A), inputs(takes("a", label="Other"))),
    "description changed": (inputs(A), app(description="Other.", run=([A], [gives()]))),
    "component changed": (inputs(A), inputs(takes("a", component="Code"))),
    "result of another type": (outputs(gives()), outputs(gives(NUMBER))),
    "result number becomes an integer": (outputs(gives(NUMBER)), outputs(gives(INTEGER))),
    "result integer becomes a number": (outputs(gives(INTEGER)), outputs(gives(NUMBER))),
    "result list of narrower items": (outputs(gives(many(NUMBER))), outputs(gives(many(INTEGER)))),
    "result may be null": (outputs(gives()), outputs(gives(MAYBE))),
    "result is never null": (outputs(gives(MAYBE)), outputs(gives())),
    "result of fewer choices": (outputs(gives(choice("x", "y"))), outputs(gives(choice("x")))),
    "result of more choices": (
        outputs(gives(choice("x", "y"))),
        outputs(gives(choice("x", "y", "z"))),
    ),
    "result becomes anything": (outputs(gives()), outputs(gives(ANYTHING))),
    "a second result": (
        outputs(gives(label="One")),
        outputs(gives(label="One"), gives(label="Two")),
    ),
    "a third result": (
        outputs(gives(label="One"), gives(label="Two")),
        outputs(gives(label="One"), gives(label="Two"), gives(label="Three")),
    ),
    "results renamed": (
        outputs(gives(label="One"), gives(label="Two")),
        outputs(gives(label="One"), gives(label="Three")),
    ),
    "one of the results of another type": (
        outputs(gives(label="One"), gives(label="Two")),
        outputs(gives(label="One"), gives(NUMBER, label="Two")),
    ),
    "a result where there was none": (outputs(), outputs(gives())),
    "no result where there was one": (outputs(gives()), outputs()),
    "result structure with another key": (
        outputs(gives(SERVED)),
        outputs(gives({**SERVED, "properties": {"n": NUMBER, "t": TEXT}, "required": ["n", "t"]})),
    ),
    "result structure without a key": (
        outputs(gives({**SERVED, "properties": {"n": NUMBER, "t": TEXT}, "required": ["n", "t"]})),
        outputs(gives(SERVED)),
    ),
    "app renamed": (inputs(A), app("Other Lab", run=([A], [gives()]))),
}


@dataclass(frozen=True)
class Outcome:
    changes: list[Change]
    complaints: dict[str, list[str]]


def rendered(document: dict[str, Any]) -> Document:
    return Document(document["info"], document.get("config"), "app", None, "app")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Every case: what `diff` says, and what each checker says about old call sites and the new
    module.
    """
    folder = tmp_path_factory.mktemp("honest")
    documents = [rendered(document) for pair in CASES.values() for document in pair]
    jobs = [
        Job("app", lambda: documents[0], PlanOptions(), folder / str(number) / "client.py")
        for number in range(len(documents))
    ]
    built = [build([job], [document])[0] for job, document in zip(jobs, documents, strict=True)]
    assert not [one.error for one in built if one.error]
    uses: dict[Path, str] = {}
    for number, name in enumerate(CASES):
        old, new = built[2 * number], built[2 * number + 1]
        for package, text in ((f"old_{number}", old.text), (f"new_{number}", new.text)):
            (folder / package).mkdir()
            (folder / package / "__init__.py").touch()
            (folder / package / "client.py").write_text(text, encoding="utf-8")
            use = folder / package / "use.py"
            use.write_text(CallSites(old.text, package).source(), encoding="utf-8")
            uses[use] = name
    search = [ROOT / "runtime", folder]
    complaints: dict[str, dict[Path, list[str]]] = {}
    for checker in (pyright, mypy):
        found: dict[Path, list[str]] = {}
        for finding in checker(list(uses), folder, search=search):
            found.setdefault(finding.file, []).append(str(finding))
        complaints[checker.__name__] = found
    for found in complaints.values():
        assert {
            path: lines for path, lines in found.items() if path.parent.name.startswith("old_")
        } == {}
    return {
        name: Outcome(
            compare(built[2 * number].text, built[2 * number + 1].text),
            {
                checker: found.get(folder / f"new_{number}" / "use.py", [])
                for checker, found in complaints.items()
            },
        )
        for number, name in enumerate(CASES)
    }


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_breaking_is_exactly_what_the_checkers_refuse(
    outcomes: dict[str, Outcome], case: str
) -> None:
    outcome = outcomes[case]
    breaking = [str(change) for change in outcome.changes if change.severity is Severity.BREAKING]
    for checker, complaints in outcome.complaints.items():
        assert bool(complaints) == bool(breaking), (
            f"{checker} says {complaints}, diff says {list(map(str, outcome.changes))}"
        )


@pytest.mark.slow
def test_every_change_is_told_and_only_a_change(outcomes: dict[str, Outcome]) -> None:
    silent = [case for case, outcome in outcomes.items() if not outcome.changes]
    # The choices of a result are not part of its type: an app may change them at any time.
    assert silent == ["nothing changed", "result of fewer choices", "result of more choices"]
