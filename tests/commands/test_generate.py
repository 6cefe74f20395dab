"""`gemma-garage generate`: counts as the Job has them, with a scripted generator behind it."""

import json
from pathlib import Path

import pytest

from gemma_garage import wiring
from gemma_garage.cli import main
from gemma_garage.commands.generate import describe_generation
from gemma_garage.garage import Garage, open_garage
from gemma_garage.schema import Job
from gemma_garage.settings import read_settings
from tests.augment.shelf import add_text, write_chunks
from tests.fakes.fake_openai import say, serve_openai


def make_job(generator: str, **result: object) -> Job:
    payload = {"request": {"generator": generator}}
    return Job(id=7, kind="generate", lane="io", payload=payload, result=result)


def test_a_remote_job_is_told_with_calls_tokens_and_price() -> None:
    usage = {"calls": 4, "kept": 1, "prompt_tokens": 900, "reply_tokens": 300, "price_usd": 0.0021}
    reasons = {"evidence": 3, "duplicate": 1}
    told = describe_generation(
        make_job("gemini", asked=5, produced=24, accepted=20, reasons=reasons, usage=usage)
    )
    assert (told["asked"], told["produced"], told["accepted"]) == (5, 24, 20)
    assert told["rejected"] == reasons
    assert (told["calls"], told["kept"], told["price_usd"]) == (4, 1, 0.0021)
    assert told["tokens"] == {"prompt": 900, "reply": 300}
    assert told["short"] is None


def test_a_model_on_this_machine_costs_nothing_and_an_unknown_price_is_null() -> None:
    assert describe_generation(make_job("local"))["price_usd"] == 0.0
    assert describe_generation(make_job("openai", usage={"calls": 2}))["price_usd"] is None


@pytest.fixture
def wired(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one document whose generator is scripted."""
    from gemma_garage.augment import generate
    from tests.fakes.scripted import ScriptedGenerator

    def open_scripted(_: object) -> Garage:
        garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}), exclusive=True)
        generate.register(garage, ScriptedGenerator().open)
        garage.jobs.start()
        return garage

    monkeypatch.setattr(wiring, "open_wired", open_scripted)
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    add_text(garage, "pump.txt", write_chunks("pump", 3))
    garage.close()
    return home


def test_a_generation_prints_one_json_document(
    wired: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["generate", "--home", str(wired), "--json", "--kinds", "factual"])
    output = capsys.readouterr()
    assert code == 0, output.err
    told = json.loads(output.out)
    assert told["accepted"] > 0
    assert told["produced"] == told["accepted"] + sum(told["rejected"].values())
    assert (told["price_usd"], told["calls"]) == (0.0, 0)
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(wired)}))
    assert garage.store.examples(1, statuses=("accepted",))[1] == told["accepted"]
    garage.close()


def test_nothing_accepted_for_want_of_a_usable_reply_is_no_success(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": str(home)}))
    add_text(garage, "pump.txt", write_chunks("pump", 2))
    garage.close()
    with serve_openai() as server:
        server.otherwise = lambda _: say("I am sorry, I cannot do that.")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("GEMMA_GARAGE_OPENAI_MODEL", "tiny")
        command = ["generate", "--home", str(home), "--json", "--kinds", "factual"]
        assert main([*command, "--generator", "openai"]) == 1
    output = capsys.readouterr()
    told = json.loads(output.out)
    assert (told["accepted"], told["produced"], told["rejected"]) == (0, 0, {})
    assert (told["spoiled"], told["calls"]) == ({"unreadable": 2}, 8)
    assert "2 requests have no usable reply (the reply was not in the wanted form: 2)" in output.err


def test_what_cannot_be_done_is_said_on_stderr_alone(
    wired: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--home", str(wired), "--json", "--project", "Nowhere"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "There is no project “Nowhere”. There are “My first project”" in output.err
