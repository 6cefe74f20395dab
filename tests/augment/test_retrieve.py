"""Passages near a question, by the words they share."""

from gemma_garage.augment.drafts import Passage
from gemma_garage.augment.retrieve import Retriever

PASSAGES = [
    Passage("The pump weighs 9 kg and stands in the cellar.", "Data", "Pump X200"),
    Passage("Oil the hinge of the gate once a year. The gate is green.", "Care", "Garden"),
    Passage("水泵的质量是九公斤。", "数据", "手册"),
]


def test_the_nearest_comes_first() -> None:
    found = Retriever(PASSAGES).find_best("How often is the hinge of the gate oiled?")
    assert found[0] is PASSAGES[1]
    assert Retriever(PASSAGES).find_best("水泵的质量是多少？")[0] is PASSAGES[2]
    assert Retriever(PASSAGES).find_best("Quark?") == []


def test_a_question_is_about_the_documents_or_it_is_not() -> None:
    retriever = Retriever(PASSAGES)
    assert retriever.is_about("Which guarantee has the pump?")
    assert not retriever.is_about("What is the capital of France?")


def test_a_statement_with_all_the_telling_words_may_be_the_answer() -> None:
    retriever = Retriever(PASSAGES)
    assert retriever.is_said("How much does the pump X200 weigh?")
    assert not retriever.is_said("Which colour has the pump X200?")
    # Both words are in the passage, but no statement has the two.
    assert not retriever.is_said("Is the green hinge oiled?")
