"""What counts as the same question, and what never does."""

from pathlib import Path

import pytest

from gemma_garage.augment.quality import Duplicates, Place
from gemma_garage.augment.quality.answers import compare_answers
from gemma_garage.augment.quality.guard import is_same_subject, read_guard
from gemma_garage.augment.quality.meaning import Meaning, find_meaning, open_meaning
from gemma_garage.augment.quality.minhash import Chains, NearTexts, sign_text
from gemma_garage.garage import Garage
from tests.starter import share_starter
from tests.tiny import write_tiny_gemma

HERE, THERE = Place(1, 0), Place(2, 0)


def test_the_same_question_is_a_duplicate_whatever_its_dress() -> None:
    seen = Duplicates([("What is the fuse rated at?", "8 amperes")])
    assert seen.has("what is the  fuse rated at", "8 amperes")
    assert seen.has("What is the fuse rated at?", "9 amperes")  # a contradiction helps nobody
    assert seen.has("What is the fuses rated at?", "8 amperes")  # nearly the same
    assert not seen.has("Which current does the fuse allow?", "8 amperes")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the maximum pressure of valve A?", "What is the maximum pressure of valve B?"),
        ("What does error code 12 of the pump mean?", "What does error code 13 of the pump mean?"),
        ("What is the fuse of pump F-118 rated at?", "What is the fuse of pump F-119 rated at?"),
        ("How heavy is the box of the Meadow?", "How heavy is the box of the Meadov?"),
    ],
)
def test_questions_about_different_things_are_never_duplicates(one: str, other: str) -> None:
    assert not Duplicates([(one, "6 bar")]).has(other, "6 bar")


def test_wordings_of_one_fact_are_duplicates_only_word_for_word() -> None:
    seen = Duplicates()
    seen.add("What is the fuse rated at?", "8 amperes", HERE)
    assert not seen.has("What rating has the fuse?", "8 amperes", HERE)
    assert seen.has("what is the fuse rated at", "8 amperes", HERE)
    assert seen.has("What rating has the fuse?", "8 A", THERE)
    assert seen.has("What rating has the fuse?", "8 A", Place(1, 1))


def test_the_same_question_from_another_passage_with_another_answer_is_kept() -> None:
    seen = Duplicates()
    seen.add("What is the fuse rated at?", "8 amperes", HERE)
    assert not seen.has("What is the fuse rated at?", "9 amperes", THERE)
    assert seen.has("What is the fuse rated at?", "9 amperes", Place(1, 1))
    assert seen.has("What is the fuse rated at?", "the 8 A of the label", THERE)


@pytest.fixture(scope="module")
def meaning(tmp_path_factory: pytest.TempPathFactory) -> Meaning:
    found = open_meaning(share_starter(tmp_path_factory))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("How heavy is the oven?", "What does the oven weigh?", "18.5 kg"),
        ("How tall is the tower?", "What is the height of the tower?", "9 m"),
        ("When was the bridge opened?", "In which year did the bridge open?", "1931"),
        ("Who designed the bridge?", "Who was the designer of the bridge?", "Marta Voss"),
    ],
)
def test_the_same_in_other_forms_of_its_words(one: str, other: str, answer: str) -> None:
    assert Duplicates([(one, answer)]).has(other, answer)
    assert not Duplicates([(one, answer)]).has(other, "42 metres")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        (
            "How many people can sleep in the hut at Gillow?",
            "How many guests can stay overnight in the hut at Gillow?",
            "24 people",
        ),
        (
            "How much is a ticket for the Alder Collection?",
            "What is the price of admission to the Alder Collection?",
            "9 euros",
        ),
        (
            "In which year was the clock by Josef Lindqvist made?",
            "When was the clock by Josef Lindqvist built?",
            "in 1764",
        ),
    ],
)
def test_the_same_by_meaning(meaning: Meaning, one: str, other: str, answer: str) -> None:
    assert Duplicates([(one, answer)], meaning=meaning).has(other, answer)
    assert not Duplicates([(one, answer)], meaning=meaning).has(other, "42 metres")
    assert not Duplicates([(one, answer)]).has(other, answer)  # not by its words


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What colour is the lid?", "What colour is the base?"),
        ("What is the maximum pressure?", "What is the minimum pressure?"),
        ("When was the bridge opened?", "When was the bridge closed?"),
        ("What does the left lever do?", "What does the right lever do?"),
        ("Who wrote the first report?", "Who wrote the second report?"),
        ("Which fuse is used?", "Which fuse is not used?"),
        ("How often is the filter cleaned?", "How often is the filter replaced?"),
        ("Who repaired the transmission?", "Who repaired the transformer?"),
        ("Who leads the team in year seven?", "Who leads the team in year eight?"),
    ],
)
def test_near_in_words_and_far_in_what_is_asked(meaning: Meaning, one: str, other: str) -> None:
    assert not Duplicates([(one, "grey")], meaning=meaning).has(other, "grey")
    assert not Duplicates([(one, "grey")]).has(other, "grey")


def test_what_must_agree_is_read_from_the_question() -> None:
    parts = read_guard("Does the R2 of Orvask need valve B in year three?").parts
    assert parts == ("code r2", "letter b", "name orvask", "number 3")
    assert is_same_subject(read_guard("How is it opened?"), read_guard("How is it done?"))
    assert not is_same_subject(read_guard("How is it opened?"), read_guard("How is it closed?"))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("8 amperes", "8 A", "same"),
        ("30 minutes", "half an hour", "same"),
        ("the oil cannot be rinsed out", "because the oil cannot be rinsed out", "same"),
        ("3 May 1931", "1931", "unclear"),
        ("two lanes and a tramway", "a tramway", "same"),
        ("8 amperes", "9 amperes", "different"),
        ("E12", "E13", "different"),
        ("by Marta Voss", "by Ilan Brode", "different"),
        ("the filter is washed", "the filter is not washed", "different"),
        ("yes", "no", "different"),
        ("a brush", "a rag", "different"),
    ],
)
def test_answers_agree_or_exclude_each_other(one: str, other: str, expected: str) -> None:
    assert compare_answers(one, other) == expected == compare_answers(other, one)


def test_without_a_model_words_still_count(garage: Garage, tmp_path: Path) -> None:
    assert find_meaning(garage.workspace) is None
    seen = Duplicates([("How heavy is the oven?", "18.5 kg")])
    assert seen.has("How heavy is the ovens?", "18.5 kg")
    assert not seen.has("How heavy is the stove?", "18.5 kg")


def test_vectors_too_short_to_tell_anything_are_not_used(tmp_path: Path) -> None:
    assert open_meaning(write_tiny_gemma(tmp_path / "tiny")) is None


@pytest.mark.slow
def test_a_text_without_tokens_is_like_none(meaning: Meaning) -> None:
    assert meaning.compare("", "oven") == 0
    assert meaning.compare("oven", "oven") == pytest.approx(1)
    assert meaning.embed([]).shape[0] == 0


def test_a_look_up_goes_through_a_bounded_part_of_the_rows() -> None:
    chains, near = Chains(), NearTexts()
    for number in range(1_000):
        chains.add(7, number)
        near.add(sign_text("what is the colour of the lid"), number)
    assert next(iter(chains.find(7))) == 999 and len(list(chains.find(7))) < 100
    assert len(near.find(sign_text("what is the colour of the lid"))) < 1_000
    assert not near.find(sign_text("who wrote it"))
