"""Who may enter: this machine, the signed-in, nobody else's page, and no route is forgotten."""

import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from gemma_garage.guard import Guard
from gemma_garage.signin import SignIn
from tests.serving import (
    ADDRESS,
    PASSWORD,
    QUIET_TENSORBOARD,
    list_routes,
    make_client,
    open_home,
    run_app,
)

EVIL = "https://evil.example"
SOCKET = "ws://127.0.0.1:7860/ws"

pytestmark = pytest.mark.filterwarnings(QUIET_TENSORBOARD)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """The app behind the guard: says whom and what it saw."""
    if scope["type"] == "websocket":
        opened = WebSocket(scope, receive, send)
        await opened.accept()
        await opened.close()
        return
    seen = f"{scope['client'][0]} {scope['scheme']} {dict(scope['headers']).get(b'host')!r}"
    forwarded = [name for name, _ in scope["headers"] if b"forwarded" in name]
    await PlainTextResponse(f"{seen} {forwarded}")(scope, receive, send)


def guard(**options: Any) -> Guard:
    return Guard(answer, **{"admits": None, **options})


def lock() -> SignIn:
    return SignIn(PASSWORD, b"0" * 32)


def sign(sign_in: SignIn) -> dict[str, str]:
    """The header of a browser that signed in."""
    app = Guard(_serve_sign_in(sign_in), admits=sign_in.admits)
    response = make_client(app).post("/signin", data={"password": PASSWORD})
    assert response.status_code == 303
    return {"cookie": response.headers["set-cookie"].split(";")[0]}


def _serve_sign_in(sign_in: SignIn) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Route

    return Starlette(routes=[Route("/signin", sign_in.answer, methods=["GET", "POST"])])


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:7860",
        "http://localhost:7860",
        "http://LOCALHOST",
        "http://[::1]:7860",
        "http://127.0.0.1",
    ],
)
def test_without_a_password_this_machine_enters(address: str) -> None:
    client = make_client(guard(), address)
    assert client.get("/").status_code == 200
    assert client.post("/x", headers={"origin": address}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.1.5:7860",
        "127.0.0.1:7860.evil.example",
        "0.0.0.0:7860",
        "",
    ],
)
def test_without_a_password_no_other_name_is_answered(host: str) -> None:
    response = make_client(guard()).get("/", headers={"host": host})
    assert response.status_code == 403
    assert "GEMMA_GARAGE_PASSWORD" in response.text


@pytest.mark.parametrize("peer", ["192.168.1.9", "10.0.0.1", "2001:db8::1", "testclient"])
def test_without_a_password_no_other_machine_is_answered(peer: str) -> None:
    response = make_client(guard(), client=peer).get("/")
    assert response.status_code == 403
    assert peer in response.text


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_every_loopback_address_is_this_machine(peer: str) -> None:
    assert make_client(guard(), client=peer).get("/").status_code == 200


def test_without_a_password_nothing_comes_in_through_a_proxy() -> None:
    for name in ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"):
        response = make_client(guard()).get("/", headers={name: "203.0.113.9"})
        assert response.status_code == 403, name
        assert "through a proxy" in response.text


def test_an_allowed_host_is_answered_from_this_machine_only() -> None:
    app = guard(allowed_hosts=("box-7860.proxy.example",))
    headers = {"host": "box-7860.proxy.example", "x-forwarded-for": "203.0.113.9"}
    assert make_client(app).get("/", headers=headers).status_code == 200
    origin = {"origin": "https://box-7860.proxy.example"}
    assert make_client(app).post("/", headers=headers | origin).status_code == 200
    assert make_client(app).post("/", headers=headers | {"origin": EVIL}).status_code == 403
    assert make_client(app, client="10.0.0.1").get("/", headers=headers).status_code == 403
    assert make_client(app).get("/", headers={"host": "other.example"}).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        "null",
        "http://127.0.0.1:1",
        "http://localhost:7860",
        "http://127.0.0.1:7860.evil.example",
    ],
)
def test_no_other_site_sends_requests(method: str, origin: str) -> None:
    headers = {"origin": origin, "access-control-request-method": "POST"}
    response = make_client(guard()).request(method, "/gradio_api/queue/join", headers=headers)
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


def test_no_other_site_sends_requests_of_the_signed_in() -> None:
    sign_in = lock()
    client = make_client(guard(admits=sign_in.admits), "https://garage.example")
    cookie = sign(sign_in)
    assert client.get("/", headers=cookie).status_code == 200
    own = {"origin": "https://garage.example:443"}
    assert client.post("/", headers=cookie | own).status_code == 200
    assert client.post("/", headers=cookie | {"origin": EVIL}).status_code == 403
    assert client.post("/signin", headers={"origin": EVIL}).status_code == 403


def test_no_other_site_embeds_what_is_here() -> None:
    client = make_client(guard())
    image = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert client.get("/files/1", headers=image).status_code == 403
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    response = client.get("/", headers=link)
    assert response.status_code == 200
    assert response.headers["content-security-policy"] == "frame-ancestors 'self'"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_websocket_is_guarded_too() -> None:
    with pytest.raises(WebSocketDisconnect):
        with make_client(guard()).websocket_connect(SOCKET, headers={"origin": EVIL}):
            pass
    with pytest.raises(WebSocketDisconnect):
        with make_client(guard(admits=lock().admits)).websocket_connect(SOCKET):
            pass
    with make_client(guard()).websocket_connect(SOCKET, headers={"origin": ADDRESS}):
        pass


def test_a_refused_websocket_is_no_error_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    app = guard(admits=lock().admits)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            address = "ws://{}:{}/ws".format(*listener.getsockname())
            for headers in ({}, {"Origin": EVIL}, {"Cookie": "gemma-garage=1.x"}):
                with pytest.raises(InvalidStatus) as refused:
                    connect(address, additional_headers=headers, proxy=None)
                assert refused.value.response.status_code == 403
        finally:
            server.should_exit = True
            thread.join(timeout=30)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_unknown_proxy_is_not_believed() -> None:
    sign_in = lock()
    app = guard(admits=sign_in.admits, trusted_proxies=("172.17.0.0/16",))
    forwarded = {
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "evil.example",
    }
    client = make_client(app, "http://garage.example", client="10.0.0.1")
    response = client.get("/", headers=sign(sign_in) | forwarded)
    assert response.text == "10.0.0.1 http b'garage.example' []"


def test_a_trusted_proxy_is_believed_but_not_what_the_client_told_it() -> None:
    sign_in = lock()
    app = guard(admits=sign_in.admits, trusted_proxies=("172.17.0.0/16",))
    forwarded = {
        "x-forwarded-for": "127.0.0.1, 203.0.113.9, 172.17.0.4",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "garage.example",
    }
    client = make_client(app, "http://app:7860", client="172.17.0.1")
    response = client.get("/", headers=sign(sign_in) | forwarded)
    assert response.text.startswith("203.0.113.9 https b'garage.example'")
    own = {"origin": "https://garage.example"}
    assert client.post("/", headers=sign(sign_in) | forwarded | own).status_code == 200


def test_a_page_goes_to_sign_in_and_back() -> None:
    client = make_client(guard(admits=lock().admits))
    response = client.get("/?view=train", headers={"accept": "text/html"})
    assert response.status_code == 303
    assert response.headers["location"] == "./signin?next=%2F%3Fview%3Dtrain"
    deep = client.get("/a/b/c", headers={"accept": "text/html"})
    assert deep.headers["location"] == "../../signin?next=%2Fa%2Fb%2Fc"
    assert client.post("/", headers={"accept": "text/html"}).status_code == 401


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, TestClient]]:
    home = tmp_path_factory.mktemp("guard") / "home"
    garage = open_home(home, GEMMA_GARAGE_PASSWORD=PASSWORD)
    with run_app(garage) as pair:
        yield pair
    garage.close()


def test_no_route_is_open_without_sign_in(locked: tuple[Any, TestClient]) -> None:
    app, client = locked
    routes = list_routes(app) | {
        ("GET", path)
        for path in (
            "/tensorboard/",
            "/tensorboard/data/runs",
            "/files/1",
            "/theme.css",
            "/assets/index.js",
            "/static/img/logo.svg",
            "/gradio_api/file=/etc/passwd",
            "/gradio_api/startup-events",
            "/signin/",
            "/healthz/",
            "//healthz",
            "/nothing",
        )
    }
    assert len(routes) > 80
    for method, path in sorted(routes):
        if path in ("/healthz", "/signin"):
            continue
        for accept in ("*/*", "text/html"):
            response = client.request(method, path, headers={"accept": accept})
            redirected = (
                response.status_code == 303 and "signin?next=" in response.headers["location"]
            )
            assert response.status_code == 401 or redirected, (method, path, response.status_code)
            assert redirected is False or method in ("GET", "HEAD")


@pytest.mark.parametrize(
    "path", ["/gradio_api/info", "/config", "/tensorboard/", "/files/1", "/theme.css", "/assets/x"]
)
def test_what_is_no_page_answers_401(locked: tuple[Any, TestClient], path: str) -> None:
    assert locked[1].get(path, headers={"accept": "text/html"}).status_code == 401


def test_health_is_open_and_tells_nothing(locked: tuple[Any, TestClient]) -> None:
    assert locked[1].get("/healthz").json() == {"status": "ready"}


def test_after_sign_in_all_is_open(locked: tuple[Any, TestClient]) -> None:
    _, client = locked
    response = client.post("/signin?next=/tensorboard/", data={"password": PASSWORD})
    assert response.headers["location"] == "./tensorboard/"
    cookie = {"cookie": response.headers["set-cookie"].split(";")[0]}
    client.cookies.clear()
    for path in ("/", "/config", "/theme.css", "/tensorboard/data/environment"):
        assert client.get(path, headers=cookie).status_code == 200, path
    assert client.get("/files/1", headers=cookie).status_code == 404
    assert client.post("/signout", headers=cookie).headers["location"] == "./signin"
