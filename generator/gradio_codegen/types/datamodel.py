"""One call of datamodel-code-generator."""

from __future__ import annotations

import ast
import functools
import warnings

from datamodel_code_generator import InputFileType, generate
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import PythonVersion
from datamodel_code_generator.parser import LiteralType

__all__ = ["annotations_of"]


@functools.lru_cache(maxsize=512)
def annotations_of(schema: str) -> list[str]:
    """Return the annotations that datamodel-code-generator writes for a structure.

    Many apps have the same structures, so results are kept.

    Args:
        schema: JSON Schema with one structure, called `Keys`, among its `$defs`.

    Returns:
        The annotation of each of its keys, in order.
    """
    return [
        ast.unparse(key.annotation)
        for node in ast.parse(_generated(schema)).body
        if isinstance(node, ast.ClassDef) and node.name == "Keys"
        for key in node.body
        if isinstance(key, ast.AnnAssign)
    ]


def _generated(schema: str) -> str:
    """Call the library, without its advice to run it on a newer Python: its bounds see to that."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*on Python 3.10 is deprecated", FutureWarning)
        text = generate(
            schema,
            input_file_type=InputFileType.JsonSchema,
            input_filename="info.json",
            output_model_type=DataModelType.TypingTypedDict,
            target_python_version=PythonVersion.PY_310,
            enum_field_as_literal=LiteralType.All,
            use_closed_typed_dict=False,
            use_frozen_field=True,
            use_generic_container_types=True,
            use_standard_collections=True,
            use_tuple_for_fixed_items=True,
            use_union_operator=True,
            disable_timestamp=True,
            formatters=[],
        )
    return str(text)
