"""What two questions must share to be about the same thing: numbers, codes, names, opposites.

"Valve A" and "valve B" are written nearly alike and are two facts. So are the minimum and the
maximum pressure. No likeness of words outweighs a difference here.
"""

import functools
import re
from typing import NamedTuple

from gemma_garage.alike.number_words import read_ordinal, write_digits
from gemma_garage.augment.normalise import find_numbers, normalise_text, split_words
from gemma_garage.augment.quality.names import read_identifiers
from gemma_garage.augment.quality.negation import has_negation

# One word of each line says something else than the other words of it.
_OPPOSITES = """
maximum max most highest largest greatest longest heaviest|minimum min least lowest shortest
left|right
front|rear
upper top|lower bottom
inner inside internal indoor indoors|outer outside external outdoor outdoors
before|after
open opens opened opening reopened reopen|close closes closed closing shut
start starts started starting begin begins began beginning|stop stops stopped end ends ended finish
switchon|switchoff
increase increases increased rise rises rose|decrease decreases decreased fall falls fell
input inlet intake|output outlet exhaust
enter enters entered entry entrance|exit exits
hot warm heated heating|cold cool cooled cooling
summer|winter|spring|autumn
daytime|night
morning|evening|afternoon|noon|midnight
old older oldest|new newer newest
first|last final|next|previous
north northern|south southern|east eastern|west western
buy buys bought purchase|sell sells sold sale
import imports imported|export exports exported
positive|negative
public|private
primary|secondary
horizontal|vertical
lock locks locked|unlock unlocks unlocked release
connect connects connected connecting|disconnect disconnected disconnecting
always|never
more greater higher larger|less fewer smaller shorter
wet wettest|dry driest
full|empty half
male|female
adult adults|child children
monday|tuesday|wednesday|thursday|friday|saturday|sunday
red|green|blue|yellow|black|white|orange|purple|brown|grey gray
single|double|triple
clockwise|counterclockwise anticlockwise
add adds added|remove removes removed
accept accepts accepted approve approved|reject rejects rejected refuse refused
win wins won winner|lose loses lost loser
teacher teachers|student students pupil pupils
employer employers|employee employees
buyer|seller
tenant|landlord
links|rechts
vor|nach
gauche|droite
"""
_POLES = {
    word: (axis, pole)
    for axis, text in enumerate(_OPPOSITES.strip().split("\n"))
    for pole, words in enumerate(text.split("|"))
    for word in words.split()
}
POLE_WORDS = frozenset(_POLES)
_SWITCHED = re.compile(r"\b(?:switch|turn|power)(?:ed|s|ing)?\s+(?:\w+\s+){0,3}?(on|off)\b", re.I)


class Guard(NamedTuple):
    """`parts`: numbers, codes, letters, names, and whether it negates. `poles`: by axis, in the
    order in which they stand."""

    parts: tuple[str, ...]
    poles: dict[int, tuple[int, ...]]


def is_same_subject(one: Guard, other: Guard) -> bool:
    """Have both the same parts, and nowhere opposite poles?"""
    return one.parts == other.parts and all(
        poles == other.poles[axis] for axis, poles in one.poles.items() if axis in other.poles
    )


@functools.lru_cache(maxsize=8192)
def read_guard(question: str) -> Guard:
    """What must agree; questions whose guards do not are never the same question."""
    plain = write_digits(question)
    found = read_identifiers(question)
    words = split_words(_SWITCHED.sub(r"switch\1", plain))
    ordinals = (read_ordinal(word) for word in words)
    written = re.findall(r"\b(\d+)(?:st|nd|rd|th)\b", plain)
    parts = {f"number {number}" for number in find_numbers(plain, words=False)}
    parts |= {f"ordinal {ordinal}" for ordinal in ordinals if ordinal is not None}
    parts |= {f"ordinal {ordinal}" for ordinal in written}
    parts |= {f"code {code}" for code in found.codes}
    parts |= {f"letter {letter}" for _, letter in found.letters}
    parts |= {f"name {name.word}" for name in found.names}
    if has_negation(normalise_text(question)):
        parts.add("not")
    poles: dict[int, tuple[int, ...]] = {}
    for word in words:
        if word in _POLES:
            axis, pole = _POLES[word]
            poles[axis] = (*poles.get(axis, ()), pole)
    return Guard(tuple(sorted(parts)), poles)
