"""Every reason an Example can be rejected for: what it means to the user, and which gate gives it.

The order is the order in which the gates are asked; what one gate rejects the next never sees.
"""

REASONS = {
    "empty": "question or answer is missing",
    "too-long": "question or answer is too long to be learned",
    "vague": "nobody could tell what is asked without seeing the passage",
    "answer-in-question": "the question gives its answer away",
    "evidence": "the quoted sentence does not stand in the passage",
    "number": "a number, unit or date does not stand in the quoted sentence",
    "identifier": "a code or part number does not stand in the passage",
    "name": "a name does not stand in the passage",
    "bound": "a limit is turned round, such as “at least” for “at most”",
    "negation": "the quoted sentence says the opposite",
    "other-subject": "the quoted sentence says this about something else, or the question does not "
    "tell which of its values is meant",
    "unsupported": "the quoted sentence does not say the answer",
    "duplicate": "the same question is there already",
    "roles": "user and assistant do not take turns in this conversation",
    "limit": "more facts than were asked for",
    "irrelevant": "a judge found that the answer does not answer the question",
    "incoherent": "a judge found the question or the answer garbled",
    "ungrounded": "a judge found that the passage does not say so",
    "dependent": "a judge found that the question cannot be understood on its own",
    "no-facts": "the generator found nothing to ask about in this passage",
    "refused": "the provider's filter refused this passage",
    "cut-off": "the reply was longer than the model may write",
    "unreadable": "the reply was not in the wanted form",
    "no-answer": "the provider failed at this passage each time; it is asked about again next time",
    "answerable": "a document of the project answers the question after all",
    "unchecked": "nobody could check that no document answers the question",
    "off-topic": "the question is about nothing that the documents are about",
}
# The same in two or three words, where the reason's own name does not say it.
_LABELS = {
    "too-long": "too long",
    "answer-in-question": "answer in the question",
    "evidence": "quote not in the passage",
    "number": "number not in the quote",
    "identifier": "code not in the passage",
    "name": "name not in the passage",
    "bound": "limit turned round",
    "negation": "quote says the opposite",
    "other-subject": "about something else",
    "unsupported": "quote does not say it",
    "roles": "turns out of order",
    "limit": "more than asked for",
    "ungrounded": "passage does not say it",
    "dependent": "not clear on its own",
    "no-facts": "nothing to ask about",
    "cut-off": "reply cut off",
    "unreadable": "reply unreadable",
    "no-answer": "no reply",
    "answerable": "answered after all",
    "unchecked": "not checked",
    "off-topic": "off topic",
}
# Why a passage has no usable reply: it stays open, and is asked again next time.
SPOILED = ("refused", "cut-off", "unreadable", "no-answer")
# These stand for a passage that gave nothing; no gate saw them.
NOTES = ("no-facts", *SPOILED)
# What a judge is asked, as the key of its answer in `Example.scores`, and the reason a no gives.
JUDGED = {
    "relevant": "irrelevant",
    "coherent": "incoherent",
    "grounded": "ungrounded",
    "standalone": "dependent",
}
# The gates that need no model, in the order in which they are asked.
GATES = (
    "empty",
    "too-long",
    "roles",
    "vague",
    "answer-in-question",
    "evidence",
    "number",
    "identifier",
    "name",
    "bound",
    "negation",
    "other-subject",
    "unsupported",
    "off-topic",
    "answerable",
    "unchecked",
    "duplicate",
)


def label_reason(reason: str) -> str:
    """A reason in a few plain words; what a person wrote stays as it is."""
    return _LABELS.get(reason, reason)
