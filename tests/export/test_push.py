import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemma_garage import hub_tickets
from gemma_garage.errors import ConfigError
from gemma_garage.export import push
from gemma_garage.export.push import submit_push
from gemma_garage.garage import Garage
from gemma_garage.schema import Export, Job, Run
from tests.export.garages import add_run
from tests.fakes.fake_hub import FakeHub, FakeRepo, use_fake_hub

# The client's own LFS upload hands httpx its bytes in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

TOKEN = "hf_aSecretThatNobodyMaySee"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setattr(hub_tickets, "_tokens", {})
    with use_fake_hub() as served:
        served.tokens[TOKEN] = ("ada", "write")
        served.tokens["hf_reads"] = ("ada", "read")
        yield served


@pytest.fixture
def run(garage: Garage, tiny_gemma: Path) -> Run:
    push.register(garage)
    garage.jobs.start()
    return add_run(garage, tiny_gemma)


def _push(garage: Garage, run: Run, name: str = "pump", token: str = TOKEN, **more: bool) -> Job:
    private = more.pop("private", True)
    job_id = submit_push(garage, run.id, name, private, token, **more)
    return garage.jobs.wait(job_id, timeout_s=60)


def test_a_push_makes_a_private_repository_with_the_whole_package(
    garage: Garage, run: Run, fake: FakeHub
) -> None:
    job = _push(garage, run)
    assert job.status == "finished", job.error
    repo = fake.repos["ada/pump"]
    assert repo.private
    assert {"README.md", "LICENSE", "NOTICE", "exam.json", "adapter_config.json"} <= set(repo.files)
    assert b"# pump\n" in repo.files["README.md"]
    assert run.adapter is not None
    weights = garage.workspace.absolute(run.adapter) / "adapter_model.safetensors"
    assert repo.files["adapter_model.safetensors"] == weights.read_bytes()
    export = garage.store.get(Export, job.result["export_id"])
    assert (export.kind, export.url) == ("hub", f"{fake.url}/ada/pump")
    assert export.details["private"] is True


def test_the_token_is_neither_in_the_database_nor_in_the_log(
    garage: Garage, run: Run, fake: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    _push(garage, run)
    with sqlite3.connect(garage.workspace.database) as database:
        dump = "\n".join(database.iterdump())
    database.close()
    assert "push" in dump and TOKEN not in dump
    assert TOKEN not in caplog.text
    assert hub_tickets._tokens == {}


def test_an_existing_repository_gives_the_choice(garage: Garage, run: Run, fake: FakeHub) -> None:
    fake.repos["ada/pump"] = FakeRepo(private=True, files={"README.md": b"mine"})
    job = _push(garage, run)
    assert job.status == "failed"
    assert job.error == ("The repository ada/pump exists. Choose another name or tick 'update it'.")
    assert fake.repos["ada/pump"].files == {"README.md": b"mine"}
    again = _push(garage, run, overwrite=True)
    assert again.status == "finished", again.error
    assert b"# pump\n" in fake.repos["ada/pump"].files["README.md"]


def test_a_private_push_never_goes_to_a_public_repository(
    garage: Garage, run: Run, fake: FakeHub
) -> None:
    fake.repos["ada/pump"] = FakeRepo(private=False, files={"README.md": b"mine"})
    job = _push(garage, run, overwrite=True)
    assert job.status == "failed" and "is public" in str(job.error)
    assert set(fake.repos["ada/pump"].files) == {"README.md"}


def test_a_push_that_broke_after_making_the_repository_goes_on(
    garage: Garage, run: Run, fake: FakeHub
) -> None:
    fake.refuse("/commit/", 403)
    job = _push(garage, run)
    assert job.status == "failed" and fake.repos["ada/pump"].files == {}
    fake.refusals.clear()
    garage.jobs.resume(job.id)
    assert garage.jobs.wait(job.id, timeout_s=60).status == "finished"


def test_after_a_restart_the_token_is_asked_for(garage: Garage, run: Run, fake: FakeHub) -> None:
    fake.refuse("/whoami-v2", 500)
    job = _push(garage, run)
    assert "trouble of its own" in str(job.error)
    fake.refusals.clear()
    hub_tickets._tokens.clear()  # what a new process starts with
    garage.jobs.resume(job.id)
    resumed = garage.jobs.wait(job.id, timeout_s=60)
    assert resumed.status == "failed" and "give the token once more" in str(resumed.error)


@pytest.mark.parametrize(
    ("token", "words"), [("hf_wrong", "refused the token"), ("hf_reads", "right to write")]
)
def test_a_token_that_will_not_do_fails_the_job(
    garage: Garage, run: Run, fake: FakeHub, token: str, words: str
) -> None:
    job = _push(garage, run, token=token)
    assert job.status == "failed" and words in str(job.error)
    assert garage.store.exports(1) == []


def test_without_a_network_the_job_says_so(garage: Garage, run: Run, fake: FakeHub) -> None:
    from huggingface_hub import constants

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
        job = _push(garage, run)
    assert job.status == "failed" and "cannot be reached" in str(job.error)


def test_a_bad_name_or_no_token_is_refused_before_anything(
    garage: Garage, run: Run, fake: FakeHub
) -> None:
    with pytest.raises(ConfigError, match="is no name for a repository"):
        submit_push(garage, run.id, "my gemma!", True, TOKEN)
    with pytest.raises(ConfigError, match="needs a Hugging Face token"):
        submit_push(garage, run.id, "pump", True, "  ")
    assert garage.store.jobs() == [] and fake.requests == []
