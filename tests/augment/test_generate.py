"""From Chunks to Examples: judged, stored chunk by chunk, stopped, killed and resumed."""

import os
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment.drafts import Draft, Passage
from gemma_garage.augment.generate import (
    GenerateRequest,
    choose_default_generator,
    estimate,
    judge_drafts,
    register,
    submit_generate,
)
from gemma_garage.augment.quality import Duplicates
from gemma_garage.errors import Busy, ConfigError, DatasetError, QuotaSpent
from gemma_garage.garage import Garage, open_garage
from gemma_garage.schema import Example, Job
from gemma_garage.settings import read_settings
from tests.augment.shelf import add_text, write_chunks
from tests.fakes.fake_gemini import serve_gemini
from tests.fakes.scripted import ScriptedGenerator

LOCAL = GenerateRequest()


@pytest.fixture
def script(garage: Garage) -> ScriptedGenerator:
    scripted = ScriptedGenerator()
    register(garage, scripted.open)
    return scripted


def run(garage: Garage, request: GenerateRequest = LOCAL) -> Job:
    garage.jobs.start()
    job = garage.jobs.wait(submit_generate(garage, 1, request), 30)
    assert job.status != "running", job.stage
    return job


def all_examples(garage: Garage) -> list[Example]:
    return list(garage.store.examples(1)[0])


def by_chunk(garage: Garage) -> Counter[int | None]:
    return Counter(row.chunk_id for row in all_examples(garage))


def test_every_chunk_gives_its_examples(garage: Garage, script: ScriptedGenerator) -> None:
    add_text(garage, "pump.txt", write_chunks("pump", 3, facts=2), "Pump X > Data")
    job = run(garage)
    assert (job.status, job.error, job.lane) == ("finished", None, "gpu")
    assert job.result == {
        "chunks": 3,
        "skipped": 0,
        "asked": 3,
        "produced": 24,
        "accepted": 24,
        "rejected": 0,
        "reasons": {},
        "gave_nothing": 0,
        "spoiled": {},
    }
    row = all_examples(garage)[0]
    assert (row.question, row.answer) == ("What is the mass of pump 0?", "100 units")
    assert row.evidence == "The mass of pump 0 is 100 units."
    assert (row.status, row.origin, row.fact) == ("accepted", "scripted", 0)
    assert script.history[0].title == "Pump X" and script.history[0].heading == "Pump X > Data"


def test_while_the_first_replies_are_written_nothing_is_said_to_be_loading(
    garage: Garage, script: ScriptedGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_text(garage, "pump.txt", ["The fuse of the pump is 8 A."])
    seen: list[str] = []
    write = ScriptedGenerator.write

    def look(self: ScriptedGenerator, *args: Any, **options: Any) -> Any:
        (job,) = garage.store.jobs(kind="generate")
        seen.append(job.stage)
        return write(self, *args, **options)

    monkeypatch.setattr(ScriptedGenerator, "write", look)
    opened = script.open

    @contextmanager
    def load_first(garage: Garage, project_id: int, request: Any, report: Any, *rest: Any) -> Any:
        with opened(garage, project_id, request, report, *rest) as generator:
            report(1.0, "Loading the model")
            yield generator

    register(garage, load_first)
    run(garage)
    assert seen == ["Passage 0 of 1: 0 accepted, 0 rejected"]


def test_rejected_examples_are_stored_with_their_reason(
    garage: Garage, script: ScriptedGenerator
) -> None:
    add_text(garage, "pump.txt", ["The fuse of the pump is 8 A."])
    proof = "The fuse of the pump is 8 A."
    script.enqueue(
        [
            Draft("What is the fuse of the pump?", "8 A", proof),
            Draft("what is the fuse of the pump", "8 A", proof),
            Draft("How large is the fuse of the pump?", "9 A", "The fuse of the pump is 9 A."),
            Draft("What is it?", "8 A", proof),
        ]
    )
    assert run(garage).result["reasons"] == {"duplicate": 1, "evidence": 1, "vague": 1}
    assert [(row.status, row.reason) for row in all_examples(garage)] == [
        ("accepted", ""),
        ("rejected", "duplicate"),
        ("rejected", "evidence"),
        ("rejected", "vague"),
    ]


def test_a_duplicate_of_an_earlier_run_is_found(garage: Garage, script: ScriptedGenerator) -> None:
    add_text(garage, "one.txt", ["The fuse of the pump is 8 A."])
    run(garage)
    add_text(garage, "two.txt", ["As we said: The fuse of the pump is 8 A."])
    job = garage.jobs.wait(submit_generate(garage, 1, LOCAL), 30)
    assert job.result["skipped"] == 1
    assert job.result["reasons"] == {"duplicate": 4}


def test_a_chunk_that_gives_nothing_is_remembered_and_one_without_a_reply_stays_open(
    garage: Garage, script: ScriptedGenerator
) -> None:
    add_text(garage, "pump.txt", ["Welcome.", "Read on.", "The fuse is 8 A."])
    script.enqueue([], [Draft("", "", "", reason="refused")])
    job = run(garage)
    assert (job.result["gave_nothing"], job.result["spoiled"]) == (1, {"refused": 1})
    assert job.result["reasons"] == {} and garage.store.generated_chunk_ids(1) == {3}
    again = garage.jobs.wait(submit_generate(garage, 1, LOCAL), 30)
    assert (again.result["skipped"], again.result["asked"]) == (2, 1)
    assert [passage.text for passage in script.history[3:]] == ["Read on."]


def test_two_documents_and_a_choice_of_them(garage: Garage, script: ScriptedGenerator) -> None:
    add_text(garage, "pump.txt", write_chunks("pump", 2))
    second = add_text(garage, "valve.txt", write_chunks("valve", 2))
    job = run(garage, GenerateRequest(document_ids=(second.id,)))
    assert "valve.txt" in job.title and "pump.txt" not in job.title
    assert garage.store.generated_chunk_ids(1) == {3, 4}
    assert script.history[0].title == "valve"
    garage.jobs.wait(submit_generate(garage, 1, LOCAL), 30)
    assert garage.store.generated_chunk_ids(1) == {1, 2, 3, 4}
    assert len(script.history) == 4


@pytest.mark.parametrize(
    ("most", "facts"), [(8, [2, 2, 2, 2]), (5, [1, 1, 1, 2]), (2, [0, 1, 0, 1])]
)
def test_a_limit_is_spread_evenly_over_the_chunks(
    garage: Garage, script: ScriptedGenerator, most: int, facts: list[int]
) -> None:
    add_text(garage, "pump.txt", write_chunks("pump", 4))
    run(garage, GenerateRequest(max_facts=most))
    accepted = [row for row in all_examples(garage) if row.status == "accepted"]
    kept = Counter(chunk_id for chunk_id, _ in {(row.chunk_id, row.fact) for row in accepted})
    assert [kept[chunk_id] for chunk_id in (1, 2, 3, 4)] == facts
    over = {row.reason for row in all_examples(garage) if row.status == "rejected"}
    assert over == {"limit"}
    assert [ask.facts for ask in script.asks] == [count for count in facts if count]


def test_a_target_is_reached_exactly_by_the_local_generator_too(
    garage: Garage, script: ScriptedGenerator
) -> None:
    add_text(garage, "pump.txt", write_chunks("pump", 4))
    job = run(garage, GenerateRequest(target=10))
    assert (job.status, job.result["rows"]) == ("finished", 10)
    assert len(script.history) == 2  # as many passages as that takes, evenly spread
    job = garage.jobs.wait(submit_generate(garage, 1, GenerateRequest(target=100)), 30)
    assert len(script.history) == 4  # asked once each: asking again would give the same
    assert job.result["rows"] == 64
    assert job.result["short"].startswith("64 of 100 rows: the documents gave nothing new")
    assert "let Gemini or another server ask for more" in job.result["short"]
    assert {row.status for row in all_examples(garage)} == {"accepted"}


def test_a_stop_keeps_what_is_done_and_resume_does_the_rest(
    garage: Garage, script: ScriptedGenerator
) -> None:
    add_text(garage, "pump.txt", write_chunks("pump", 6))

    def stop_after_two(written: int) -> None:
        if written == 2:
            garage.jobs.stop(1)

    script.after = stop_after_two
    job = run(garage)
    assert job.status == "stopped"
    assert by_chunk(garage) == {1: 16, 2: 16}
    script.after = lambda _: None
    garage.jobs.resume(job.id)
    job = garage.jobs.wait(job.id, 30)
    assert (job.status, job.result["chunks"], job.result["skipped"]) == ("finished", 4, 2)
    assert by_chunk(garage) == dict.fromkeys(range(1, 7), 16)
    assert len(script.history) == 6


def test_an_error_keeps_what_is_done(garage: Garage, script: ScriptedGenerator) -> None:
    add_text(garage, "pump.txt", write_chunks("pump", 3))
    script.enqueue([], QuotaSpent("The day's quota is spent.", 3600))
    job = run(garage)
    assert (job.status, job.error) == ("failed", "The day's quota is spent.")
    assert [bool(chunk.asked) for chunk in garage.store.chunks(1)] == [True, False, False]
    garage.jobs.resume(job.id)
    assert garage.jobs.wait(job.id, 30).status == "finished"
    assert garage.store.generated_chunk_ids(1) == {2, 3}


def test_a_document_removed_meanwhile_does_no_harm(
    garage: Garage, script: ScriptedGenerator
) -> None:
    add_text(garage, "pump.txt", write_chunks("pump", 2))
    valve = add_text(garage, "valve.txt", write_chunks("valve", 2))

    def remove(written: int) -> None:
        if written == 2:
            garage.store.delete(type(valve), valve.id)

    script.after = remove
    assert run(garage).status == "finished"
    assert set(by_chunk(garage)) == {1, 2}


def test_the_same_documents_are_not_asked_about_twice_at_once(
    garage: Garage, script: ScriptedGenerator
) -> None:
    first = add_text(garage, "pump.txt", write_chunks("pump", 1))
    second = add_text(garage, "valve.txt", write_chunks("valve", 1))
    submit_generate(garage, 1, GenerateRequest(document_ids=(first.id,)))
    submit_generate(garage, 1, GenerateRequest(document_ids=(second.id,)))
    with pytest.raises(Busy, match="queued for the same documents"):
        submit_generate(garage, 1, LOCAL)


def test_without_text_or_generator_it_says_what_to_do(
    garage: Garage, script: ScriptedGenerator
) -> None:
    with pytest.raises(DatasetError, match="Add a document"):
        submit_generate(garage, 1, LOCAL)
    add_text(garage, "pump.txt", write_chunks("pump", 1))
    with pytest.raises(ConfigError, match="GEMINI_API_KEY"):
        submit_generate(garage, 1, GenerateRequest(generator="gemini"))
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL"):
        submit_generate(garage, 1, GenerateRequest(generator="openai"))
    with pytest.raises(ConfigError, match="no wish"):
        submit_generate(garage, 1, GenerateRequest(style="like a pirate"))
    with pytest.raises(
        ConfigError, match=r"cannot write comparisons.*; summaries.* factual and why"
    ):
        submit_generate(garage, 1, GenerateRequest(kinds=("factual", "comparison", "summary")))


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "local"),
        ({"GEMINI_API_KEY": "k"}, "gemini"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}, "openai"),
        ({"GEMINI_API_KEY": "k", "OPENAI_API_KEY": "s"}, "gemini"),
    ],
)
def test_the_local_generator_is_the_default_without_a_key(
    environment: dict[str, str], name: str
) -> None:
    assert choose_default_generator(read_settings(environment)) == name


def test_an_estimate_counts_what_is_left(garage: Garage, script: ScriptedGenerator) -> None:
    add_text(garage, "pump.txt", write_chunks("pump", 4))
    remote = GenerateRequest(generator="gemini", threads=1, kinds=("factual",))
    before = estimate(garage, 1, remote)
    assert (before.chunks, before.skipped, before.calls) == (4, 0, 4)
    assert before.prompt_tokens > 0 and before.reply_tokens > 0 and before.minutes > 0
    local = estimate(garage, 1, GenerateRequest(max_facts=4))
    assert (local.facts, local.calls, local.prompt_tokens) == (4, 0, 0)
    run(garage)
    assert estimate(garage, 1, remote).chunks == 0


def test_judging_tells_facts_over_the_limit_apart() -> None:
    text = "The fuse is 8 A. The mass is 9 kg."
    drafts = [
        Draft("What is the fuse of the pump?", "8 A", "The fuse is 8 A.", fact=0),
        Draft("What is the mass of the pump?", "9 kg", "The mass is 9 kg.", fact=1),
        Draft("Which fuse has the pump?", "8 A", "The fuse is 8 A.", fact=0),
    ]
    rows = judge_drafts(drafts, Passage(text), Duplicates(), limit=1, chunk_id=1)
    assert [row.reason for row in rows] == ["", "limit", ""]


def test_gemini_writes_examples_in_the_io_lane(home: Path) -> None:
    with serve_gemini() as fake:
        garage = open_garage(
            read_settings(
                {
                    "GEMMA_GARAGE_HOME": str(home),
                    "GEMINI_API_KEY": "key-secret",
                    "GOOGLE_GEMINI_BASE_URL": fake.url,
                }
            )
        )
        register(garage)
        add_text(garage, "pump.txt", write_chunks("pump", 5))
        wanted = {"wordings": 3, "threads": 3, "kinds": ("factual",)}
        job = run(garage, GenerateRequest(generator="gemini", **wanted))
        rows = all_examples(garage)
        garage.close()
    assert (job.status, job.lane, job.error) == ("finished", "io", None)
    assert job.result["accepted"] == 5 * 4 * 3
    assert job.result["usage"]["calls"] == 5
    assert {row.origin for row in rows} == {"gemini:gemini-3.5-flash-lite"}
    assert b"key-secret" not in (home / "garage.db").read_bytes()


KILLED = """
import os, sys
from gemma_garage.augment.generate import GenerateRequest, register, submit_generate
from gemma_garage.garage import open_garage
from gemma_garage.settings import read_settings
from tests.augment.shelf import add_text, write_chunks
from tests.fakes.scripted import ScriptedGenerator

garage = open_garage(read_settings({"GEMMA_GARAGE_HOME": sys.argv[1]}))
script = ScriptedGenerator()
script.after = lambda written: os.kill(os.getpid(), 9) if written == 3 else None
register(garage, script.open)
add_text(garage, "pump.txt", write_chunks("pump", 8))
garage.jobs.start()
garage.jobs.wait(submit_generate(garage, 1, GenerateRequest()))
"""


@pytest.fixture
def killed(home: Path) -> Iterator[Path]:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(home)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=120,
        check=False,
    )
    assert done.returncode == -9
    yield home


def test_a_killed_process_loses_no_chunk_and_does_none_twice(killed: Path) -> None:
    settings: dict[str, Any] = {"GEMMA_GARAGE_HOME": str(killed)}
    garage = open_garage(read_settings(settings))
    script = ScriptedGenerator()
    register(garage, script.open)
    assert by_chunk(garage) == {1: 16, 2: 16, 3: 16}
    garage.jobs.start()
    job = garage.store.jobs(kind="generate")[0]
    assert job.status == "interrupted"
    garage.jobs.resume(job.id)
    job = garage.jobs.wait(job.id, 30)
    assert (job.status, job.result["chunks"], job.result["skipped"]) == ("finished", 5, 3)
    assert by_chunk(garage) == dict.fromkeys(range(1, 9), 16)
    assert len(script.history) == 5
    garage.close()
