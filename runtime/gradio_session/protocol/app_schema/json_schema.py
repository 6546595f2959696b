"""Reading JSON Schemas as Gradio writes them: references, and the schema that stands for a file."""

from __future__ import annotations

from urllib.parse import unquote

from gradio_session.protocol.base.json_values import is_list, is_object, list_of, object_of

__all__ = ["FILE_TYPE", "follow", "is_file_schema", "target"]

FILE_TYPE = "gradio.FileData"
"""What `meta._type` says in every file that Gradio sends or takes."""

MAX_HOPS = 12
"""How many references are followed in a row."""


def target(reference: str, root: object) -> object:
    """The schema that a reference inside `root` means.

    True (anything) when it leads nowhere or out of the document.
    """
    if not reference.startswith("#"):
        return True
    here: object = root
    for part in reference[1:].split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if is_object(here) and name in here:
            here = here[name]
        elif is_list(here) and name.isascii() and name.isdigit() and int(name[:9]) < len(here):
            here = here[int(name[:9])]
        else:
            return True
    return here


def follow(schema: object, root: object) -> object:
    """The schema at the end of a chain of references; True (anything) when it has no end."""
    for _ in range(MAX_HOPS):
        if not is_object(schema) or not isinstance(schema.get("$ref"), str):
            return schema
        schema = target(schema["$ref"], root)
    return True


def is_file_schema(schema: object, root: object = None) -> bool:
    """Whether a schema describes Gradio's FileData or ImageData itself, or refers to one that does.

    Args:
        schema: The schema.
        root: The schema whose `$defs` its references mean; itself by default.
    """
    root = schema if root is None else root
    properties = object_of(object_of(follow(schema, root)).get("properties"))
    if "path" not in properties:
        return False
    if "meta" not in properties:
        return {"orig_name", "url", "size"} <= properties.keys()  # the form before 4.21
    meta = object_of(follow(properties["meta"], root))
    if object_of(meta.get("default")).get("_type") == FILE_TYPE:
        return True
    kind = object_of(object_of(meta.get("properties")).get("_type"))
    return FILE_TYPE in (kind.get("const"), kind.get("default"), *list_of(kind.get("enum")))
