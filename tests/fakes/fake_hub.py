"""A Hugging Face Hub on the loopback, as far as the real client asks: sign in, make, push, fetch.

Everything is in memory. `refuse` makes the next answers to a path fail; `requests` is what came
in. Xet is not offered, so the client has to use plain LFS (`use_fake_hub` switches Xet off).
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

COMMIT = "c0ffee00" * 5
DATASETS = "datasets/"  # in front of a dataset's name in `FakeHub.repos`
_LARGE = (".safetensors", ".parquet")


@dataclass
class FakeRepo:
    private: bool = False
    gated: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    branches: dict[str, dict[str, bytes]] = field(default_factory=dict)  # beside main
    card: dict[str, Any] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)


@dataclass
class FakeHub:
    """The state of the fake; tests write to it and read it."""

    url: str = ""
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)  # token → (user, role)
    repos: dict[str, FakeRepo] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    refusals: list[tuple[str, int, dict[str, str]]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def refuse(self, path: str, status: int, **headers: str) -> None:
        """Answer `status` to every request whose path has `path` in it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.refusals.append((path, status, named))

    def seen(self, part: str) -> int:
        return sum(part in request for request in self.requests)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_GET

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._read_chunks()
        parts = urlsplit(self.path)
        self.hub.requests.append(f"{self.command} {unquote(self.path)}")
        for path, status, headers in self.hub.refusals:
            if path in parts.path:
                return self._answer(status, {"error": "as the test wants"}, headers)
        for method, pattern, verb in _ROUTES:
            match = re.fullmatch(pattern, parts.path)
            if match and self.command in method.split():
                arguments = [unquote(group) for group in match.groups()]
                return getattr(self, verb)(body, parse_qs(parts.query), *arguments)
        return self._answer(404, {"error": f"the fake has no {self.command} {parts.path}"})

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().strip(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(
        self, status: int, value: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(data))} | (
            headers or {}
        )
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    # ── who ──────────────────────────────────────────────────────────────────────────────────

    def _user(self) -> tuple[str, str] | None:
        return self.hub.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))

    def _may(self, repo_id: str, *, write: bool = False) -> FakeRepo | None:
        """The repository if the sender may; else the refusal has been sent."""
        user, repo = self._user(), self.hub.repos.get(repo_id)
        owns = user is not None and repo_id.removeprefix(DATASETS).startswith(f"{user[0]}/")
        if repo is None or (repo.private and not owns):
            self._answer(404, {"error": "not found"}, {"X-Error-Code": "RepoNotFound"})
        elif repo.gated and user is None:
            self._answer(401, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
        elif write and (not owns or user is None or user[1] != "write"):
            self._answer(403, {"error": "no"}, {"X-Error-Message": "you may not write here"})
        else:
            return repo
        return None

    def whoami(self, _body: bytes, _query: Any) -> None:
        user = self._user()
        if user is None:
            return self._answer(401, {"error": "Invalid credentials"})
        token = {"accessToken": {"role": user[1]}}
        return self._answer(200, {"type": "user", "name": user[0], "orgs": [], "auth": token})

    # ── repositories ─────────────────────────────────────────────────────────────────────────

    def create(self, body: bytes, _query: Any) -> None:
        user, wish = self._user(), json.loads(body)
        if user is None or user[1] != "write":
            return self._answer(403, {"error": "no"}, {"X-Error-Message": "read-only token"})
        repo_id = f"{wish.get('organization') or user[0]}/{wish['name']}"
        repo_id = (DATASETS if wish.get("type") == "dataset" else "") + repo_id
        url = f"{self.hub.url}/{repo_id}"
        if repo_id in self.hub.repos:
            return self._answer(409, {"error": "You already created this repo", "url": url})
        self.hub.repos[repo_id] = FakeRepo(private=wish.get("visibility") == "private")
        return self._answer(200, {"url": url})

    def _at(self, repo: FakeRepo, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Commit and files at that branch or commit; else the refusal has been sent."""
        for branch, files in repo.branches.items():
            commit = hashlib.sha1(branch.encode()).hexdigest()
            if revision in (branch, commit):
                return commit, files
        if revision.startswith("refs/"):
            self._answer(404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"})
            return None
        return COMMIT, repo.files

    def info(self, _body: bytes, query: Any, repo_id: str, revision: str = "main") -> None:
        if (repo := self._may(repo_id)) is None or (found := self._at(repo, revision)) is None:
            return None
        sized = "blobs" in query
        siblings = [
            {"rfilename": name} | ({"size": len(data)} if sized else {})
            for name, data in found[1].items()
        ]
        name = repo_id.removeprefix(DATASETS)
        answer = {"id": name, "modelId": name, "sha": found[0], "private": repo.private}
        about = {"siblings": siblings, "tags": [], "gated": repo.gated, "cardData": repo.card}
        return self._answer(200, answer | about)

    def tree(self, _body: bytes, _query: Any, repo_id: str, revision: str) -> None:
        if (repo := self._may(repo_id)) is None or (found := self._at(repo, revision)) is None:
            return None
        return self._answer(
            200,
            [
                {"type": "file", "path": name, "size": len(data), "oid": _git_sha(data)}
                for name, data in found[1].items()
            ],
        )

    def resolve(self, _body: bytes, _query: Any, repo_id: str, revision: str, path: str) -> None:
        if (repo := self._may(repo_id)) is None or (found := self._at(repo, revision)) is None:
            return None
        data = found[1].get(path)
        if data is None:
            return self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        headers = {"X-Repo-Commit": found[0], "ETag": f'"{_git_sha(data)}"'}
        start = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if start and self.command == "GET":
            first = int(start.group(1))
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            return self._answer(206, data[first:], headers)
        return self._answer(200, data, headers)

    # ── pushing ──────────────────────────────────────────────────────────────────────────────

    def validate(self, _body: bytes, _query: Any) -> None:
        self._answer(200, {"errors": [], "warnings": []})

    def preupload(self, body: bytes, _query: Any, repo_id: str, _revision: str) -> None:
        if self._may(repo_id, write=True) is None:
            return
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(_LARGE) else "regular",
                "shouldIgnore": False,
            }
            for file in json.loads(body)["files"]
        ]
        self._answer(200, {"files": files})

    def lfs_batch(self, body: bytes, _query: Any, repo_id: str) -> None:
        if self._may(repo_id, write=True) is None:
            return
        objects = []
        for wanted in json.loads(body)["objects"]:
            upload = {"href": f"{self.hub.url}/lfs/{wanted['oid']}"}
            actions = {} if wanted["oid"] in self.hub.blobs else {"actions": {"upload": upload}}
            objects.append(wanted | actions)
        self._answer(200, {"transfer": "basic", "objects": objects})

    def lfs_put(self, body: bytes, _query: Any, oid: str) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            return self._answer(400, {"error": "the sum does not fit"})
        self.hub.blobs[oid] = body
        return self._answer(200, b"")

    def commit(self, body: bytes, _query: Any, repo_id: str, _revision: str) -> None:
        if (repo := self._may(repo_id, write=True)) is None:
            return None
        for line in body.decode().splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "header":
                repo.commits.append(value["summary"])
            elif entry["key"] == "file":
                repo.files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                repo.files[value["path"]] = self.hub.blobs[value["oid"]]
        url = f"{self.hub.url}/{repo_id}/commit/{COMMIT}"
        return self._answer(200, {"commitOid": COMMIT, "commitUrl": url, "success": True})


_ID = r"([^/]+/[^/]+)"
_DATASET = rf"({DATASETS}[^/]+/[^/]+)"
_ROUTES = [
    ("GET", r"/api/whoami-v2", "whoami"),
    ("POST", r"/api/repos/create", "create"),
    ("POST", r"/api/validate-yaml", "validate"),
    ("GET", rf"/api/models/{_ID}", "info"),
    ("GET", rf"/api/models/{_ID}/revision/([^/]+)", "info"),
    ("GET", rf"/api/models/{_ID}/tree/([^/]+)", "tree"),
    ("POST", rf"/api/models/{_ID}/preupload/([^/]+)", "preupload"),
    ("POST", rf"/api/models/{_ID}/commit/([^/]+)", "commit"),
    ("POST", rf"/{_ID}\.git/info/lfs/objects/batch", "lfs_batch"),
    ("PUT", r"/lfs/([0-9a-f]{64})", "lfs_put"),
    ("GET HEAD", rf"/{_ID}/resolve/([^/]+)/(.+)", "resolve"),
    ("GET", rf"/api/{_DATASET}", "info"),
    ("GET", rf"/api/{_DATASET}/revision/([^/]+)", "info"),
    ("GET", rf"/api/{_DATASET}/tree/([^/]+)", "tree"),
    ("POST", rf"/api/{_DATASET}/preupload/([^/]+)", "preupload"),
    ("POST", rf"/api/{_DATASET}/commit/([^/]+)", "commit"),
    ("POST", rf"/{_DATASET}\.git/info/lfs/objects/batch", "lfs_batch"),
    ("GET HEAD", rf"/{_DATASET}/resolve/([^/]+)/(.+)", "resolve"),
]


def _git_sha(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@contextmanager
def serve_fake_hub() -> Iterator[FakeHub]:
    """Run a fresh fake on a free port of 127.0.0.1 for the block."""
    hub = FakeHub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def use_fake_hub() -> Iterator[FakeHub]:
    """`serve_fake_hub`, and the client in this process talks to it, online and without Xet."""
    from huggingface_hub import constants
    from huggingface_hub.utils import close_session

    with serve_fake_hub() as hub, pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", hub.url)
        patch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            hub.url + "/{repo_id}/resolve/{revision}/{filename}",
        )
        patch.setattr(constants, "HF_HUB_OFFLINE", False)
        patch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        close_session()
        yield hub
        close_session()
