"""Tables of endpoints with anything in them: a name or type is used as it is, or refused in one
sentence, and nothing of it becomes code.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.project.endpoint_tables import plain_tables, read_tables
from gradio_codegen.render.verify import check
from tests.hostile.test_generator_text import FRAGMENTS
from tests.support.command import files_of, project, run, save
from tests.support.golden import document, endpoint, parameter, result, text_of

INFO = {
    "named_endpoints": {
        "/f": endpoint(
            [parameter("a"), parameter("b", {"type": "number"}, default=1)],
            [result("A"), result("B")],
        )
    },
    "unnamed_endpoints": {},
}
TEXTS = st.one_of(
    st.sampled_from(["x", "factor", "class", "session", "F", "str", "Any", "int | None"]),
    st.text(max_size=20),
    st.lists(st.sampled_from(FRAGMENTS), max_size=4).map("".join),
    st.sampled_from(FRAGMENTS).map(lambda text: f"Literal[{text!r}, 'z']"),
    st.sampled_from(FRAGMENTS).map(lambda text: f"Literal['{text}']"),
)
SETTINGS = '[tool.gradio-codegen.clients.lab]\nsource = "lab.json"\n'


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, TEXTS, TEXTS, st.lists(TEXTS, max_size=3))
def test_a_table_is_taken_or_refused(
    name: str, renamed: str, written: str, results: list[str]
) -> None:
    table = {
        "name": name,
        "parameters": {"a": renamed, "b": {"type": written}},
        "results": results,
    }
    for words in ({"/f": table}, {"/f": {"parameters": {"b": {"type": written}}}}):
        try:
            own = read_tables(words, "pyproject.toml: [lab")
            text = text_of(document(INFO), endpoints=own)
        except CommandError as error:
            message = error.message
        else:
            message = ""
            check(ast.parse(text), "gradio_session")
            assert read_tables(json.loads(json.dumps(plain_tables(own))), "lock: [lab") == own
        assert not message or message.startswith("pyproject.toml: [lab.endpoints.")
        assert "\n" not in message


@pytest.mark.parametrize(
    "line",
    [
        """parameters = { b = { type = "__import__('os').system('touch hit')" } }""",
        """parameters = { b = { type = "Literal[__import__('os').system('touch hit')]" } }""",
        """parameters = { b = { type = "int = 1; import os" } }""",
        """parameters = { b = { type = "int\\nimport os" } }""",
        '''name = "f\\"\\n    import os"''',
        '''name = "f(): ..."''',
        """parameters = { a = "a=print('x')" }""",
        """parameters = { a = "a\\nb" }""",
        """parameters = { "a'\\n" = "c" }""",
        """results = ["a: int = print(1)", "b"]""",
    ],
)
def test_code_in_a_table_is_refused_and_no_module_is_written(tmp_path: Path, line: str) -> None:
    folder = project(
        tmp_path, f'{SETTINGS}[tool.gradio-codegen.clients.lab.endpoints."/f"]\n{line}\n'
    )
    save(folder / "lab.json", {"info": INFO})
    outcome = run(folder, "generate")
    assert outcome.exit_code == 2
    assert 'clients.lab.endpoints."/f"]' in outcome.stderr
    assert not files_of(folder).keys() & {"lab.py", "hit"}


def test_a_choice_keeps_every_character(tmp_path: Path) -> None:
    values = ("it's", 'say "x"', "a\nb", "\\", "\u202e", '"""', "#", "{{ 7*7 }}")
    own = read_tables(
        {"/f": {"parameters": {"a": {"type": f"Literal[{', '.join(map(repr, values))}]"}}}}, "x: [y"
    )
    names: dict[str, object] = {}
    text = text_of(document(INFO), endpoints=own)
    exec(compile(text, str(tmp_path / "lab.py"), "exec"), names)
    assert names["A"].__args__ == values  # type: ignore[attr-defined]
