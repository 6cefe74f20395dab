"""The password, the cookie, the pause after wrong guesses."""

import stat
import sys
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from gemma_garage.garage import Garage
from gemma_garage.signin import COOKIE_LIFETIME_S, Guesses, SignIn, read_secret
from tests.serving import PASSWORD, make_client

SECRET = bytes(range(32))


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make_sign_in(clock: Clock, password: str = PASSWORD, **options: Any) -> SignIn:
    options = {"guesses": Guesses(clock), "clock": clock, **options}
    return SignIn(password, SECRET, **options)


def open_form(
    sign_in: SignIn, address: str = "http://127.0.0.1:7860", client: str = "127.0.0.1"
) -> TestClient:
    routes = [
        Route("/signin", sign_in.answer, methods=["GET", "POST"]),
        Route("/signout", sign_in.leave, methods=["POST"]),
    ]
    return make_client(Starlette(routes=routes), address, client)


def enter(sign_in: SignIn, **options: Any) -> str:
    response = open_form(sign_in, **options).post("/signin", data={"password": PASSWORD})
    assert response.status_code == 303
    return response.headers["set-cookie"]


def carry(cookie: str) -> dict[str, Any]:
    return {"type": "http", "headers": [(b"cookie", cookie.split(";")[0].encode())]}


def test_the_form_stands_alone(clock: Clock) -> None:
    page = open_form(make_sign_in(clock)).get("/signin")
    assert page.status_code == 200
    assert 'type="password"' in page.text and "width=device-width" in page.text
    assert "http://" not in page.text and "https://" not in page.text and "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


def test_the_password_opens_for_thirty_days(clock: Clock) -> None:
    sign_in = make_sign_in(clock)
    cookie = enter(sign_in)
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    assert f"Max-Age={COOKIE_LIFETIME_S}" in cookie
    assert PASSWORD not in cookie
    clock.now_s += COOKIE_LIFETIME_S - 1
    assert sign_in.admits(carry(cookie))
    clock.now_s += 1
    assert not sign_in.admits(carry(cookie))


def test_over_https_the_cookie_is_secure(clock: Clock) -> None:
    assert "Secure" in enter(make_sign_in(clock), address="https://garage.example")


def test_in_the_frame_of_a_space_the_cookie_comes_along(clock: Clock) -> None:
    cookie = enter(make_sign_in(clock, embedded=True))
    assert "SameSite=None; Secure; Partitioned" in cookie and "HttpOnly" in cookie


def test_a_wrong_password_gets_no_cookie(clock: Clock) -> None:
    for guess in ("wrong", "", PASSWORD + " ", PASSWORD.upper(), "ü€\x00"):
        sign_in = make_sign_in(clock)
        response = open_form(sign_in).post("/signin", data={"password": guess})
        assert response.status_code == 401
        assert "set-cookie" not in response.headers
        assert "not the password" in response.text
    assert open_form(make_sign_in(clock)).post("/signin").status_code == 401


def test_a_password_may_be_of_any_letters(clock: Clock) -> None:
    sign_in = make_sign_in(clock, "päßwörd & 日本=?")
    response = open_form(sign_in).post("/signin", data={"password": "päßwörd & 日本=?"})
    assert response.status_code == 303


def test_an_endless_password_is_not_read(clock: Clock) -> None:
    response = open_form(make_sign_in(clock)).post("/signin", data={"password": "x" * 100_000})
    assert response.status_code == 401


def test_another_password_or_key_ends_all_cookies(clock: Clock) -> None:
    cookie = enter(make_sign_in(clock))
    assert make_sign_in(clock).admits(carry(cookie)), "a restart does not"
    assert not make_sign_in(clock, "another password").admits(carry(cookie))
    assert not SignIn(PASSWORD, b"1" * 32, clock=clock).admits(carry(cookie))


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "9999999999",
        "9999999999.",
        "9999999999." + "0" * 64,
        "x.y",
        "9999999999.ü",
        "²." + "0" * 64,
    ],
)
def test_a_forged_cookie_is_refused(clock: Clock, value: str) -> None:
    assert not make_sign_in(clock).admits(carry(f"gemma-garage={value}"))


def test_the_time_of_a_cookie_cannot_be_moved(clock: Clock) -> None:
    sign_in = make_sign_in(clock)
    name, _, value = enter(sign_in).split(";")[0].partition("=")
    expires, _, signature = value.partition(".")
    assert not sign_in.admits(carry(f"{name}={int(expires) + 1}.{signature}"))


def test_signing_out_forgets_the_cookie(clock: Clock) -> None:
    response = open_form(make_sign_in(clock)).post("/signout")
    assert response.headers["location"] == "./signin"
    assert "gemma-garage=; Path=/; Max-Age=0" in response.headers["set-cookie"]


@pytest.mark.parametrize(
    ("goal", "location"),
    [
        ("/", "./"),
        ("/?__theme=dark", "./?__theme=dark"),
        ("//evil.example/", ".//evil.example/"),
        ("https://evil.example", "./"),
        ("javascript:alert(1)", "./"),
        ("/\r\nSet-Cookie: a=b", "./%0D%0ASet-Cookie:%20a=b"),
    ],
)
def test_sign_in_never_leads_elsewhere(clock: Clock, goal: str, location: str) -> None:
    client = open_form(make_sign_in(clock))
    response = client.post("/signin", params={"next": goal}, data={"password": PASSWORD})
    assert response.headers["location"] == location
    assert response.url.join(location).host == "127.0.0.1"


def test_three_guesses_are_free_then_the_pause_grows(clock: Clock) -> None:
    guesses = Guesses(clock)
    pauses = []
    for _ in range(14):
        pauses.append(guesses.wait_s("a"))
        guesses.record_wrong("a")
    assert pauses[:6] == [0, 0, 0, 2, 4, 8]
    assert pauses[-1] == 900
    assert guesses.wait_s("b") == 0
    clock.now_s += 900
    assert guesses.wait_s("a") == 0


def test_in_the_pause_even_the_right_password_waits(clock: Clock) -> None:
    sign_in = make_sign_in(clock)
    client = open_form(sign_in)
    for _ in range(3):
        assert client.post("/signin", data={"password": "wrong"}).status_code == 401
    early = client.post("/signin", data={"password": PASSWORD})
    assert early.status_code == 429
    assert early.headers["retry-after"] == "2"
    elsewhere = open_form(sign_in, client="10.0.0.7")
    assert elsewhere.post("/signin", data={"password": PASSWORD}).status_code == 303
    clock.now_s += 2
    assert client.post("/signin", data={"password": PASSWORD}).status_code == 303
    assert client.post("/signin", data={"password": "wrong"}).status_code == 401, "forgotten"


def test_many_addresses_do_not_give_many_guesses(clock: Clock) -> None:
    sign_in = make_sign_in(clock)
    for number in range(60):
        other = open_form(sign_in, client=f"10.0.0.{number}")
        assert other.post("/signin", data={"password": "wrong"}).status_code == 401
    assert open_form(sign_in, client="10.0.1.1").post("/signin").status_code == 429
    clock.now_s += 60
    assert open_form(sign_in, client="10.0.1.1").post("/signin").status_code == 401


def test_a_whole_ipv6_network_is_one_client(clock: Clock) -> None:
    sign_in = make_sign_in(clock)
    for number in range(3):
        open_form(sign_in, client=f"2001:db8::{number}").post("/signin")
    assert open_form(sign_in, client="2001:db8::ffff").post("/signin").status_code == 429
    assert open_form(sign_in, client="2001:db8:0:1::1").post("/signin").status_code == 401


def test_the_key_of_a_home_is_random_lasting_and_private(garage: Garage) -> None:
    key = read_secret(garage.workspace)
    assert len(key) == 32 and len(set(key)) > 8
    assert read_secret(garage.workspace) == key
    if sys.platform != "win32":
        assert stat.S_IMODE(garage.workspace.secret.stat().st_mode) == 0o600
