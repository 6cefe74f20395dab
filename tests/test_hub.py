import errno
import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from huggingface_hub import constants, errors

from gemma_garage import hub
from gemma_garage.errors import (
    ConfigError,
    GarageError,
    GatedModel,
    HubError,
    MachineError,
    Stopped,
)
from gemma_garage.hub_errors import NameTaken, NotOnHub, explain_error, translate_errors
from tests.fakes.fake_hub import FakeHub, FakeRepo, use_fake_hub

# The client's own LFS upload hands httpx its bytes in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

TOKEN = "hf_aSecretThatNobodyMaySee"
WEIGHTS = bytes(range(256)) * 400


@pytest.fixture
def fake() -> Iterator[FakeHub]:
    with use_fake_hub() as served:
        served.tokens[TOKEN] = ("ada", "write")
        served.tokens["hf_reads"] = ("ada", "read")
        served.repos["open/gemma"] = FakeRepo(
            files={
                "config.json": b"{}",
                "model.safetensors": WEIGHTS,
                "pytorch_model.bin": b"old",
                "original/model.safetensors": b"twice",
            }
        )
        yield served


def test_whoami_names_the_user_and_refuses_a_wrong_token(fake: FakeHub) -> None:
    assert hub.whoami(TOKEN) == "ada"
    with pytest.raises(HubError, match=r"refused the token.*settings/tokens"):
        hub.whoami("hf_wrong")


def test_a_token_with_spaces_is_refused_before_anything_is_sent(fake: FakeHub) -> None:
    with pytest.raises(HubError, match="spaces"):
        hub.whoami("hf a b")
    assert fake.requests == []


def test_the_token_of_the_machine_is_not_used_unasked(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    fake.repos["ada/hidden"] = FakeRepo(private=True)
    assert not hub.repo_exists("ada/hidden", None)
    assert hub.repo_exists("ada/hidden", TOKEN)


def test_a_folder_is_pushed_whole_to_a_new_private_repository(
    fake: FakeHub, tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: gemma\n---\nHello")
    (tmp_path / "adapter_model.safetensors").write_bytes(WEIGHTS)
    address = hub.create_repo("ada/new", private=True, token=TOKEN)
    url = hub.upload_folder("ada/new", tmp_path, message="Run 3", token=TOKEN)
    assert address == f"{fake.url}/ada/new" and url.startswith(address)
    repo = fake.repos["ada/new"]
    assert repo.private and repo.commits == ["Run 3"]
    assert hashlib.sha256(repo.files["adapter_model.safetensors"]).digest() == (
        hashlib.sha256(WEIGHTS).digest()
    )
    found = hub.find_repo("ada/new", TOKEN)
    assert found == hub.RemoteRepo("ada/new", address, private=True, empty=False)


def test_a_name_that_exists_gives_the_choice(fake: FakeHub) -> None:
    with pytest.raises(NameTaken) as raised:
        fake.repos["ada/there"] = FakeRepo()
        hub.create_repo("ada/there", private=False, token=TOKEN)
    expected = "The repository ada/there exists. Choose another name or tick 'update it'."
    assert str(raised.value) == expected


def test_a_token_that_can_only_read_is_told_so(fake: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(HubError, match="right to write"):
        hub.create_repo("ada/new", private=True, token="hf_reads")
    fake.repos["eve/hers"] = FakeRepo()
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(HubError, match="not write for this owner"):
        hub.upload_folder("eve/hers", tmp_path, message="x", token=TOKEN)
    assert fake.repos["eve/hers"].files == {}


def test_a_download_takes_only_what_is_needed_and_reports(fake: FakeHub, tmp_path: Path) -> None:
    told: list[float] = []
    remote = hub.download_model(
        "open/gemma", tmp_path / "m", report=lambda part, _text: told.append(part)
    )
    assert set(remote.files) == {"config.json", "model.safetensors"}
    assert (tmp_path / "m/model.safetensors").read_bytes() == WEIGHTS
    assert not (tmp_path / "m/pytorch_model.bin").exists()
    assert told == sorted(told) and told[-1] == 1.0


def test_a_stop_ends_the_download(fake: FakeHub, tmp_path: Path) -> None:
    def stop(_part: float, _text: str) -> None:
        raise Stopped("now")

    with pytest.raises(Stopped):
        hub.download_model("open/gemma", tmp_path / "m", report=stop)


def test_a_part_is_not_taken_for_the_whole_when_files_are_missing(
    fake: FakeHub, tmp_path: Path
) -> None:
    remote = hub.describe_model("open/gemma", None)
    grown = hub.RemoteModel(remote.repo_id, remote.commit, remote.files | {"extra.json": 5})
    with pytest.raises(HubError, match=r"not complete: 1 of 3 files.*extra\.json"):
        hub.download_model("open/gemma", tmp_path / "m", remote=grown)


def test_a_gated_model_says_where_to_accept(fake: FakeHub, tmp_path: Path) -> None:
    fake.repos["google/gemma"] = FakeRepo(gated=True)
    with pytest.raises(GatedModel, match=r"https://huggingface\.co/google/gemma"):
        hub.download_model("google/gemma", tmp_path / "m")


def test_an_unknown_model_is_not_on_the_hub(fake: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(NotOnHub, match="nobody/nothing is not on the Hub"):
        hub.download_model("nobody/nothing", tmp_path / "m")


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (429, {"RateLimit": '"api";r=0;t=55'}, "asked too often.*55 seconds"),
        (429, {"Retry_After": "7"}, "7 seconds"),
        (500, {}, "trouble of its own.*HTTP 500"),
        (503, {}, "status.huggingface.co"),
        (402, {}, "paid plan"),
        (418, {}, "HTTP 418"),
    ],
)
def test_a_refusal_of_the_server_is_put_into_words(
    fake: FakeHub, status: int, headers: dict[str, str], words: str
) -> None:
    fake.refuse("/api/repos/create", status, **headers)
    with pytest.raises(HubError, match=words):
        hub.create_repo("ada/new", private=True, token=TOKEN)


def test_no_server_and_offline_mode_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with use_fake_hub() as gone:
        pass
    monkeypatch.setattr(constants, "ENDPOINT", gone.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set"):
        hub.whoami(TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(HubError, match=r"cannot be reached.*network"):
        hub.whoami(TOKEN)


def test_a_hub_without_xet_storage_is_a_hub_error(
    fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    fake.repos["ada/new"] = FakeRepo()
    (tmp_path / "m.safetensors").write_bytes(WEIGHTS)
    with pytest.raises(HubError, match="cannot be reached"):
        hub.upload_folder("ada/new", tmp_path, message="x", token=TOKEN)


def test_the_token_is_in_no_message_and_no_log(
    fake: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hub.whoami(TOKEN)
    fake.refuse("/api/", 500)
    with pytest.raises(HubError) as raised:
        hub.whoami(TOKEN)
    assert TOKEN not in caplog.text and TOKEN not in str(raised.value)


@pytest.mark.parametrize("name", ["gemma", "ada/gemma", "a_b/c-d.e", " trimmed ", "x"])
def test_good_names_pass(name: str) -> None:
    assert hub.check_repo_name(name) == name.strip()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a/b/c",
        "-a",
        "a-",
        ".a",
        "a.",
        "a--b",
        "a..b",
        "a.git",
        "ü",
        "a b",
        "/a",
        "a/",
        "a" * 97,
    ],
)
def test_bad_names_are_refused_with_the_rules(name: str) -> None:
    with pytest.raises(ConfigError, match="at most 96 letters"):
        hub.check_repo_name(name)


def _answer(status: int, **headers: str) -> httpx.Response:
    request = httpx.Request("GET", "https://huggingface.co/api/models/a/b")
    return httpx.Response(status, headers=headers, request=request)


def _http(kind: type[errors.HfHubHTTPError], status: int) -> errors.HfHubHTTPError:
    return kind("foreign", response=_answer(status))


# What we promise: no error of these kinds reaches a user in its own words.
PROMISED: list[tuple[Exception, type[GarageError], str]] = [
    (_http(errors.GatedRepoError, 403), GatedModel, "accept the terms"),
    (_http(errors.RepositoryNotFoundError, 404), NotOnHub, "private"),
    (_http(errors.RevisionNotFoundError, 404), NotOnHub, "not on the Hub"),
    (_http(errors.RemoteEntryNotFoundError, 404), NotOnHub, "not on the Hub"),
    (_http(errors.DisabledRepoError, 403), HubError, "disabled"),
    (_http(errors.BadRequestError, 400), HubError, "refused what it was sent"),
    (_http(errors.HfHubHTTPError, 401), HubError, "wrong, expired or revoked"),
    (_http(errors.HfHubHTTPError, 403), HubError, "right to write"),
    (_http(errors.HfHubHTTPError, 409), NameTaken, "update it"),
    (_http(errors.HfHubHTTPError, 413), HubError, "too large"),
    (_http(errors.HfHubHTTPError, 429), HubError, "too often"),
    (_http(errors.HfHubHTTPError, 502), HubError, "few minutes"),
    (errors.LocalEntryNotFoundError("foreign"), HubError, "network"),
    (errors.IncompleteSnapshotError("foreign", snapshot_path="x"), HubError, "network"),
    (errors.OfflineModeIsEnabled("foreign"), HubError, "HF_HUB_OFFLINE"),
    (errors.HFValidationError("foreign"), ConfigError, "Correct the name"),
    (errors.FileMetadataError("foreign"), HubError, "network"),
    (errors.XetDownloadError("foreign"), HubError, "network"),
    (httpx.ConnectError("foreign"), HubError, "network"),
    (httpx.ProxyError("foreign"), HubError, "proxy"),
    (httpx.RemoteProtocolError("foreign"), HubError, "broke"),
    (httpx.ReadTimeout("foreign"), HubError, "in time"),
    (httpx.InvalidURL("foreign"), HubError, "HF_ENDPOINT"),
    (
        httpx.HTTPStatusError("foreign", request=_answer(503).request, response=_answer(503)),
        HubError,
        "few minutes",
    ),
    (ConnectionError("foreign"), HubError, "network"),
    (TimeoutError("foreign"), HubError, "in time"),
    (RuntimeError("foreign"), HubError, "network"),
    (OSError(errno.ENOSPC, "foreign"), MachineError, "disk became full"),
    (OSError(errno.EACCES, "foreign"), MachineError, "GEMMA_GARAGE_HOME"),
]


@pytest.mark.parametrize(
    ("foreign", "ours", "words"), PROMISED, ids=[type(case[0]).__name__ for case in PROMISED]
)
def test_every_promised_foreign_error_is_put_into_words(
    foreign: Exception, ours: type[GarageError], words: str
) -> None:
    with pytest.raises(GarageError) as raised, translate_errors("testing", "a/b"):
        raise foreign
    assert type(raised.value) is ours
    assert words in str(raised.value)
    assert raised.value.__cause__ is foreign


def test_what_the_client_wraps_is_unwrapped() -> None:
    wrapped: Any = errors.LocalEntryNotFoundError("foreign")
    wrapped.__cause__ = _http(errors.HfHubHTTPError, 503)
    assert "few minutes" in str(explain_error(wrapped, "testing"))
    failed = RuntimeError("Error while uploading")
    failed.__cause__ = OSError(errno.ENOSPC, "foreign")
    with pytest.raises(MachineError), translate_errors("testing"):
        raise failed
