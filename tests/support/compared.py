"""Small generated modules, to compare: each has one endpoint, in the look of our templates."""

from __future__ import annotations

from gradio_codegen.compare.compare import compare

__all__ = ["HEAD", "module", "told"]

HEAD = """
from typing import Literal, NamedTuple, TypeAlias, TypedDict, TypeVar
from gradio_session import App, Bound, Call, Endpoint, FileInput, RemoteFile, Signature
"""


def module(
    signature: str,
    result: str = "str",
    *,
    before: str = "",
    doc: str = "Run it.",
    components: str = 'inputs="", outputs=""',
    name: str = "Lab",
) -> str:
    """A generated module of one endpoint, in the look that templates give it."""
    return f'''{HEAD}
__all__ = ["{name}"]
{before}
R_co = TypeVar("R_co", covariant=True)

class {name}(App, runtime=2):
    """Lab."""
    run: RunEndpoint
    """Run it."""

class RunSignature(Signature[R_co], api_name="/run", {components}):
    def __call__(self, {signature}) -> R_co:
        """{doc}"""
        return self._send()

class RunEndpoint(RunSignature["{result}"], Endpoint["{result}"]):
    submit: RunSignature[Call[{result}]]
    bind: RunSignature[Bound[{result}]]
'''


def told(old: str, new: str) -> list[str]:
    """What is said about the change from one module to the other."""
    return [str(change) for change in compare(old, new)]
