"""The kinds of exam questions, and what each is called. It asks and counts nothing."""

PARAPHRASE, UNSEEN, UNANSWERABLE = "paraphrase", "unseen", "unanswerable"
GENERAL, OWN, REASONING = "general", "own", "reasoning"
HEADLINE = PARAPHRASE  # trained facts in new words: what "knows your documents" means
LATER = frozenset({GENERAL, OWN, REASONING})  # not frozen with the Dataset, but added to its exam
TITLES = {
    PARAPHRASE: "Knows your documents",
    UNSEEN: "Answers about passages it never saw",
    UNANSWERABLE: "Declines what they don't say",
    GENERAL: "Everyday questions",
    OWN: "Your own questions",
    REASONING: "Sums in words",
}
