"""Whatever an app calls its things, its module is valid, holds nothing of it as code, and says it
unchanged where it is data.
"""

from __future__ import annotations

import ast
import io
import tokenize
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradio_codegen.app_schema import schema
from gradio_codegen.app_schema.normalise import fingerprint, normalise
from gradio_codegen.plan import model, plan
from gradio_codegen.render.environment import environment_for
from gradio_codegen.render.render import unformatted
from gradio_codegen.render.verify import check
from gradio_codegen.source.document import Document
from tests.support.golden import document, endpoint, parameter, result, text_of

FRAGMENTS = [
    *(
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        "\\\\",
        "\n",
        "\r",
        "\t",
        "\x00",
        "\x0c",
        "\x1b[31m",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\ud800",
        "\udfff",
    ),
    *(
        "{{ 7*7 }}",
        "{% raw %}",
        "{% include 'x' %}",
        "{#",
        "#}",
        "# ",
        "# noqa",
        "# type: ignore",
        "coding: utf-7",
        "${HOME}",
        "%s",
        "{0}",
        "f'{x}'",
    ),
    *(
        "); import os; os.system('x')  #",
        '""" + print(1) + """',
        "\\N{BULLET}",
        "\\u0041",
        "\\x41",
        "__import__('os')",
        "lambda: 0",
        "]",
        "}",
        ")",
        ":",
        ";",
    ),
    *(
        "class",
        "self",
        "None",
        "__init__",
        "__x",
        "_",
        "str",
        "Literal",
        "RemoteFile",
        "session",
        "é",
        "имя",
        "🦊",
        "ﬁ",
        "0",
        "1x",
        " ",
        "",
        "a",
        "A",
        "b_c",
    ),
]
text = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join),
    st.text(max_size=20),
    st.text(st.characters(categories=["Cs", "Cc", "Cf"])),
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(10**400), 10**400), st.floats(), text
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=8,
)


def schemas(depth: int = 3) -> st.SearchStrategy[Any]:
    """Schemas as apps write them, as they should not, and values that are none."""
    simple = st.sampled_from(
        [
            {"type": kind}
            for kind in (
                "string",
                "integer",
                "number",
                "boolean",
                "null",
                "array",
                "object",
                "file",
                {},
            )
        ]
    )
    choices = st.fixed_dictionaries(
        {"type": st.just("string"), "enum": st.lists(scalars, max_size=5)}
    )
    if depth == 0:
        return st.one_of(simple, choices, values)
    inner = schemas(depth - 1)
    return st.one_of(
        simple,
        choices,
        st.fixed_dictionaries({"const": scalars}),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries(
            {
                "type": st.just("array"),
                "prefixItems": st.lists(inner, max_size=3),
                "minItems": st.integers(0, 3),
            }
        ),
        st.fixed_dictionaries({"anyOf": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"type": st.just("object"), "additionalProperties": inner}),
        st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "title": text,
                "properties": st.dictionaries(text, inner, max_size=4),
                "required": st.lists(text, max_size=3),
            }
        ),
        st.fixed_dictionaries(
            {
                "$ref": st.sampled_from(["#", "#/$defs/A", "#/$defs/B", "x"]),
                "$defs": st.fixed_dictionaries({"A": inner, "B": inner}),
            }
        ),
        values,
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    def slots(count: int) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for _ in range(draw(st.integers(0, count))):
            slot = {
                "parameter_name": draw(text),
                "label": draw(st.one_of(text, values)),
                "component": draw(text),
                "type": draw(schemas()),
            }
            if draw(st.booleans()):
                slot |= {"parameter_has_default": True, "parameter_default": draw(values)}
            made.append(slot)
        return [slot for slot in made if not isinstance(slot["type"], str)]

    endpoints = {
        "/" + draw(text): endpoint(slots(4), slots(3), description=draw(text))
        for _ in range(draw(st.integers(0, 3)))
    }
    unnamed = {draw(text): endpoint(slots(1), []) for _ in range(draw(st.integers(0, 1)))}
    config = {"title": draw(text), "version": draw(text), "dependencies": draw(values)}
    return document(
        {"named_endpoints": endpoints, "unnamed_endpoints": unnamed},
        config,
        name=draw(text),
        url=draw(st.one_of(st.none(), text)),
    )


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(documents())
def test_every_module_is_valid_and_holds_only_what_templates_make(source: Document) -> None:
    app, _ = schema.parse(source)
    module, _ = plan.make(app, model.PlanOptions())
    written = unformatted(environment_for(None), module, is_ours=True)
    tree = ast.parse(written.encode())
    check(tree, "gradio_session")
    compile(tree, "module.py", "exec")
    comments = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(written).readline)
        if token.type == tokenize.COMMENT
    ]
    assert set(comments) <= {"# noqa: RUF100, UP035"}
    names = [e.api_name for e in module.endpoints]
    assert names == list(dict.fromkeys(names))
    assert written.isprintable() or all(
        c.isprintable() or c == "\n" or ord(c) > 127 for c in written
    )


@settings(max_examples=12, deadline=None, derandomize=True)
@given(text, text, text, st.lists(text, min_size=2, max_size=4), text)
def test_text_arrives_unchanged_where_it_is_data(
    name: str, title: str, key: str, choices: list[str], component: str
) -> None:
    info = {
        "named_endpoints": {
            "/" + name: endpoint(
                [
                    parameter("x", {"enum": choices}, component),
                    parameter("y", {"type": "object", "properties": {key: {"type": "string"}}}),
                ],
                [result("z")],
            )
        }
    }
    written = text_of(document(info, {"title": title}))
    constants = [
        node.value for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Constant)
    ]
    assert "/" + name in constants
    # The components of an endpoint are one text, unless a type is no single word.
    assert any(component.lower() in each for each in constants if isinstance(each, str))
    if (
        not any("\ud800" <= c <= "\udfff" for choice in choices for c in choice)
        and len(set(choices)) > 1
    ):
        assert set(choices) <= set(constants)
    assert key in constants or any(
        isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == key
        for node in ast.walk(ast.parse(written))
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(documents())
def test_the_stored_description_says_the_same(source: Document) -> None:
    stored = normalise(source)
    again = Document(stored["info"], stored["config"], source.origin, source.url, source.name)
    assert repr(normalise(again)) == repr(stored)
    assert (
        fingerprint(stored)
        == schema.parse(source)[0].fingerprint
        == schema.parse(again)[0].fingerprint
    )
