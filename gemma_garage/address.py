"""Where the server may listen, and whether it answers there."""

import errno
import http.client
import ipaddress
import logging
import socket
import time

from gemma_garage.errors import AccessError
from gemma_garage.settings import Settings

log = logging.getLogger(__name__)

LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")
SHORTEST_PASSWORD = 8
LONGEST_WAIT_S = 60.0
ANSWER_WITHIN_S = 5.0


def check_address(settings: Settings) -> None:
    """Raise AccessError for an address that may not be listened on like this."""
    for proxy in settings.trusted_proxies:
        if proxy != "*" and not _is_network(proxy):
            raise AccessError(
                f"GEMMA_GARAGE_TRUSTED_PROXIES names {proxy!r}; it takes IP addresses or networks "
                "like 172.17.0.0/16, or *. Correct it or unset it."
            )
    if settings.host in LOCAL_HOSTS:
        return
    if not settings.password:
        raise AccessError(
            f"The address {settings.host} can be reached from other machines, and no password is "
            "set; without one only 127.0.0.1 is allowed. Set GEMMA_GARAGE_PASSWORD to at least "
            f"{SHORTEST_PASSWORD} characters, or use --host 127.0.0.1."
        )
    if len(settings.password) < SHORTEST_PASSWORD:
        raise AccessError(
            f"The password has {len(settings.password)} characters; on an address that other "
            f"machines can reach ({settings.host}) at least {SHORTEST_PASSWORD} are needed. Set a "
            "longer GEMMA_GARAGE_PASSWORD, or use --host 127.0.0.1."
        )


def listen(settings: Settings) -> socket.socket:
    """A socket that listens at the address. Raises AccessError when it cannot be had."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise AccessError(_explain_address(settings, error)) from error


def _explain_address(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.port} is taken by another program, perhaps by a Gemma Garage that "
            f"runs already: look at http://127.0.0.1:{settings.port}. Or choose another port, "
            f"like --port {settings.port + 1}."
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {settings.port} may not be used by this account; ports from 1024 on may. "
            "Choose another one with --port."
        )
    return (
        f"The address {settings.host}, port {settings.port}, cannot be listened on "
        f"({error.strerror}). Use --host 127.0.0.1, or an address of this machine."
    )


def wait_for_answer(host: str, port: int, path: str) -> str | None:
    """The URL of the page once `path` answers 200; None after a minute."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    name = f"[{host}]" if ":" in host else host
    deadline = time.monotonic() + LONGEST_WAIT_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(host, port, timeout=ANSWER_WITHIN_S)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return f"http://{name}:{port}"
        except OSError as error:
            log.debug("not answering yet: %s", error)
        finally:
            connection.close()
        time.sleep(0.1)
    return None


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
