"""Words of a text as the gates see them: which carry meaning, which are inflections of another.

The word lists are English; words of other languages all count as carrying meaning.
"""

import functools

from gemma_garage.augment.normalise import split_words

FUNCTION_WORDS = frozenset(
    "a an the of in on at by to from for with without into onto as is are was were be been being "
    "am has have had do does did can could may might must shall should will would not no and or "
    "but if than then that this these those it its they them their he she his her him you your we "
    "our us i my me there here what which who whom whose when where why how much many long often "
    "far old any some each every all so very about up down out off over under one ones does "
    "between among against both either neither nor also too just only own same such other "
    "another".split()
)
# Words that explain without adding a fact: an answer may use them of its own.
LIGHT_WORDS = frozenset(
    "because since due cause caused causes reason order thus hence therefore so otherwise instead "
    "called named known located situated found used using use uses needed need needs required "
    "require requires necessary recommended made make makes take takes taken get gets give gives "
    "given keep kept allow allows allowed help helps ensure ensures prevent prevents avoid avoids "
    "mean means meant means namely whether while whereas during when via per within until till "
    "approximately around roughly always again still already yes well both first then finally "
    "done happen happens become becomes result results way thing things part parts".split()
)
# Endings that inflect a word or turn it into its noun, adverb or adjective; English, and those of
# German and French that are common.
_ENDINGS = frozenset(
    "s es 's ed d ing er ers or ors ion ions ation ations tion sion ment ments ly y al ally ial ic "
    "ical ness able ible ity e en n ance ence ant ent ive ure ures ies ied ying t te ten em es ung "
    "ungen lich isch é ée és ées ons ez r re red ring rs st est ier iest ily iness "
    "ving ve ves".split()
)
# Verbs whose forms share no ending.
_IRREGULAR = """
be been was were|bear bore borne|begin began begun|bend bent|bind bound|blow blew blown
break broke broken|bring brought|build built|burn burnt|buy bought|catch caught|choose chose chosen
cling clung|come came|cost|creep crept|cut|deal dealt|dig dug|do did done|draw drew drawn
drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed|feel felt|fight fought
find found|flee fled|fly flew flown|forbid forbade forbidden|forget forgot forgotten
freeze froze frozen|get got|give gave given|go went gone|grind ground|grow grew grown|hang hung
hear heard|hide hid hidden|hit|hold held|keep kept|know knew known|lay laid|lead led|leave left
lend lent|let|lie lay lain|light lit|lose lost|make made|mean meant|meet met|pay paid|put|read
ride rode ridden|ring rang rung|rise rose risen|run ran|say said|see saw seen|seek sought
sell sold sale|send sent|set|shake shook shaken|shine shone|shoot shot|show shown|shrink shrank
shut|sing sang sung|sink sank sunk|sit sat|sleep slept|slide slid|speak spoke spoken speech
spend spent|spin spun|spread|stand stood|steal stole stolen|stick stuck|strike struck
swear swore sworn|sweep swept|swim swam swum|swing swung|take took taken|teach taught|tear tore torn
tell told|think thought|throw threw thrown|understand understood|wake woke woken|wear wore worn
weave wove woven|win won|wind wound|write wrote written|weigh weight|foot feet|tooth teeth|man men
woman women|child children|mouse mice|goose geese|life live|long length|high height|wide width
deep depth|strong strength|hot heat|warm warmth|choose choice|die death|fly flight|lose loss
"""
_FAMILY = {
    word: number
    for number, family in enumerate(_IRREGULAR.replace("\n", "|").strip("|").split("|"))
    for word in family.split()
}
_SHORTEST_SHARED = 3


@functools.lru_cache(maxsize=8192)
def split_content(text: str) -> tuple[str, ...]:
    """The words of `text` that carry meaning, folded, in order."""
    return tuple(word for word in split_words(text) if word not in FUNCTION_WORDS)


@functools.lru_cache(maxsize=50_000)
def is_inflected(one: str, other: str) -> bool:
    """Are both forms of one word: "replaced" and "replacing", "rusty" and "rust"?

    "Transmission" and "transformer" share a beginning and are two words.
    """
    if one == other or (one in _FAMILY and _FAMILY[one] == _FAMILY.get(_strip(other))):
        return True
    if other in _FAMILY and _FAMILY[other] == _FAMILY.get(_strip(one)):
        return True
    if any(sign.isdigit() for sign in one + other):
        return False
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    if shared < _SHORTEST_SHARED or shared < 0.5 * max(len(one), len(other)):
        return False
    rest, other_rest = one[shared:], other[shared:]
    if (not rest or rest in _ENDINGS) and (not other_rest or other_rest in _ENDINGS):
        return True
    # A doubled letter: "stop" and "stopped".
    last = one[shared - 1]
    for short, long in ((rest, other_rest), (other_rest, rest)):
        if not short and long[:1] == last and long[1:] in _ENDINGS:
            return True
    return False


def _strip(word: str) -> str:
    """The word without the plain endings of a verb: "builds", "building"."""
    if word in _FAMILY:
        return word
    for ending in ("ing", "es", "s", "er"):
        stem = word.removesuffix(ending)
        if stem != word and (stem in _FAMILY or f"{stem}e" in _FAMILY):
            return stem if stem in _FAMILY else f"{stem}e"
        if stem != word and stem[:-1] in _FAMILY and stem[-1:] == stem[-2:-1]:
            return stem[:-1]
    return word


class Vocabulary:
    """The words of a text, to be asked whether one of them is a form of a given word."""

    def __init__(self, text: str) -> None:
        self.words = frozenset(split_words(text))
        self._by_start: dict[str, list[str]] = {}
        for word in self.words:
            self._by_start.setdefault(word[:_SHORTEST_SHARED], []).append(word)
        self._families = {_FAMILY.get(_strip(word)) for word in self.words}

    def has(self, word: str) -> bool:
        """Does `word` (folded) stand there, inflected at most, or as part of a compound?"""
        if word in self.words:
            return True
        near = self._by_start.get(word[:_SHORTEST_SHARED], ())
        if any(is_inflected(word, other) for other in near):
            return True
        family = _FAMILY.get(_strip(word))
        if family is not None and family in self._families:
            return True
        parts = word.replace("'", "-").split("-")
        if len(parts) > 1:  # "coffee-based" beside "coffee"
            return all(part in self.words or len(part) < 2 for part in parts)
        return False


@functools.lru_cache(maxsize=1024)
def read_vocabulary(text: str) -> Vocabulary:
    """The words of `text`; kept, because one passage is asked about many times."""
    return Vocabulary(text)
