"""`gemma-garage compare` over the tiny model: one prompt, and a file of them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gemma_garage.cli import main
from gemma_garage.commands.compare import _list_scores
from gemma_garage.garage import Garage
from gemma_garage.infer.column import Column, list_facts
from gemma_garage.schema import Job
from tests.infer.conftest import (  # noqa: F401  (fixtures)
    adapters,
    add_run,
    base_folder,
    dataset,
    one_thread,
)


def test_asks_a_prompt_and_a_file_and_gives_one_document(
    garage: Garage,
    add_run: Callable[[int], int],  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_run(0)
    add_run(1)
    home = str(garage.workspace.home)
    told = ["compare", "--home", home, "--json", "--longest", "6"]
    assert main([*told, "Who?", "--run", "1", "--run", "2", "--reference", "Anna"]) == 0
    answered = json.loads(capsys.readouterr().out)
    assert [column["name"] for column in answered["columns"]] == ["base", "run-1", "run-2"]
    assert answered["columns"][0]["matches"] is False
    assert main([*told, "Who?", "--no-base"]) == 0  # the newest run, which was asked before
    (column,) = json.loads(capsys.readouterr().out)["columns"]
    assert (column["name"], column["cached"]) == ("run-2", True)

    file, table, lines = (tmp_path / name for name in ("a.jsonl", "a.csv", "out.jsonl"))
    file.write_text('{"prompt": "Who?"}\n{broken\n"Where?"\n', encoding="utf-8")
    asked = [*told, "--file", str(file), "--csv", str(table), "--jsonl", str(lines)]
    assert main(asked) == 0
    out, err = capsys.readouterr()
    batch = json.loads(out)
    assert (batch["answered"], batch["broken"]) == (2, 1)
    assert [row["number"] for row in batch["problems"]] == [2]
    assert "Prompt 2 is no JSON" in err
    assert len(lines.read_text(encoding="utf-8").splitlines()) == 3
    assert table.read_text(encoding="utf-8").startswith("number,prompt,")

    assert main([*told]) == 2
    assert main([*told, "--file", str(file), "--reference", "Anna"]) == 2
    assert "a column “reference”" in capsys.readouterr().err
    other = garage.store.queue_job(
        Job(kind="exam", lane="gpu", title="Exam of run 1", payload={})
    ).id
    assert main([*told, "--resume", str(other)]) == 1
    assert "“Exam of run 1”, not a file of prompts" in capsys.readouterr().err
    assert main([*told, "Who?", "--run", "9"]) == 1
    assert "There is no run “9” in this project; trained are 1, 2" in capsys.readouterr().err
    assert main([*told, "Who?", "--run", "²"]) == 1
    assert "There is no run “²” in this project" in capsys.readouterr().err
    assert main([*told, "Who?", "--run", "1:²"]) == 1
    assert "A checkpoint is N:STEP" in capsys.readouterr().err
    schema = tmp_path / "schema.json"
    schema.write_bytes('{"const": "Schlüssel"}'.encode("latin-1"))
    assert main([*told, "Who?", "--run", "1", "--schema", str(schema)]) == 0
    (*_, column) = json.loads(capsys.readouterr().out)["columns"]
    assert column["problems"][0].startswith("It is no JSON")
    assert main([*told, "Who?", "--run", "1:7"]) == 1
    assert "no checkpoint of step 7" in capsys.readouterr().err
    assert main([*told, "--resume", str(batch["job"])]) == 1
    assert "is finished" in capsys.readouterr().err

    before = table.read_text(encoding="utf-8")
    table.unlink()
    assert main([*told, "--resume", str(batch["job"]), "--csv", str(table)]) == 0
    assert json.loads(capsys.readouterr().out) == batch
    assert table.read_text(encoding="utf-8") == before


def test_times_and_counts_are_told() -> None:
    column = Column("E9", 0.25, 12.4, 1, True, total_s=0.9)
    assert list_facts(column) == [
        "0.2 s to first token",
        "then 12 tokens/s",
        "1 token",
        "0.9 s in all",
    ]
    assert list_facts(Column("E9", None, None, 2, True, cached=True))[0].startswith(
        "from the cache"
    )


def test_scores_and_the_schema_are_told() -> None:
    assert _list_scores(Column("E9", None, None, 1, True)) == []
    column = Column("E9", None, None, 1, True, matches=True, f1=0.5, problems=("It is no JSON.",))
    assert _list_scores(column) == ["right, F1 0.50", "fails the schema: It is no JSON."]
    assert _list_scores(Column("{}", None, None, 1, True, problems=())) == ["meets the schema"]
