"""The answer to a question that the documents do not answer, in the language of the question.

One sentence for each language, so that a model learns one way to say it. It detects no language.
"""

_REFUSALS = {
    "cs": "V dokumentech to není uvedeno.",
    "da": "Det fremgår ikke af dokumenterne.",
    "de": "Das steht nicht in den Dokumenten.",
    "en": "The documents do not say.",
    "es": "Los documentos no lo dicen.",
    "fi": "Asiakirjoissa ei sanota sitä.",
    "fr": "Les documents ne le disent pas.",
    "it": "I documenti non lo dicono.",
    "ja": "文書には書かれていません。",
    "ko": "문서에 나와 있지 않습니다.",
    "nl": "Dat staat niet in de documenten.",
    "no": "Det står ikke i dokumentene.",
    "pl": "Dokumenty tego nie podają.",
    "pt": "Os documentos não o dizem.",
    "ru": "В документах об этом не сказано.",
    "sv": "Det står inte i dokumenten.",
    "tr": "Belgelerde bu belirtilmiyor.",
    "uk": "У документах про це не сказано.",
    "zh": "文件中没有说明。",
}


def choose_refusal(language: str, written: str) -> str:
    """The sentence in `language` (ISO 639-1), else as the generator wrote it, else in English."""
    known = _REFUSALS.get(language.strip().lower()[:2])
    return known or " ".join(written.split())[:200] or _REFUSALS["en"]
