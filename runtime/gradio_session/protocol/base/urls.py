"""Addresses as people give them, and whose they are.

Everything that decides where a secret may go asks `trusted`; nothing compares addresses as text.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from gradio_session.errors import ParameterError

__all__ = [
    "clean_path", "climbs", "host_and_port", "is_space_host", "normalize_url", "origin",
    "parent_urls",
    "quote_name", "quote_path", "redact", "space_id_of", "stays_below", "trusted", "without_user",
]  # fmt: skip

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - recognised in an address, never listened on
_ROUTES = ("/gradio_api/info", "/gradio_api", "/config", "/info")
_MAX_PARENTS = 4
_IN_SEGMENT = "!$&'()*+,;=:@-._~"


def normalize_url(url: str) -> str:
    """The base address of an app, from whatever address of it a person has at hand.

    Query, fragment, trailing slashes and Gradio's own routes (`/config`, `/info`, `/gradio_api`)
    are taken off. An address without a scheme gets `http://` on this machine or when it names a
    port other than 443, and `https://` otherwise.

    Args:
        url: An address such as "http://127.0.0.1:7860/?__theme=dark", "localhost:7860" or
            "example.org/lab/".

    Returns:
        The address without a trailing slash, for example "http://127.0.0.1:7860".

    Raises:
        ParameterError: The address is empty, malformed, of another scheme than http or https, or
            carries a user name or password.
    """
    text = url.strip()
    if "://" not in text:
        text = _with_scheme(text)
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise _invalid(url, "is not a valid address") from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise _invalid(url, "has another scheme; an app is reached over http:// or https://")
    if "@" in parts.netloc:
        what = f"The app's address ({redact(url)}) carries a user name or password."
        advice = "Leave them out and pass auth=(user, password) instead."
        raise ParameterError(f"{what} {advice}", parameter="app_url")
    if not host or any(each.isspace() or not each.isprintable() for each in parts.netloc):
        raise _invalid(url, "is not a valid address")
    named = f"[{host}]" if ":" in host else host
    authority = named if port in (None, _DEFAULT_PORTS[scheme]) else f"{named}:{port}"
    return f"{scheme}://{authority}{clean_path(parts.path)}"


def clean_path(path: str) -> str:
    """A path without doubled or trailing slashes and without the route of Gradio at its end."""
    segments = [segment for segment in path.split("/") if segment]
    cleaned = "".join(f"/{quote(unquote(segment), safe=_IN_SEGMENT)}" for segment in segments)
    route = next((route for route in _ROUTES if cleaned.endswith(route)), "")
    return cleaned.removesuffix(route)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address, the port filled in: what decides who may see a secret.

    Raises:
        ValueError: The address has no host, another scheme than http or https, or no valid port.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"not an http address: {redact(url)}")
    return scheme, parts.hostname.rstrip("."), parts.port or _DEFAULT_PORTS[scheme]


def host_and_port(url: str) -> tuple[str, int]:
    """Host and port of an address of http:// or https://; ("", 0) where it has no valid ones."""
    try:
        return origin(url)[1:]
    except ValueError:
        return "", 0


def is_space_host(url: str) -> bool:
    """Whether an address is the direct one of a Space: https://owner-name.hf.space."""
    return host_and_port(url)[0].endswith(".hf.space")


def without_user(url: str) -> str:
    """An address without user name and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def trusted(app_url: str, url: str) -> bool:
    """Whether a secret meant for the app at `app_url` may be sent to `url`.

    It may go to the same scheme, host and port, and from http on port 80 to https on port 443 of
    the same host, as servers move visitors to TLS.
    """
    try:
        mine, theirs = origin(app_url), origin(url)
    except ValueError:
        return False
    upgraded = (mine[0], mine[2]) == ("http", 80) and (theirs[0], theirs[2]) == ("https", 443)
    return mine == theirs or (upgraded and mine[1] == theirs[1])


def stays_below(folder: str, url: str) -> bool:
    """Whether an address lies below another, whoever resolves the dots in it.

    A secret meant for what is below `folder` may be sent there.

    Args:
        folder: What the address must begin with.
        url: The address. One with a segment of two dots counts as outside (`climbs`).
    """
    if not trusted(folder, url):
        return False
    return urlsplit(url).path.startswith(urlsplit(folder).path) and not climbs(url)


def climbs(url: str) -> bool:
    """Whether the path of an address has a segment of two dots, in plain sight or encoded.

    Clients, proxies and servers each have their own way with them, so where it leads is unknown.
    """
    return ".." in unquote(unquote(urlsplit(url).path)).replace("\\", "/").split("/")


def parent_urls(url: str) -> list[str]:
    """The addresses above this one on the same host, nearest first, at most four."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    root = f"{parts.scheme}://{parts.netloc}"
    return [
        root + "".join(f"/{segment}" for segment in segments[:count])
        for count in range(len(segments) - 1, -1, -1)
    ][:_MAX_PARENTS]


def quote_name(name: str) -> str:
    """An endpoint's name as one segment of a path."""
    return quote(name, safe="", errors="surrogatepass")


def quote_path(path: str) -> str:
    """A path on the server for use behind `/file=`: percent-encoded, slashes kept.

    Segments of dots are encoded, or it would lead to another route of the app: clients and proxies
    resolve them, the server takes them as they stand.
    """
    quoted = quote(path, safe="/", errors="surrogatepass")
    if "." not in quoted:
        return quoted
    segments = quoted.split("/")
    dots = (".", "..")
    return "/".join(each.replace(".", "%2E") if each in dots else each for each in segments)


def redact(url: str) -> str:
    """An address fit for a message: without user, password, query and fragment, on one line."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(an address that cannot be read)"
    host = parts.netloc.rpartition("@")[2]
    path = parts.path.rpartition("@")[2] if not parts.netloc else parts.path
    shown = f"{parts.scheme}://{host}{path}" if host else path
    return "".join(character if character.isprintable() else "?" for character in shown)[:300]


def space_id_of(source: str) -> str | None:
    """The Space id "owner/name" that `source` names, or None.

    Args:
        source: The id itself, or the address of the Space's page on the Hub.
    """
    text = source.strip()
    if "://" in text or text.partition("/")[0].lower() in _HUB_HOSTS:
        return _space_of_page(text if "://" in text else f"https://{text}")
    owner, slash, name = text.partition("/")
    named = slash and _is_id(owner) and _is_id(name)
    return text if named and "." not in owner and owner.lower() not in _LOCAL_HOSTS else None


def _space_of_page(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    spaces, owner, name, *_ = [*(each for each in parts.path.split("/") if each), "", "", ""]
    named = spaces == "spaces" and _is_id(owner) and _is_id(name)
    return f"{owner}/{name}" if named and parts.hostname in _HUB_HOSTS else None


def _is_id(text: str) -> bool:
    return text.isascii() and text[:1].isalnum() and all(c.isalnum() or c in "-_." for c in text)


def _with_scheme(text: str) -> str:
    authority = text.partition("/")[0].partition("?")[0]
    host, colon, port = authority.rpartition(":")
    has_port = bool(colon) and port.isdigit()
    name = (host if has_port else authority).rpartition("@")[2].strip("[]").lower()
    plain = name in _LOCAL_HOSTS or (has_port and port != "443")
    return f"{'http' if plain else 'https'}://{text}"


def _invalid(url: str, reason: str) -> ParameterError:
    advice = 'Give one like "http://127.0.0.1:7860", or a Space id like "owner/name".'
    text = f'The app\'s address "{redact(url)}" {reason}. {advice}'
    return ParameterError(text, parameter="app_url")
