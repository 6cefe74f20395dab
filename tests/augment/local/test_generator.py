"""The local Generator: its plumbing on a tiny random Gemma, its questions on the real starter."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment.drafts import FACTUAL, WHY, Ask, Draft, Passage
from gemma_garage.augment.local.generator import LocalGenerator
from gemma_garage.augment.local.prompts import choose_starts
from gemma_garage.augment.local.sound import is_sound, shorten_title
from gemma_garage.errors import Stopped
from tests.starter import share_starter

_TEXT = (
    "The Ferrow 8 kettle weighs 1.8 kg and is built by Orla Tamsin in the town of Brickmere. "
    "It boils one litre in 95 seconds.\n\nIf the lamp turns violet, the filter has to be changed."
    "\n\n| Mode | Heat | Use |\n| --- | --- | --- |\n| Calm | 60 °C | green tea |\n"
)


@pytest.fixture(scope="module")
def tiny(tiny_gemma: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(tiny_gemma), AutoTokenizer.from_pretrained(
        tiny_gemma
    )


def test_every_answer_is_grounded_and_has_wordings(tiny: tuple[Any, Any]) -> None:
    passages = [
        Passage(_TEXT, "Use", "Ferrow 8 Kettle: Manual"),
        Passage("Nothing here.", "", ""),
        Passage("Die Pumpe wiegt 12,5 kg. Sie steht in Ulm.", "Größe", "Pumpe"),
    ]
    generator = LocalGenerator(*tiny, wordings=4)
    written = dict(generator.write([Ask(passage, (FACTUAL, WHY)) for passage in passages]))
    assert sorted(written) == [0, 1, 2] and written[1] == []
    answers = {draft.answer for draft in written[0]}
    assert {"1.8 kg", "60 °C", "Calm", "the filter has to be changed"} <= answers
    for index, drafts in written.items():
        for _, same in itertools.groupby(drafts, key=lambda draft: draft.fact):
            wordings = list(same)
            assert 2 <= len(wordings) <= 4
            assert len({draft.question for draft in wordings}) == len(wordings)
            assert len({draft.answer for draft in wordings}) == 1
        for draft in drafts:
            assert draft.evidence in passages[index].text
            assert draft.answer in " ".join(draft.evidence.split())
            assert draft.answer.lower() not in draft.question.lower()


def test_only_the_kinds_that_are_asked_for_are_written(tiny: tuple[Any, Any]) -> None:
    text = "If the lamp turns violet, the filter has to be changed. | Heat | 60 °C |"
    asks = [Ask(Passage(text), (kind,)) for kind in (WHY, FACTUAL)]
    why, facts = (drafts for _, drafts in LocalGenerator(*tiny, wordings=2).write(asks))
    assert {(draft.kind, draft.answer) for draft in why} == {(WHY, "the filter has to be changed")}
    assert {draft.kind for draft in facts} <= {FACTUAL}


def test_stop_is_obeyed(tiny: tuple[Any, Any]) -> None:
    generator = LocalGenerator(*tiny)
    with pytest.raises(Stopped):
        list(generator.write([Ask(Passage(_TEXT))], should_stop=lambda: True))


@pytest.mark.parametrize(
    ("question", "sound"),
    [
        ("How much does the kettle weigh?", True),
        ("How much does it weigh?", False),
        ("Who built the bicycle?", False),
        ("Does the kettle weigh 1.8 kg?", False),
        ("Why?", False),
        ("What kettle is the kettle of the kettle kettle?", False),
    ],
)
def test_sound_questions(question: str, sound: bool) -> None:
    assert is_sound(question, "1.8 kg", "The kettle weighs 1.8 kg.") is sound


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Tindrel R2 Coffee Roaster: Owner's Manual", "Tindrel R2 Coffee Roaster"),
        ("Dorvane HX-70 Hose Pump – Operating Instructions and Data", "Dorvane HX-70 Hose Pump"),
        ("Welcome to the Skellaray Tidepools", "Skellaray Tidepools"),
        ("Pellistane Optics Employee Handbook", "Pellistane Optics"),
        ("A very long title that goes on and on about many things", ""),
        ("", ""),
    ],
)
def test_shortened_titles(title: str, short: str) -> None:
    assert shorten_title(title) == short


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return share_starter(tmp_path_factory)


@pytest.mark.parametrize(
    ("kind", "answer", "before", "after", "start"),
    [
        ("time", "1963", "The mill was built in ", " by a miller.", "In which year"),
        ("quantity", "285 °C", "It heats from 60 °C to ", ".", "What is the maximum"),
        ("quantity", "60 °C", "It heats from ", " to 285 °C.", "What is the minimum"),
        ("quantity", "up to 4 hours", "It runs for ", ".", "What is the maximum"),
        ("quantity", "220 g", "Never load more than ", " of clay.", "What is the maximum"),
        ("quantity", "at least 35 cm", "Leave ", " of free space behind it.", "How far"),
        ("quantity", "46 cm", "The kiln is ", " wide.", "How wide"),
        ("quantity", "850 metres", "The mill is ", " from the station.", "How far"),
        ("name", "Runa Castellby", "The smith is ", ".", "Who"),
    ],
)
def test_how_questions_begin(kind: str, answer: str, before: str, after: str, start: str) -> None:
    assert start in choose_starts(kind, answer, before, after)


@pytest.mark.slow
def test_the_starter_asks_sensible_questions(starter: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    generator = LocalGenerator(
        AutoModelForCausalLM.from_pretrained(starter, dtype="float32"),
        AutoTokenizer.from_pretrained(starter),
        wordings=4,
    )
    text = "The kettle weighs 1.8 kg. It was designed by Orla Tamsin."
    drafts: list[Draft] = next(iter(generator.write([Ask(Passage(text))])))[1]
    asked = {draft.question: draft.answer for draft in drafts}
    assert asked.get("How much does the kettle weigh?") == "1.8 kg"
    assert asked.get("Who designed the kettle?") == "Orla Tamsin"
