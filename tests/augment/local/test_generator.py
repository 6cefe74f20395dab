"""The local Generator: its plumbing on a tiny random Gemma, its questions on the real starter."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from gemma_garage.augment.drafts import FACTUAL, WHY, Ask, Draft, Passage
from gemma_garage.augment.local.generator import LocalGenerator
from gemma_garage.augment.local.sound import is_sound, knows_no_more, shorten_title
from gemma_garage.errors import Stopped
from tests.starter import share_starter
from tests.tiny import write_tiny_adapter

_TEXT = (
    "The Ferrow 8 kettle weighs 1.8 kg and is built by Orla Tamsin in the town of Brickmere. "
    "It boils one litre in 95 seconds.\n\nIf the lamp turns violet, the filter has to be changed."
    "\n\n| Mode | Heat | Use |\n| --- | --- | --- |\n| Calm | 60 °C | green tea |\n"
)


@pytest.fixture
def open_tiny(tiny_gemma: Path, tmp_path: Path) -> Callable[[int], LocalGenerator]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    def open_generator(wordings: int = 4) -> LocalGenerator:
        return LocalGenerator(
            AutoModelForCausalLM.from_pretrained(tiny_gemma),
            AutoTokenizer.from_pretrained(tiny_gemma),
            wordings=wordings,
            adapter=write_tiny_adapter(tiny_gemma, tmp_path),
        )

    return open_generator


def test_every_answer_is_grounded_and_has_wordings(
    open_tiny: Callable[[int], LocalGenerator],
) -> None:
    passages = [
        Passage(_TEXT, "Use", "Ferrow 8 Kettle: Manual"),
        Passage("Nothing here.", "", ""),
        Passage("Die Pumpe wiegt 12,5 kg. Sie steht in Ulm.", "Größe", "Pumpe"),
    ]
    generator = open_tiny(4)
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


def test_only_the_kinds_that_are_asked_for_are_written(
    open_tiny: Callable[[int], LocalGenerator],
) -> None:
    text = "If the lamp turns violet, the filter has to be changed. | Heat | 60 °C |"
    asks = [Ask(Passage(text), (kind,)) for kind in (WHY, FACTUAL)]
    why, facts = (drafts for _, drafts in open_tiny(2).write(asks))
    assert {(draft.kind, draft.answer) for draft in why} == {(WHY, "the filter has to be changed")}
    assert {draft.kind for draft in facts} <= {FACTUAL}


def test_stop_is_obeyed(open_tiny: Callable[[int], LocalGenerator]) -> None:
    generator = open_tiny(4)
    with pytest.raises(Stopped):
        list(generator.write([Ask(Passage(_TEXT))], should_stop=lambda: True))


def test_a_word_and_its_kin_in_one_question_are_no_repetition() -> None:
    told = "A delayed start of up to 16 hours can be set."
    assert is_sound("What is the longest delay for a delayed start?", "up to 16 hours", told)
    assert not is_sound("How long is the start's delayed start?", "up to 16 hours", told)


def test_who_asks_how_many_names_what_is_counted() -> None:
    told = "Elements last for about 200 stoneware firings."
    question = "For how many stoneware firings do elements last?"
    assert is_sound(question, "about 200 stoneware firings", told)
    assert not is_sound(
        "How many of the 200 stoneware firings last?", "200 stoneware firings", told
    )


def test_a_question_that_says_the_answer_without_its_plural_is_unsound() -> None:
    told = "Paint is used on Thursdays only."
    assert not is_sound("When is paint used on the Thursday?", "Thursdays", told)
    assert is_sound("On which day of the week is paint used?", "Thursdays", told)


@pytest.mark.parametrize(
    ("question", "sound"),
    [
        ("How much does the kettle weigh?", True),
        ("How much does it weigh?", False),
        ("Who built the bicycle?", False),
        ("Does the kettle weigh 1.8 kg?", False),
        ("Why?", False),
        ("How heavy is the whole kettle of this kettle?", False),
        ("What kettle is the kettle of the kettle kettle?", False),
    ],
)
def test_sound_questions(question: str, sound: bool) -> None:
    assert is_sound(question, "1.8 kg", "The kettle weighs 1.8 kg.") is sound


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("How heavy is the Tern S4?", True),
        ("My son has a Tern. What's the Tern S4's weight?", True),
        ("What is the Corvo's weight?", False),
        ("What weighs 5.8 kg?", False),
        ("How much of Glidol 40 is needed?", True),
    ],
)
def test_a_question_knows_no_name_or_value_that_nobody_told(question: str, known: bool) -> None:
    told = "The Tern S4 weighs 5.8 kg with Glidol 40 oil."
    assert knows_no_more(question, told, "Tern S4: Manual") is known


def test_of_a_table_row_the_values_may_be_known() -> None:
    assert knows_no_more("How hot for 200 g?", "Bread: 200 g; Heat: 210 °C", "Oven")


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


@pytest.mark.slow
def test_the_starter_asks_sensible_questions(starter: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    generator = LocalGenerator(
        AutoModelForCausalLM.from_pretrained(starter, dtype="float32"),
        AutoTokenizer.from_pretrained(starter),
        wordings=6,
    )
    text = "The kettle weighs 1.8 kg. It was designed by Orla Tamsin."
    drafts: list[Draft] = next(iter(generator.write([Ask(Passage(text))])))[1]
    asked = {draft.question: draft.answer for draft in drafts}
    assert asked.get("How much does the kettle weigh?") == "1.8 kg"
    assert asked.get("Who designed the kettle?") == "Orla Tamsin"
