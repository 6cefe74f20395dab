"""Cues hold telling words of the evidence, never the answer, and are the same for the same seed."""

from gemma_garage.augment.cues import CUE_KIND, CUES_PER_FACT, MOST_WORDS, write_cues
from gemma_garage.augment.local.fit import list_openings
from gemma_garage.schema import Example

EVIDENCE = "The oil of the X200 pump must be changed after every 500 hours of operation in summer."


def make(number: int, answer: str, evidence: str = EVIDENCE, fact: int = 1) -> Example:
    return Example(id=number, chunk_id=1, fact=fact, question="?", answer=answer, evidence=evidence)


def test_one_fact_gives_its_cues_once_however_many_wordings_it_has() -> None:
    cues = write_cues([make(1, "500 hours"), make(2, "500 hours")])
    assert 1 < len(cues) <= CUES_PER_FACT
    assert {cue["example_id"] for cue in cues} == {1}
    assert {cue["kind"] for cue in cues} == {CUE_KIND}


def test_a_cue_has_words_of_the_evidence_and_none_of_the_answer() -> None:
    words = set(EVIDENCE.rstrip(".").split())
    for seed in range(50):
        for cue in write_cues([make(1, "every 500 hours")], seed=seed):
            said = cue["question"].removesuffix("?").split()
            assert 2 <= len(said) <= MOST_WORDS
            assert set(said) <= words - {"every", "500", "hours", "the", "of", "must"}


def test_the_same_seed_gives_the_same_cues_and_another_others() -> None:
    rows = [make(1, "500 hours"), make(2, "summer", fact=2)]
    assert write_cues(rows, seed=1) == write_cues(rows, seed=1)
    assert write_cues(rows, seed=1) != write_cues(rows, seed=2)


def test_a_bare_sentence_gives_none() -> None:
    assert write_cues([make(1, "9.2 kg", "It weighs 9.2 kg.")]) == []


def test_about_half_of_the_cues_name_what_the_document_is_about() -> None:
    rows = [make(number, "500 hours", fact=number) for number in range(60)]
    cues = write_cues(rows, {1: "Aurora 7"})
    named = sum("Aurora 7" in cue["question"] for cue in cues)
    assert 0.3 * len(cues) < named < 0.7 * len(cues)


def test_more_than_half_of_the_cues_open_as_a_question_does() -> None:
    rows = [make(number, "500 hours", fact=number) for number in range(60)]
    for row in rows:
        row.question = "After what time must the oil be changed?"
    cues = write_cues(rows)
    opened = sum(cue["question"].startswith("After what time ") for cue in cues)
    assert opened == 0, "“after” is no question word"
    for row in rows:
        row.question = "X200: how long does the pump run between two changes of oil?"
    cues = write_cues(rows)
    own = sum(cue["question"].startswith("how long does the ") for cue in cues)
    others = sum(cue["question"].startswith(list_openings("500 hours")) for cue in cues) - own
    assert 0.2 * len(cues) < own < 0.4 * len(cues)
    assert 0.2 * len(cues) < others < 0.4 * len(cues), "the opening alone tells no fact"


def test_other_values_of_the_sentence_are_not_named() -> None:
    evidence = (
        "For rye we recommend a temperature of 230 °C, a Glidol 40 bath and 48 minutes of rest."
    )
    for seed in range(30):
        for cue in write_cues([make(1, "48 minutes", evidence)], seed=seed):
            assert "230" not in cue["question"]


def test_a_question_word_inside_a_wording_opens_a_cue_too() -> None:
    rows = [make(number, "500 hours", fact=number) for number in range(40)]
    for row in rows:
        row.question = "Change the oil of the X200 pump after how many hours of operation?"
    opened = [cue for cue in write_cues(rows) if cue["question"].startswith("how many hours ")]
    assert opened
