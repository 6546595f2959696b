"""Schemas of files, as Gradio of several versions writes them."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
NULL = {"type": "null"}
META_CONST = {
    "type": "object",
    "properties": {"_type": {"const": "gradio.FileData", "type": "string"}},
    "required": ["_type"],
}
OPTIONAL_TEXT = {"anyOf": [TEXT, NULL], "default": None}
FIELDS = {
    "path": TEXT,
    "url": OPTIONAL_TEXT,
    "size": {"anyOf": [{"type": "integer"}, NULL]},
    "orig_name": OPTIONAL_TEXT,
}
FILE_6 = {
    "$defs": {"FileDataMeta": META_CONST},
    "properties": {**FIELDS, "meta": {"$ref": "#/$defs/FileDataMeta"}},
    "required": ["path"],
    "type": "object",
}
FILE_4 = {
    "properties": {**FIELDS, "meta": {"default": {"_type": "gradio.FileData"}, "type": "object"}},
    "required": ["path"],
    "type": "object",
}
IMAGE = {
    "properties": {
        **FIELDS,
        "path": OPTIONAL_TEXT,
        "meta": {"additionalProperties": True, "default": {"_type": "gradio.FileData"}},
    },
    "type": "object",
}
FILE_BEFORE_META = {"properties": FIELDS, "required": ["path"], "type": "object"}
DEFS = {
    "FileDataMeta": META_CONST,
    "FileData": {key: value for key, value in FILE_6.items() if key != "$defs"},
    "ImageData": IMAGE,
}
REF = {"$ref": "#/$defs/FileData"}
NOT_A_FILE = {"type": "object", "properties": {"path": TEXT, "meta": {"type": "object"}}}


def within(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "$defs": DEFS}
