"""Sign-in with one password: its page, the signed cookie, the pause after wrong guesses.

No accounts: whoever knows the password is the one user. Nothing is kept on the server, so signing
out forgets the cookie of one browser; a new password (or a new secret file) ends them all.
"""

import hashlib
import hmac
import ipaddress
import math
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from gemma_garage.plain_page import answer_page
from gemma_garage.workspace import Workspace, write_whole

COOKIE_LIFETIME_S = 30 * 24 * 3600
MAX_FORM_BYTES = 4096
FREE_GUESSES = 3
LONGEST_PAUSE_S = 900.0
GUESSES_PER_MINUTE = 60  # of all clients together: an address is cheap
CLIENTS_REMEMBERED = 10_000

FORM = """<h1>Gemma Garage</h1>
{message}
<form method="post">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required autofocus>
<button>Sign in</button>
</form>"""
QUESTION = "<p>This garage is locked. Its password was set when it was started.</p>"


def read_secret(workspace: Workspace) -> bytes:
    """The random key of this home, made on the first call; only its owner can read the file."""
    if not workspace.secret.exists():
        with write_whole(workspace.secret) as path:  # made with mode 0600
            path.write_bytes(secrets.token_bytes(32))
    return workspace.secret.read_bytes()


class Guesses:
    """How long a client has to wait after wrong guesses: three are free, then 2, 4, 8 … 900 s."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # count, time of the last
        self._all: deque[float] = deque(maxlen=GUESSES_PER_MINUTE)

    def wait_s(self, client: str) -> float:
        """Seconds until this client may guess again; 0.0 = now."""
        now_s = self._clock()
        count, last_s = self._wrong.get(client, (0, 0.0))
        pause_s = 0.0
        if count >= FREE_GUESSES:
            pause_s = last_s + min(2.0 ** min(count - FREE_GUESSES + 1, 30), LONGEST_PAUSE_S)
            pause_s -= now_s
        if len(self._all) == GUESSES_PER_MINUTE:
            pause_s = max(pause_s, self._all[0] + 60.0 - now_s)
        return max(0.0, pause_s)

    def record_wrong(self, client: str) -> None:
        now_s = self._clock()
        count, _ = self._wrong.pop(client, (0, 0.0))
        self._wrong[client] = (count + 1, now_s)
        self._all.append(now_s)
        if len(self._wrong) > CLIENTS_REMEMBERED:
            self._wrong.popitem(last=False)

    def forget(self, client: str) -> None:
        self._wrong.pop(client, None)


class SignIn:
    """Who knows the password. `embedded`: shown in a frame of another site (a Space)."""

    def __init__(
        self,
        password: str,
        secret: bytes,
        *,
        cookie: str = "gemma-garage",
        embedded: bool = False,
        guesses: Guesses | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._digest = hashlib.sha256(password.encode()).digest()
        # The password is part of the key: a new one makes every old cookie worthless.
        self._key = hmac.digest(secret, b"sign-in:" + password.encode(), "sha256")
        self._cookie = cookie
        self._embedded = embedded
        self._guesses = guesses or Guesses()
        self._clock = clock

    def admits(self, scope: Scope) -> bool:
        """Whether this request carries a cookie that was given out and has not run out."""
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        expires, _, signature = cookies.get(self._cookie, "").partition(".")
        if not expires.isascii() or not expires.isdigit() or not signature.isascii():
            return False
        genuine = hmac.compare_digest(signature, self._sign(expires))
        return genuine and int(expires) > self._clock()

    async def answer(self, request: Request) -> Response:
        """`/signin`: the form, or the answer to it. Goes on to `next`, a path of this server."""
        if request.method != "POST":
            return self._ask(QUESTION, 200)
        guess = await _read_password(request)
        client = _name_client(request)
        wait_s = math.ceil(self._guesses.wait_s(client))
        if wait_s:
            return self._ask(
                f'<p role="alert">Too many wrong passwords. Try again in {wait_s} s.</p>',
                429,
                {"Retry-After": str(wait_s)},
            )
        if not hmac.compare_digest(hashlib.sha256(guess.encode()).digest(), self._digest):
            self._guesses.record_wrong(client)
            return self._ask('<p role="alert">That is not the password. Try again.</p>', 401)
        self._guesses.forget(client)
        # Relative, so that it also works behind a proxy's prefix, and never leaves this server.
        goal = request.query_params.get("next", "/")
        response = RedirectResponse("." + goal if goal.startswith("/") else "./", 303)
        expires = str(int(self._clock()) + COOKIE_LIFETIME_S)
        self._set_cookie(request, response, f"{expires}.{self._sign(expires)}", COOKIE_LIFETIME_S)
        return response

    async def leave(self, request: Request) -> Response:
        """`/signout`: forget the cookie of this browser."""
        response = RedirectResponse("./signin", 303)
        self._set_cookie(request, response, "", 0)
        return response

    def _ask(self, message: str, status: int, headers: dict[str, str] | None = None) -> Response:
        body = FORM.format(message=message)
        return answer_page("Sign in · Gemma Garage", body, status=status, headers=headers)

    def _sign(self, expires: str) -> str:
        return hmac.new(self._key, expires.encode(), "sha256").hexdigest()

    def _set_cookie(self, request: Request, response: Response, value: str, age_s: int) -> None:
        # A frame of another site gets no Lax cookie, and a third-party one only partitioned.
        site = "SameSite=Lax"
        if self._embedded:
            site = "SameSite=None; Secure; Partitioned"
        elif request.url.scheme == "https":
            site += "; Secure"
        response.headers["Set-Cookie"] = (
            f"{self._cookie}={value}; Path=/; Max-Age={age_s}; HttpOnly; {site}"
        )


async def _read_password(request: Request) -> str:
    """The field `password` of a form; empty when there is none or the body is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            return ""
    fields = parse_qs(body.decode("utf-8", "replace"))
    return fields.get("password", [""])[0]


def _name_client(request: Request) -> str:
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6 and not address.ipv4_mapped:
        # One household has a whole /64 of them.
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
