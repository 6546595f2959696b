"""Addresses as people give them, and whose they are.

Everything that decides where a secret may go asks `origin` and `trusted`; nothing compares addresses as text.
"""

from __future__ import annotations

from urllib.parse import SplitResult, quote, unquote, urlsplit

from gradio_session.errors import ParameterError

__all__ = ["clean_path", "normalize_url", "origin", "parent_urls", "quote_name", "quote_path", "redact", "space_id_of", "trusted"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - recognised in an address, never listened on
_ROUTES = ("/gradio_api/info", "/gradio_api", "/config", "/info")


def normalize_url(url: str) -> str:
    """The base address of an app, from whatever address of it a person has at hand.

    Query, fragment, trailing slashes and Gradio's own routes (`/config`, `/info`, `/gradio_api`) are taken off. An address without a scheme gets `http://`
    on this machine or when it names a port other than 443, and `https://` otherwise.

    Args:
        url: An address such as "http://127.0.0.1:7860/?__theme=dark", "localhost:7860" or "example.org/lab/".

    Returns:
        The address without a trailing slash, for example "http://127.0.0.1:7860".

    Raises:
        ParameterError: The address is empty, malformed, of another scheme than http or https, or carries a user name or password.
    """
    text = url.strip()
    if "://" not in text:
        text = _with_scheme(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _invalid(url, "is not a valid address") from error
    if parts.scheme.lower() not in _DEFAULT_PORTS:
        raise _invalid(url, f"has the scheme {parts.scheme!r}; an app is reached over http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise ParameterError(
            f"The address of {_shown_host(parts)} carries a user name or password. Leave them out of the address and pass auth=(user, password) instead.",
            parameter="app_url",
        )
    if not parts.hostname or any(character.isspace() or not character.isprintable() for character in text):
        raise _invalid(url, "is not a valid address")
    scheme = parts.scheme.lower()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    authority = host if port is None or port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"
    return f"{scheme}://{authority}{clean_path(parts.path)}"


def clean_path(path: str) -> str:
    """A path without doubled or trailing slashes and without the route of Gradio that it may end in."""
    segments = [segment for segment in path.split("/") if segment]
    cleaned = "".join(f"/{quote(unquote(segment), safe=_SEGMENT)}" for segment in segments)
    for route in _ROUTES:
        if cleaned.endswith(route):
            return cleaned.removesuffix(route)
    return cleaned


_SEGMENT = "!$&'()*+,;=:@-._~"


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address, ports filled in: what decides who may see a secret.

    Raises:
        ValueError: The address has no host, another scheme than http or https, or no valid port.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        msg = f"not an http address: {redact(url)}"
        raise ValueError(msg)
    return scheme, parts.hostname.rstrip("."), parts.port or _DEFAULT_PORTS[scheme]


def trusted(app_url: str, url: str) -> bool:
    """Whether a secret meant for the app at `app_url` may be sent to `url`.

    It may go to the same scheme, host and port, and from plain http on port 80 to https on port 443 of the same host, which is how servers move visitors to TLS.
    """
    try:
        mine, theirs = origin(app_url), origin(url)
    except ValueError:
        return False
    return mine == theirs or (mine[1] == theirs[1] and (mine[0], mine[2]) == ("http", 80) and (theirs[0], theirs[2]) == ("https", 443))


def parent_urls(url: str, limit: int = 4) -> list[str]:
    """The addresses above this one on the same host, nearest first, at most `limit`."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    root = f"{parts.scheme}://{parts.netloc}"
    return [root + "".join(f"/{segment}" for segment in segments[:count]) for count in range(len(segments) - 1, -1, -1)][:limit]


def quote_name(name: str) -> str:
    """An endpoint's name as one path segment; a lone surrogate is encoded as the server would encode it back."""
    return quote(name, safe="", errors="surrogatepass")


def quote_path(path: str) -> str:
    """A server path for use behind `/file=`: percent-encoded, slashes kept."""
    return quote(path, safe="/", errors="surrogatepass")


def redact(url: str) -> str:
    """An address fit for a message: without user, password, query and fragment, on one line."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(an address that cannot be read)"
    shown = f"{parts.scheme}://{host}{parts.path}" if parts.scheme else f"{host}{parts.path}"
    return "".join(character if character.isprintable() else "?" for character in shown)[:300]


def space_id_of(source: str) -> str | None:
    """The Space id "owner/name" if that is what `source` names: the id itself, or the address of the Space's page on the Hub; else None."""
    text = source.strip()
    if "://" in text or text.partition("/")[0].lower() in _HUB_HOSTS:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        if (parts.hostname or "") not in _HUB_HOSTS:
            return None
        segments = [segment for segment in parts.path.split("/") if segment]
        return "/".join(segments[1:3]) if len(segments) >= 3 and segments[0] == "spaces" and _is_id(segments[1:3]) else None
    segments = text.split("/")
    return text if len(segments) == 2 and _is_id(segments) and segments[0].lower() not in _LOCAL_HOSTS and "." not in segments[0] else None


def _is_id(segments: list[str]) -> bool:
    return all(
        segment
        and not segment.startswith((".", "-"))
        and all(character.isascii() and (character.isalnum() or character in "-_.") for character in segment)
        for segment in segments
    )


def _with_scheme(text: str) -> str:
    authority = text.partition("/")[0].rpartition("@")[2]
    host, _, port = authority.rpartition(":") if authority.rpartition(":")[2].isdigit() else (authority, "", "")
    plain = host.strip("[]").lower() in _LOCAL_HOSTS or (bool(port) and port != "443")
    return f"{'http' if plain else 'https'}://{text}"


def _shown_host(parts: SplitResult) -> str:
    return parts.hostname or "the app"


def _invalid(url: str, reason: str) -> ParameterError:
    return ParameterError(
        f'The app\'s address "{redact(url)}" {reason}. Give one like "http://127.0.0.1:7860", or a Space id like "owner/name".', parameter="app_url"
    )
