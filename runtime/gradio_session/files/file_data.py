"""Gradio's FileData: what is one, what a file is called, and where its content is.

    {"path": "/tmp/gradio/.../cat.png", "url": "http://...", "size": 1234, "orig_name": "cat.png",
     "mime_type": "image/png", "is_stream": false, "meta": {"_type": "gradio.FileData"}}

The `url` is not used for the app's own files: behind a proxy or under a sub-path servers build it
wrongly. It is rebuilt from `path`.
"""

from __future__ import annotations

import mimetypes
import re
from base64 import b64decode
from typing import TYPE_CHECKING, NamedTuple, TypeGuard
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from gradio_session.errors import DownloadError
from gradio_session.protocol.app_schema.json_schema import FILE_TYPE
from gradio_session.protocol.base.file_names import safe_name
from gradio_session.protocol.base.json_values import JsonObject, is_object, object_of, text_of
from gradio_session.protocol.base.urls import quote_path, stays_below

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradio_session.protocol.app_schema.config import AppConfig

__all__ = [
    "FILE_TYPE", "Location", "decode_data_url", "is_empty_file_data", "is_file_data", "is_url",
    "locate", "mime_type_of", "name_of", "wire_file",
]  # fmt: skip

_KEYS = frozenset({"path", "url", "size", "orig_name", "mime_type", "is_stream", "meta"})
_ANY_TYPE = "application/octet-stream"
_MIME_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\Z")
_DATA_URL = re.compile(r"data:([^,]{0,200}),", re.IGNORECASE)


class Location(NamedTuple):
    """Where a file's content is.

    Attributes:
        url: Its address; a `data:` address holds the content itself.
        own: Whether it is a file of the app, so that it is asked for with the session's
            credentials.
        base_url: The app's address.
    """

    url: str
    own: bool
    base_url: str


def is_url(text: str) -> bool:
    """Whether a text is an address of http:// or https://."""
    return text[:8].lower().startswith(("http://", "https://"))


def is_file_data(value: object) -> TypeGuard[JsonObject]:
    """Whether a decoded value is a FileData (or an ImageData).

    Its `_type` tells; before Gradio 4.21 its keys alone do.
    """
    if not is_object(value):
        return False
    if not text_of(value.get("path")) and not text_of(value.get("url")):
        return False
    if object_of(value.get("meta")).get("_type") == FILE_TYPE:
        return True
    return "meta" not in value and bool(text_of(value.get("path"))) and value.keys() <= _KEYS


def is_empty_file_data(value: object) -> bool:
    """Whether a decoded value is a FileData without a file, which some components send for None."""
    if not is_object(value) or object_of(value.get("meta")).get("_type") != FILE_TYPE:
        return False
    return value.get("path") is None and value.get("url") is None


def locate(data: Mapping[str, object], config: AppConfig) -> Location:
    """Where the content of a file is.

    Args:
        data: The FileData.
        config: The app that sent it.
    """
    path, url = text_of(data.get("path")), text_of(data.get("url"))
    files = f"{config.api_url}/file="
    if not path or is_url(path):
        address = path or url
        return Location(address, stays_below(files, address), config.base_url)
    address = config.file_url(path)
    if data.get("is_stream") is True:
        address = f"{config.api_url}/stream/{quote_path(path)}"
    return Location(address, own=True, base_url=config.base_url)


def name_of(data: Mapping[str, object], suffix: str | None = None) -> str:
    """A safe name for a file, with an extension if its type tells one.

    Args:
        data: The FileData.
        suffix: The extension that it must have, with its dot; None to leave it as it is.
    """
    url = text_of(data.get("url"))
    source = text_of(data.get("orig_name")) or text_of(data.get("path"))
    if not source and not url.startswith("data:"):
        source = url
    name = _last_part(source)
    if suffix is not None:
        return name if name.endswith(suffix) else f"{name.rpartition('.')[0] or name}{suffix}"
    if "." not in name:
        kind = mime_type_of(data)
        name += "" if kind in (None, _ANY_TYPE) else mimetypes.guess_extension(kind or "") or ""
    return name


def mime_type_of(data: Mapping[str, object]) -> str | None:
    """The type of a file, as the app says it, else by its name, else None."""
    told = text_of(data.get("mime_type")).partition(";")[0].strip().lower()
    if _MIME_TYPE.match(told):
        return told
    url = text_of(data.get("url"))
    if url.startswith("data:"):
        declared = url[5:].partition(",")[0].partition(";")[0].lower()
        return declared if _MIME_TYPE.match(declared) else None
    names = (_last_part(text_of(data.get(key))) for key in ("orig_name", "path", "url"))
    guessed = (mimetypes.guess_type(name)[0] for name in names)
    return next((kind for kind in guessed if kind is not None), None)


def wire_file(
    path: str,
    name: str,
    *,
    size: int | None = None,
    mime_type: str | None = None,
    url: str | None = None,
) -> JsonObject:
    """A FileData to send.

    Args:
        path: The server path that an upload returned, or an address that the server shall fetch.
        name: The name that the app shall see.
        size: Length in bytes, if known.
        mime_type: Its type, if known.
        url: The address, when the server shall fetch it.
    """
    facts = {"url": url, "size": size, "mime_type": mime_type}
    return {
        "path": path,
        "orig_name": name,
        "meta": {"_type": FILE_TYPE},
        **{key: value for key, value in facts.items() if value is not None},
    }


def decode_data_url(url: str) -> bytes:
    """The content of a `data:` address.

    Raises:
        DownloadError: It is not a well-formed one.
    """
    match = _DATA_URL.match(url)
    if match is None:
        raise DownloadError(
            "The app sent a file as a data: address that cannot be read.", url="data:"
        )
    content = url[match.end() :]
    if not match[1].lower().rstrip().endswith(";base64"):
        return unquote_to_bytes(content)
    try:
        bare = "".join(unquote(content).split()).rstrip("=")
        return b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        raise DownloadError(
            "The app sent a file as a data: address whose base64 is broken.", url="data:"
        ) from None


def _last_part(text: str) -> str:
    """What a path or an address ends in, as a safe name."""
    if is_url(text):
        try:
            text = unquote(urlsplit(text).path.rstrip("/").rpartition("/")[2])
        except ValueError:
            text = ""
    return safe_name(text)
