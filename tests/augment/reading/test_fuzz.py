"""Damaged files of every format: each ends in text or in one of our errors, nothing else happens.

50 of each, from a fixed seed: cut off anywhere, bits flipped, and of ZIP containers also with one
part damaged inside a sound package. A foreign error would still be caught (`parse` makes it a
DocumentError, see test_bad_input.py), but would say nothing to its user.
"""

import random
from collections import Counter
from collections.abc import Mapping

import pytest

from gemma_garage.augment.reading.archive import SUFFIX
from gemma_garage.augment.reading.formats import FORMATS
from gemma_garage.augment.rows.formats import ROW_FORMATS
from tests.augment.reading.fuzzing import Outcome, damage, try_all
from tests.augment.reading.samples import MAKERS, write_samples

SEED, CASES = 20261123, 50
# LibreOffice reads these, in a process of its own; seconds for each file, and it is its parser.
LEFT_TO_LIBREOFFICE = {"doc", "ppt", "odt", "odp"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Outcome]]:
    """By format: the whole sample first, then its damaged copies."""
    folder = tmp_path_factory.mktemp("fuzz")
    samples = write_samples(folder / "samples")
    work = folder / "work"
    work.mkdir()
    dice = random.Random(SEED)
    damaged = {name: damage(path, folder, CASES, dice) for name, path in samples.items()}
    paths = {name: [samples[name], *damaged[name]] for name in samples}
    found = try_all([path for group in paths.values() for path in group], work)
    by_path = {outcome.path: outcome for outcome in found}
    return {name: [by_path[path] for path in group] for name, group in paths.items()}


def test_every_format_is_damaged() -> None:
    known = {one.name for one in (*FORMATS, *ROW_FORMATS)} | {SUFFIX.removeprefix(".")}
    assert set(MAKERS) == known - LEFT_TO_LIBREOFFICE


@pytest.mark.parametrize("format_name", MAKERS)
def test_damaged_files_end_in_text_or_in_an_error(
    outcomes: Mapping[str, list[Outcome]], format_name: str
) -> None:
    whole, *damaged = outcomes[format_name]
    assert whole.kind == "text", whole
    assert len(damaged) == CASES
    strange = [outcome for outcome in damaged if outcome.kind not in ("text", "refused")]
    assert not strange, strange
    for outcome in damaged:
        if outcome.kind == "refused":
            assert "“" in outcome.said and len(outcome.said) < 2_000, outcome  # names the file


def test_damage_does_damage(outcomes: Mapping[str, list[Outcome]]) -> None:
    """The copies are neither all readable nor all hopeless, so readers were really tried."""
    kinds = Counter(outcome.kind for group in outcomes.values() for outcome in group[1:])
    assert kinds["text"] > CASES and kinds["refused"] > CASES
