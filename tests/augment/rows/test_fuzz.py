"""Truncated files and flipped bits: every reader ends in rows or in a message, never otherwise."""

import json
import random
from pathlib import Path

import pytest

from gemma_garage.augment.rows.formats import check_row_file
from gemma_garage.errors import DocumentError
from tests.augment.rows.shelf import read
from tests.augment.rows.test_sheet_parquet import make_parquet, make_sheet

CASES = 50
ROWS = [{"question": f"Wie heiß ist {n}?", "answer": f"{n} °C", "n": n} for n in range(20)]


def make_sample(folder: Path, suffix: str) -> Path:
    path = folder / f"sample.{suffix}"
    table = [list(ROWS[0]), *(list(row.values()) for row in ROWS)]
    if suffix == "xlsx":
        return make_sheet(path, table)
    if suffix == "parquet":
        return make_parquet(path, **{name: [row[name] for row in ROWS] for name in ROWS[0]})
    text = {
        "csv": "\n".join(",".join(f'"{cell}"' for cell in row) for row in table),
        "tsv": "\n".join("\t".join(map(str, row)) for row in table),
        "json": json.dumps({"data": ROWS}, ensure_ascii=False),
        "jsonl": "\n".join(json.dumps(row) for row in ROWS),
        "yaml": "".join(
            f"- question: '{row['question']}'\n  answer: {'&said ' if not n else '*said # '}{n}\n"
            for n, row in enumerate(ROWS)
        ),
    }[suffix]
    path.write_text(text, encoding="utf-8")
    return path


def spoil(data: bytes, dice: random.Random) -> bytes:
    if dice.random() < 0.4:
        return data[: dice.randrange(1, len(data))]
    spoiled = bytearray(data)
    for _ in range(dice.choice((1, 4, 40))):
        spoiled[dice.randrange(len(spoiled))] ^= 1 << dice.randrange(8)
    return bytes(spoiled)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl", "yaml", "xlsx", "parquet"])
def test_a_spoiled_file_ends_in_rows_or_in_a_message(tmp_path: Path, suffix: str) -> None:
    data = make_sample(tmp_path, suffix).read_bytes()
    dice = random.Random(suffix)
    ended = 0
    for number in range(CASES):
        path = tmp_path / f"{number}.{suffix}"
        path.write_bytes(spoil(data, dice))
        try:
            check_row_file(path, path.name, 100)
            read(path)
        except DocumentError as error:
            assert len(str(error)) < 600
            ended += 1
    assert ended < CASES  # some spoiled files still give rows
