"""The parts together: files stay where they are, downloads, opening, start and stop."""

import io
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from starlette.testclient import TestClient

from gemma_garage.address import check_address, listen, wait_for_answer
from gemma_garage.errors import AccessError
from gemma_garage.garage import Garage
from gemma_garage.schema import (
    BatchRow,
    Dataset,
    Document,
    Example,
    ExamQuestion,
    ExamResult,
    Export,
    Job,
    Run,
)
from gemma_garage.server import build_app
from gemma_garage.settings import Settings
from tests.serving import list_routes, make_client, open_home, run_app


class Opened(NamedTuple):
    garage: Garage
    app: Any
    client: TestClient


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    garage = open_home(tmp_path_factory.mktemp("server") / "home")
    with run_app(garage) as (app, client):
        yield Opened(garage, app, client)
    garage.close()


SECRETS = ("/etc/passwd", "garage.db", "secret", "documents/1/manual.pdf", "exports/1/a.zip")


FILE_INPUTS = {"file", "uploadbutton", "image", "gallery", "multimodaltextbox", "chatbot"}


def write_secrets(garage: Garage) -> list[str]:
    paths = [
        Path(name) if name.startswith("/") else garage.workspace.home / name for name in SECRETS
    ]
    for path in paths[2:]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("confidential")
    return [str(path) for path in paths]


def list_files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def name_file(path: str) -> dict[str, Any]:
    return {"path": path, "orig_name": "x.txt", "meta": {"_type": "gradio.FileData"}}


def test_no_endpoint_takes_a_file_of_the_server(opened: Opened) -> None:
    garage, _, client = opened
    endpoints = client.get("/gradio_api/info").json()["named_endpoints"]
    names = [name for name in endpoints if name.startswith(("/take", "/give"))]
    assert len(names) == 18
    before = list_files(garage.workspace.uploads)
    for path in write_secrets(garage):
        one = name_file(path)
        crafted: list[Any] = [one]
        if path == SECRETS[0]:
            crafted += [[one], {"text": "", "files": [one]}, [{"image": one, "caption": None}]]
            crafted.append([{"role": "user", "content": [{"type": "file", "file": one}]}])
        for name in names:
            for data in crafted:
                answer = client.post(f"/gradio_api/run{name}", json={"data": [data]})
                assert answer.status_code >= 400, (name, data, answer.text)
                assert "confidential" not in answer.text
    assert list_files(garage.workspace.uploads) == before


def test_the_real_page_takes_no_file_of_the_server(home: Path) -> None:
    garage = open_home(home)
    asked = 0
    with run_app(garage, real_page=True) as (_, client):
        config = client.get("/config").json()
        kinds = {component["id"]: component["type"] for component in config["components"]}
        for event in config["dependencies"]:
            takes = [kinds[source] in FILE_INPUTS for source in event["inputs"]]
            if not (any(takes) and event["backend_fn"]):
                continue
            asked += 1
            for crafted in (name_file("/etc/passwd"), [name_file("/etc/passwd")]):
                data = [crafted if is_file else None for is_file in takes]
                body = {"fn_index": event["id"], "data": data, "session_hash": "x"}
                answer = client.post("/gradio_api/run/predict", json=body)
                assert answer.status_code >= 400, (event["api_name"], answer.text)
                assert list_files(garage.workspace.uploads) == set()
        assert garage.store.documents(garage.store.projects()[0].id) == []
    garage.close()
    assert asked > 0


def test_an_uploaded_file_is_taken(opened: Opened) -> None:
    garage, _, client = opened
    upload = client.post("/gradio_api/upload", files={"files": ("note.txt", b"mine")})
    [path] = upload.json()
    assert Path(path).is_relative_to(garage.workspace.uploads)
    answer = client.post("/gradio_api/run/take_0", json={"data": [name_file(path)]})
    assert answer.status_code == 200


def test_no_address_reads_a_private_file(opened: Opened) -> None:
    garage, _, client = opened
    for path in [
        *write_secrets(garage),
        str(Path(__file__)),
        str(garage.workspace.home / "uploads"),
    ]:
        for way in ("file=", "file/"):
            assert client.get(f"/gradio_api/{way}{path}").status_code in (403, 404), path
        dotted = f"{garage.workspace.uploads}/../{Path(path).name}"
        assert client.get(f"/gradio_api/file={dotted}").status_code in (403, 404)


def test_an_upload_far_over_the_limit_is_refused(home: Path) -> None:
    garage = open_home(home, GEMMA_GARAGE_MAX_UPLOAD_MB="1")
    with run_app(garage) as (_, client):
        for megabytes, status in ((2, 200), (6, 413)):
            files = {"files": ("big.bin", b"0" * megabytes * 1_000_000)}
            assert client.post("/gradio_api/upload", files=files).status_code == status
    garage.close()


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/redoc",
        "/openapi.json",
        "/gradio_api/deep_link?session_hash=1",
        "/gradio_api/file=http://127.0.0.1:1/",
        "/gradio_api/mcp/schema",
        "/gradio_api/proxy=http://127.0.0.1:1/",
        "/gradio_api/run-history/records",
        "/gradio_api/runs",
        "/login",
        "/logout",
        "/monitoring",
    ],
)
def test_what_the_page_does_not_need_is_closed(opened: Opened, path: str) -> None:
    assert opened.client.get(path).status_code == 404


def test_the_page_names_no_space_and_no_footer(opened: Opened) -> None:
    config = opened.client.get("/config").json()
    assert config["space_id"] is None
    assert config["footer_links"] == []


counter = itertools.count(1)


def add_export(garage: Garage, path: str | None) -> int:
    project_id = garage.store.ensure_project(f"Exports {next(counter)}").id
    dataset = Dataset(project_id=project_id, version=1, path="datasets/1", fingerprint="0")
    dataset = garage.store.add(dataset)
    run = Run(project_id=project_id, dataset_id=dataset.id, number=1, base_model="tiny")
    run = garage.store.add(run)
    return garage.store.add(Export(run_id=run.id, kind="adapter", path=path)).id


def test_an_export_is_downloaded_under_its_name(opened: Opened) -> None:
    garage = opened.garage
    file = garage.workspace.export(1) / "pump adapter.zip"
    file.write_bytes(b"PK")
    export_id = add_export(garage, garage.workspace.relative(file))
    answer = opened.client.get(f"/files/{export_id}")
    assert answer.content == b"PK"
    assert "attachment" in answer.headers["content-disposition"]
    assert "pump%20adapter.zip" in answer.headers["content-disposition"]


@pytest.mark.parametrize("path", [None, "garage.db", "../x", "/etc/passwd", "exports/9/gone.zip"])
def test_only_a_file_among_the_exports_is_downloaded(opened: Opened, path: str | None) -> None:
    assert opened.client.get(f"/files/{add_export(opened.garage, path)}").status_code == 404


def test_an_export_that_is_a_link_out_of_the_home_is_not_downloaded(
    opened: Opened,
) -> None:
    garage = opened.garage
    link = garage.workspace.export(1) / "link.zip"
    link.symlink_to("/etc/passwd")
    export_id = add_export(garage, "exports/1/link.zip")
    assert opened.client.get(f"/files/{export_id}").status_code == 404


def test_the_log_of_a_run_is_downloaded_and_can_do_nothing_in_a_browser(opened: Opened) -> None:
    garage = opened.garage
    add_export(garage, None)
    run = garage.store.runs(garage.store.projects()[-1].id)[0]
    log = garage.workspace.run(run.id) / "log.jsonl"
    assert opened.client.get(f"/files/runs/{run.id}/log.jsonl").status_code == 404
    log.write_text('{"message": "<script>alert(1)</script>"}\n', encoding="utf-8")
    answer = opened.client.get(f"/files/runs/{run.id}/log.jsonl")
    assert answer.content == log.read_bytes()
    assert "run-1-log.jsonl" in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment")
    log.unlink()
    log.symlink_to("/etc/passwd")
    assert opened.client.get(f"/files/runs/{run.id}/log.jsonl").status_code == 404
    assert opened.client.get("/files/runs/999/log.jsonl").status_code == 404
    assert not (garage.workspace.runs / "999").exists()


def test_the_answers_of_a_file_are_downloaded_as_two_kinds(opened: Opened) -> None:
    store = opened.garage.store
    payload = {"names": ["base"], "titles": {"base": "Base"}}
    job = store.add(Job(kind="batch", lane="gpu", payload=payload)).id
    said = {"text": "=1+1", "matches": None, "f1": None, "problems": None}
    row = BatchRow(job_id=job, number=1, prompt="Who?", answers={"base": said}, is_answered=True)
    store.add_batch_rows([row])
    table = opened.client.get(f"/files/batches/{job}.csv")
    assert table.content.startswith(b"\xef\xbb\xbfnumber,prompt,reference,problem,Base")
    assert "'=1+1" in table.text  # no spreadsheet runs it
    lines = opened.client.get(f"/files/batches/{job}.jsonl")
    assert lines.json()["answers"]["base"]["text"] == "=1+1"
    for answer in (table, lines):
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]
    other = store.add(Job(kind="train", lane="gpu")).id
    for path in (f"{job}.pdf", f"{other}.csv", "999.csv"):
        assert opened.client.get(f"/files/batches/{path}").status_code == 404


def test_an_exam_is_downloaded_as_a_table_and_as_a_page_that_can_do_nothing(opened: Opened) -> None:
    garage = opened.garage
    add_export(garage, None)
    run = garage.store.runs(garage.store.projects()[-1].id)[0]
    question = ExamQuestion(
        dataset_id=run.dataset_id, kind="own", question="<script>alert(1)</script>", answer="x"
    )
    garage.store.add_exam_questions([question])
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=run.id, question_id=question.id, subject="base", answer="x", correct=True
            )
        ]
    )
    table = opened.client.get(f"/files/runs/{run.id}/exam.csv")
    assert table.content.startswith(b"\xef\xbb\xbfrun,kind,question")
    page = opened.client.get(f"/files/runs/{run.id}/exam.html")
    assert "<script>" not in page.text and "&lt;script&gt;" in page.text
    for answer in (table, page):
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]
    assert opened.client.get(f"/files/runs/{run.id}/exam.pdf").status_code == 404
    assert opened.client.get("/files/runs/999/exam.csv").status_code == 404


def test_a_dataset_is_downloaded_in_the_form_that_is_asked_for(opened: Opened) -> None:
    from gemma_garage.augment.dataset import freeze

    garage = opened.garage
    project_id = garage.store.ensure_project("To download").id
    rows = [
        Example(
            project_id=project_id,
            question=f"What is part {number}?",
            answer=f"part {number}",
            status="accepted",
        )
        for number in range(12)
    ]
    garage.store.add_examples(rows)
    dataset = freeze(garage, project_id)
    answer = opened.client.get(f"/files/datasets/{dataset.id}/question-answer.csv")
    assert answer.status_code == 200
    assert "to-download-v1-question-answer.csv.zip" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert b"What is part 7?,part 7,factual" in archive.read("train.csv")
    for path in (f"{dataset.id}/messages.exe", f"{dataset.id}/..%2Fgarage.db", "999/messages.csv"):
        assert opened.client.get(f"/files/datasets/{path}").status_code == 404, path


def test_an_unknown_export_is_not_found(opened: Opened) -> None:
    assert opened.client.get("/files/99").status_code == 404
    assert opened.client.get("/files/..%2Fgarage.db").status_code == 404


def add_document(garage: Garage, name: str, kind: str, content: bytes = b"x") -> int:
    document = garage.store.add(
        Document(
            project_id=garage.store.ensure_project("Documents").id,
            name=name,
            sha256=f"{next(counter):064}",
            format=kind,
            size_bytes=len(content),
            path="",
            status="ready",
        )
    )
    file = garage.workspace.document(document.id) / name
    file.write_bytes(content)
    garage.store.update(Document, document.id, path=garage.workspace.relative(file))
    return document.id


def test_a_pdf_opens_in_the_browser_and_can_do_nothing_there(opened: Opened) -> None:
    content = b"%PDF-1.7 <script>alert(1)</script>"
    answer = opened.client.get(
        f"/files/documents/{add_document(opened.garage, 'Pump ä.pdf', 'pdf', content)}"
    )
    assert answer.content == content
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("name", "kind"), [("a.html", "html"), ("a.svg", "image"), ("a.md", "md")])
def test_any_other_document_is_only_downloaded(opened: Opened, name: str, kind: str) -> None:
    document_id = add_document(opened.garage, name, kind, b"<script>alert(1)</script>")
    answer = opened.client.get(f"/files/documents/{document_id}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["", "garage.db", "../x", "/etc/passwd", "documents/1/manual.pdf", "exports/1/a.zip"]
)
def test_a_document_gives_out_no_file_but_its_own(opened: Opened, path: str) -> None:
    write_secrets(opened.garage)
    add_document(opened.garage, "first.pdf", "pdf")
    document_id = add_document(opened.garage, "mine.pdf", "pdf")
    opened.garage.store.update(Document, document_id, path=path)
    assert opened.client.get(f"/files/documents/{document_id}").status_code == 404


def test_a_document_that_is_a_link_or_gone_or_unknown_is_not_sent(opened: Opened) -> None:
    garage = opened.garage
    document_id = add_document(garage, "link.pdf", "pdf")
    file = garage.workspace.document(document_id) / "link.pdf"
    file.unlink()
    assert opened.client.get(f"/files/documents/{document_id}").status_code == 404
    file.symlink_to("/etc/passwd")
    assert opened.client.get(f"/files/documents/{document_id}").status_code == 404
    assert opened.client.get("/files/documents/9999").status_code == 404
    assert opened.client.get("/files/documents/..%2F1").status_code == 404


def test_all_routes_are_seen_by_the_tests(opened: Opened) -> None:
    paths = {path for _, path in list_routes(opened.app)}
    assert {
        "/healthz",
        "/files/1",
        "/files/runs/1/log.jsonl",
        "/files/runs/1/exam.1",
        "/files/batches/1.1",
        "/files/documents/1",
        "/config",
        "/theme.css",
        "/gradio_api/queue/join",
    } <= paths
    assert len(paths) > 60


def test_while_the_page_is_built_the_server_says_so(
    garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = build_app(garage)
    client = make_client(app)  # without its lifespan nothing is built
    page = client.get("/")
    assert page.status_code == 200
    assert "is opening" in page.text and 'http-equiv="refresh"' in page.text
    assert client.get("/healthz").status_code == 503
    monkeypatch.setattr("gemma_garage.opening.LONGEST_WAIT_S", 0.01)
    assert client.get("/config").status_code == 503


def test_a_page_that_cannot_be_built_says_so(
    garage: Garage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("no page today")

    monkeypatch.setattr("gemma_garage.server._mount_page", break_down)
    app = build_app(garage)
    with make_client(app) as client:
        assert isinstance(app.state.page.opened.exception(timeout=10), RuntimeError)
        assert client.get("/").status_code == 500
        assert client.get("/healthz").json() == {"status": "broken"}


def settings(**values: Any) -> Settings:
    return Settings(home=Path("unused"), **values)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "garage.example"])
def test_another_address_needs_a_password(host: str) -> None:
    with pytest.raises(AccessError, match="GEMMA_GARAGE_PASSWORD"):
        check_address(settings(host=host))
    with pytest.raises(AccessError, match=r"has 7 characters.*at least 8"):
        check_address(settings(host=host, password="1234567"))
    check_address(settings(host=host, password="12345678"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_needs_none(host: str) -> None:
    check_address(settings(host=host))


def test_a_proxy_that_is_no_address_is_refused() -> None:
    check_address(settings(trusted_proxies=("172.17.0.0/16", "*", "::1")))
    with pytest.raises(AccessError, match="'nginx'"):
        check_address(settings(trusted_proxies=("nginx",)))


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(AccessError, match=f"Port {port} is taken.*--port {port + 1}"):
            listen(settings(port=port))


def test_an_address_of_another_machine_is_explained() -> None:
    with pytest.raises(AccessError, match=r"192\.0\.2\.1, port 7860, cannot be listened on"):
        listen(settings(host="192.0.2.1", password="12345678"))


def test_nothing_is_announced_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemma_garage.address.LONGEST_WAIT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr("gemma_garage.address.ANSWER_WITHIN_S", 0.1)
        assert wait_for_answer(*listener.getsockname(), "/healthz") is None


@pytest.mark.slow
def test_the_command_opens_the_page_and_stops_on_sigterm(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gemma_garage", "serve", "--port", str(port)]
    environment = os.environ | {"GEMMA_GARAGE_HOME": str(tmp_path / "home")}
    environment.pop("GEMMA_GARAGE_PASSWORD", None)
    with subprocess.Popen(
        [*command], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 120
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    if httpx.get(url + "/healthz").status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                time.sleep(0.2)
            page = httpx.get(url + "/")
            assert "window.gradio_config" in page.text
            with httpx.stream("GET", url + "/gradio_api/heartbeat/test") as endless:
                next(endless.iter_text())
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 0
        assert process.stderr is not None
        messages = process.stderr.read()
    assert f"ready at {url}" in messages
    assert "Traceback" not in messages
