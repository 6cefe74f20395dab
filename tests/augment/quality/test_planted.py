"""The planted pairs of `bench/grounding.py`: what is wrong never passes, and little that is right
is lost. The floors are what was measured; `docs/quality.md` has the table."""

import importlib.util
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import pytest

from tests.starter import share_starter

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("grounding", ROOT / "bench" / "grounding.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["grounding"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return share_starter(tmp_path_factory)


@pytest.mark.slow
def test_the_gates_find_what_was_planted(bench: ModuleType, starter: Path) -> None:
    found = defaultdict(list)
    for row in bench.judge_planted(model=starter):
        found[row.sort].append(row)
    wrong = [row for rows in found.values() for row in rows if not row.is_as_wanted]
    assert {sort: len(rows) for sort, rows in found.items()} == {
        "right": 60,
        "wrong-number": 30,
        "wrong-entity": 30,
        "unsupported": 30,
        "duplicate": 25,
        "near-duplicate": 25,
    }
    assert not [row for row in wrong if row.sort in ("wrong-number", "wrong-entity")]
    assert not [row for row in wrong if row.sort == "near-duplicate"]  # another fact: kept
    share = {
        sort: sum(row.is_as_wanted for row in rows) / len(rows) for sort, rows in found.items()
    }
    assert share["right"] >= 0.98
    assert share["unsupported"] >= 0.96
    assert share["duplicate"] >= 0.84


def test_the_gates_find_what_they_were_not_written_for(bench: ModuleType) -> None:
    wrong = [row for row in bench.judge_planted("fresh.jsonl") if not row.is_as_wanted]
    assert [row.sort for row in wrong] == ["right"], wrong


def test_no_other_number_code_or_name_proves_itself(bench: ModuleType) -> None:
    replaced = bench.judge_replaced()
    assert len(replaced) > 700
    passed = [row for row in replaced if not row.reason and row.by == "elsewhere"]
    assert not passed
    assert sum(row.by == "the same quote" for row in replaced) > 70
    assert not [row for row in replaced if not row.reason]


@pytest.mark.parametrize(("name", "right"), [("twins.jsonl", 64), ("twins_fresh.jsonl", 35)])
def test_of_several_values_in_one_quote_only_the_right_one_passes(
    bench: ModuleType, name: str, right: int
) -> None:
    assert sum(row.is_as_wanted for row in bench.judge_planted(name)) >= right
    swapped = [row for row in bench.judge_replaced((name,)) if row.by == "the same quote"]
    assert len(swapped) > 80
    assert not [row for row in swapped if not row.reason]


def test_without_a_model_the_other_measures_hold(bench: ModuleType) -> None:
    rows = bench.judge_planted()
    assert all(row.is_as_wanted for row in rows if row.sort != "duplicate")
    assert sum(row.is_as_wanted for row in rows if row.sort == "duplicate") >= 12


@pytest.mark.slow
def test_the_table_in_the_docs_is_the_one_that_is_measured(
    bench: ModuleType, starter: Path
) -> None:
    text = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")
    assert bench.draw_all(starter) in text, "run python bench/grounding.py --write docs/quality.md"
