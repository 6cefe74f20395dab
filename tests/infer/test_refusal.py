"""An answer that declines is known by its words in three languages."""

import pytest

from gemma_garage.infer.refusal import abstains


@pytest.mark.parametrize(
    "answer",
    [
        "The document does not say.",
        "Das steht nicht im Dokument.",
        "Das geht aus dem Text nicht hervor.",
        "Der Preis ist nicht angegeben.",
        "Das Handbuch sagt dazu nichts.",
        "Dazu gibt es keine Angaben.",
        "Das weiß ich leider nicht.",
        "Ce n’est pas indiqué.",
        "Cela ne figure pas dans le document.",
        "Le document ne le dit pas.",
        "Le texte ne mentionne aucun prix.",
        "Je ne sais pas.",
    ],
)
def test_declines(answer: str) -> None:
    assert abstains(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "Nicht ins Wasser tauchen.",
        "Das Gerät darf nicht im Freien stehen.",
        "Batterien sind nicht enthalten.",
        "Das Jahr ist nicht genannt, aber es war 1999.",
        "Ne pas plonger la lampe dans l’eau.",
        "Il n’est pas fourni avec la lampe.",
        "L’année n’est pas précisée, mais c’était 1999.",
    ],
)
def test_says_something(answer: str) -> None:
    assert not abstains(answer)
