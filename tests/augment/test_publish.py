"""A Dataset on the (fake) Hub: what is there, who may see it, and that no secret is."""

import io
import sqlite3
from collections.abc import Iterator

import pytest

from gemma_garage import hub_tickets
from gemma_garage.augment import publish
from gemma_garage.augment.dataset import freeze
from gemma_garage.augment.hub_readme import check_licence
from gemma_garage.augment.publish import publish_dataset, submit_publish
from gemma_garage.errors import ConfigError, HubError
from gemma_garage.garage import Garage
from gemma_garage.hub_errors import NameTaken
from gemma_garage.schema import Dataset, Document, Example, Job
from tests.augment.test_dataset import fill
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
def dataset(garage: Garage) -> Dataset:
    fill(garage, chunks=4, facts=4, wordings=4)
    garage.store.update(Document, 1, name="/home/ada/plans/pump.txt")
    publish.register(garage)
    garage.jobs.start()
    return freeze(garage, 1)


def push_it(garage: Garage, dataset: Dataset, name: str = "pump-qa", **more: object) -> Job:
    wishes = {"licence": "cc-by-4.0", "private": True, "token": TOKEN, **more}
    job_id = submit_publish(garage, dataset.id, name, **wishes)  # type: ignore[arg-type]
    return garage.jobs.wait(job_id, timeout_s=60)


def test_a_push_makes_a_private_dataset_with_rows_and_readme(
    garage: Garage, dataset: Dataset, fake: FakeHub
) -> None:
    from pyarrow import parquet

    job = push_it(garage, dataset)
    assert job.status == "finished", job.error
    assert job.result["url"] == f"{fake.url}/datasets/ada/pump-qa"
    assert (job.result["private"], job.result["rows"]) == (True, 64)
    repo = fake.repos["datasets/ada/pump-qa"]
    assert repo.private
    assert set(repo.files) == {"README.md", "data/train.parquet", "data/test.parquet"}
    train = parquet.read_table(io.BytesIO(repo.files["data/train.parquet"]))
    assert train.num_rows == dataset.counts["train"]
    assert train.column_names == ["messages", "kind", "evidence", "document", "page"]
    assert set(train.column("document").to_pylist()) == {"pump.txt"}
    assert repo.commits == ["my-first-project-v1, made with Gemma Garage"]
    home = str(garage.workspace.home).encode()
    for data in repo.files.values():
        assert home not in data and b"/home/ada" not in data and TOKEN.encode() not in data
    assert list(garage.workspace.dataset_exports(dataset.id).iterdir()) == []


def test_the_readme_has_the_front_matter_the_hub_reads(
    garage: Garage, dataset: Dataset, fake: FakeHub
) -> None:
    import yaml

    assert push_it(garage, dataset, licence="My own: licence #1").status == "finished"
    text = fake.repos["datasets/ada/pump-qa"].files["README.md"].decode()
    _, header, body = text.split("---\n", 2)
    told = yaml.safe_load(header)
    assert (told["license"], told["license_name"]) == ("other", "my-own-licence-1")
    assert told["configs"][0]["data_files"] == [
        {"split": "train", "path": "data/train.parquet"},
        {"split": "test", "path": "data/test.parquet"},
    ]
    assert told["size_categories"] == ["n<1K"]
    assert "| train | 48 |" in body and "My own: licence #1" in body
    assert "No question of the exam and no passage held back stands in train." in body
    push_it(garage, dataset, "open", licence=" CC0-1.0 ", private=False)
    repo = fake.repos["datasets/ada/open"]
    assert not repo.private and b"license: cc0-1.0" in repo.files["README.md"]


def test_preferences_are_pushed_as_a_configuration_of_their_own(
    garage: Garage, dataset: Dataset, fake: FakeHub
) -> None:
    import yaml

    for row in garage.store.examples(1)[0]:
        garage.store.update(Example, row.id, worse="something worse")
    assert push_it(garage, freeze(garage, 1)).status == "finished"
    repo = fake.repos["datasets/ada/pump-qa"]
    assert "data/preferences.parquet" in repo.files
    _, header, body = repo.files["README.md"].decode().split("---\n", 2)
    default, preferred = yaml.safe_load(header)["configs"]
    assert {one["split"] for one in default["data_files"]} == {"train", "test"}
    assert preferred["config_name"] == "preferences"
    assert preferred["data_files"] == [{"split": "train", "path": "data/preferences.parquet"}]
    assert "48 of the rows of train with a worse answer" in body


def test_the_token_is_neither_in_the_database_nor_in_the_log(
    garage: Garage, dataset: Dataset, fake: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    push_it(garage, dataset)
    with sqlite3.connect(garage.workspace.database) as database:
        dump = "\n".join(database.iterdump())
    database.close()
    assert "publish" in dump and TOKEN not in dump
    assert TOKEN not in caplog.text
    assert hub_tickets._tokens == {}


def test_an_existing_dataset_is_left_alone_unless_it_may_be_updated(
    garage: Garage, dataset: Dataset, fake: FakeHub
) -> None:
    fake.repos["ada/pump-qa"] = FakeRepo(files={"README.md": b"a model of that name"})
    fake.repos["datasets/ada/pump-qa"] = FakeRepo(private=True, files={"README.md": b"mine"})
    job = push_it(garage, dataset)
    assert job.status == "failed"
    assert job.error == (
        "The repository ada/pump-qa exists. Choose another name or tick 'update it'."
    )
    assert fake.repos["datasets/ada/pump-qa"].files == {"README.md": b"mine"}
    assert push_it(garage, dataset, overwrite=True).status == "finished"
    assert b"# pump-qa" in fake.repos["datasets/ada/pump-qa"].files["README.md"]
    assert fake.repos["ada/pump-qa"].files == {"README.md": b"a model of that name"}


def test_a_private_push_never_goes_to_a_public_dataset(
    garage: Garage, dataset: Dataset, fake: FakeHub
) -> None:
    fake.repos["datasets/ada/pump-qa"] = FakeRepo(files={"README.md": b"mine"})
    job = push_it(garage, dataset, overwrite=True)
    assert job.status == "failed" and "is public" in str(job.error)


def test_without_a_job_the_same_errors_are_raised(
    garage: Garage, dataset: Dataset, fake: FakeHub
) -> None:
    def send(name: str, token: str = TOKEN) -> None:
        publish_dataset(garage, dataset.id, name, licence="mit", private=True, token=token)

    send("pump-qa")
    with pytest.raises(NameTaken):
        send("pump-qa")
    with pytest.raises(HubError, match="refused the token"):
        send("other", "hf_wrong")
    with pytest.raises(HubError, match="right to write"):
        send("other", "hf_reads")


def test_a_bad_name_no_token_and_no_licence_are_refused_before_anything(
    garage: Garage, dataset: Dataset, fake: FakeHub
) -> None:
    with pytest.raises(ConfigError, match="is no name for a repository"):
        push_it(garage, dataset, "my data!")
    with pytest.raises(ConfigError, match="needs a Hugging Face token"):
        push_it(garage, dataset, token=" ")
    with pytest.raises(ConfigError, match="needs one"):
        push_it(garage, dataset, licence="  ")
    assert garage.store.jobs(kind="publish") == [] and fake.requests == []
    assert check_licence("  Open   Data ") == "Open Data"
