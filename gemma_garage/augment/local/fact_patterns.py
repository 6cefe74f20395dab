"""The patterns by which `facts` finds answers: numbers, times, codes, names, clauses, phrases.

English word lists, with a few German and French units and qualifiers. Patterns only, no code.
"""

import re

NUMBER_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "eighteen twenty thirty forty fifty sixty seventy eighty ninety hundred dozen"
).split()
ORDINALS = "second third fourth fifth sixth seventh eighth ninth tenth twelfth".split()
COLOURS = (
    "black white red green blue yellow orange purple violet pink brown grey gray amber turquoise "
    "silver gold beige crimson teal magenta cyan scarlet indigo maroon ivory"
).split()
COLOUR = re.compile(
    # "slate blue" where a colour is said, and the usual shades everywhere
    rf"(?:(?<=\bin )|(?<=, )|(?<=\bpainted )|(?<=\bcoloured ))[a-z]{{3,}}\s(?:{'|'.join(COLOURS)})"
    r"(?=\s*(?:[.,;:]|$|and\b|or\b))|"
    rf"\b(?:(?:pale|dark|light|bright|deep|reed|sky|lime|navy)\s+)?(?:{'|'.join(COLOURS)})\b",
    re.IGNORECASE,
)
MONTHS = (
    "January February March April May June July August September October November December"
).split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
FUNCTION = frozenset(
    (
        "a an the this that these those its their his her our your my it they he she we you i one "
        "of in on at by to from for with without into onto over under behind beside between before "
        "after until through during within near next above below beneath against around about than "
        "and or but nor so yet because since while when where which who whom whose what why how if "
        "unless although though whereas provided as is are was were be been being am has have had "
        "do does did can could may might must shall should will would not no never only also too "
        "then there here very just even both each every all any some such more most less least "
        "yes either neither up down out off again once always usually often twice lies lie lay "
        "stands stand hangs hang takes take gives give keeps keep holds hold costs cost makes make "
        "mean means gets get goes go comes come becomes become stays stay lasts last pays pay "
        "shows show runs run turns turn starts start stops stop needs need contains contain "
        "belongs belong along across beyond throughout per you'll it's don't needn't won't isn't "
        "made kept used called named set sets done given found built written known paid worn seen "
        "said"
    ).split()
)
UNITS = (
    "%|°\\s?[CF]|°|µm|mm|cm|km|m|m²|m³|mg|kg|g|t|ml|l|L|ms|s|min|h|Hz|kHz|MHz|GHz|W|kW|MW|V|mV|kV|"
    "A|mA|Ah|mAh|Wh|kWh|N|Nm|bar|mbar|Pa|kPa|psi|dB|rpm|lm|lx|MB|GB|TB|kB|px|dpi|m³/h|m/s|km/h|"
    "l/min|g/l|K|Ω|inch|inches|ft|lb|lbs|oz|percent|cents|euros?|dollars?|pounds|litres?|liters?|"
    "metres?|meters?|people|persons|revolutions|degrees(?: Celsius| Fahrenheit)?|watts?|volts?|"
    "amperes?|amps?|kilograms?|grams?|Jahre?n?|Tagen?|Stunden?|Minuten?|Sekunden?|Euro|Prozent|"
    "ans|jours|heures|minutes|mois|o['’]clock|a\\.m\\.|p\\.m\\.|am|pm"
)
QUALIFIER = (
    r"(?:(?:up to a value of|at least|at most|up to|no more than|no longer than|not more than|"
    r"about|around|every|within|by|until|after every|after|before|between|from|"
    r"mindestens|höchstens|bis zu|etwa|au moins|jusqu'à|±)\s+)"
)
DIGITS = r"[-–+±]?\s?\d+(?:[.,\u00a0]\d+)*"
WORD_NUMBER = r"(?:" + "|".join(NUMBER_WORDS) + r")(?:-\w+)?"
AMOUNT = rf"(?:[$€£¥]\s?)?(?:{DIGITS}|\b{WORD_NUMBER}\b)(?:\s?[€£])?"
QUANTITY = re.compile(
    rf"(?P<lead>(?i:\b{QUALIFIER})(?:the\s+)?)?(?<![\w/.-])(?P<amount>(?i:{AMOUNT})"
    rf"(?:\s?(?:–|-|to|and|or|bis|à)\s?(?i:{AMOUNT}))?)"
    rf"(?P<unit>\s?(?:{UNITS})(?![\w/²³]))?"
)
CLOCK = re.compile(
    r"(?:\b(?:at|by|until|from|before|after|between)\s+)?\b\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\.?)?"
    r"(?:\s?(?:–|-|to|and|until)\s?\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\.?)?)?(?![\d,.]*\w)"
    r"(?!\s?(?:%|°|€|(?!(?:and|or|on|in|at|to|by|for|the|a|we|it|is|as|if)\b)[a-zA-Z]{1,3}\b))",
)
DATE = re.compile(
    rf"\b(?:(?:the\s+)?(?:first|last|{'|'.join(ORDINALS)})\s+(?:{'|'.join(DAYS)})\s+(?:in|of)\s+"
    rf"(?:{'|'.join(MONTHS)})|(?:{'|'.join(MONTHS)})\s+\d{{1,2}}(?:,\s?\d{{4}})?|"
    rf"\d{{1,2}}\.?\s+(?:{'|'.join(MONTHS)})(?:\s+\d{{4}})?|"
    rf"(?:{'|'.join(DAYS)})s?(?:(?:,\s(?:{'|'.join(DAYS)})s?)*\s(?:to|until|through|and|or|–|-)\s"
    rf"(?:{'|'.join(DAYS)})s?)?(?:\s+in\s+(?:{'|'.join(MONTHS)}))?|"
    rf"(?:{'|'.join(MONTHS)})\s(?:to|until|through|–|-)\s(?:{'|'.join(MONTHS)})|(?:{'|'.join(MONTHS)})"
    rf"(?:\s+\d{{4}})?|(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)(?:\s+of\s+(?:each|every|the)\s+month)?)"
    r"(?!\w)"
)
NTH = re.compile(
    rf"\b(?:(?:after|by|from|on|until)\s+)?(?:every|the)\s+(?:{'|'.join(ORDINALS)})\s+"
    r"(?:\w+\s){0,1}(?:day|week|month|year|batch|time|use|hour|cycle|wash|charge|visit|start)"
    r"(?:\s+of\s+(?:the\s+)?(?:next\s+|following\s+)?[a-z]+)?"
)
YEAR = re.compile(
    r"(?:(?<=\b[Ii]n )|(?<=ince )|(?<=ntil ))(?:1[0-9]|20)\d\d\b"
    r"(?!\s?(?:[a-zµ]{1,12}s\b|°|%|[A-Zk]\b))"
)
CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*\b|\b\d+-\d[\d-]*\b")
CODED = re.compile(r"\b(?:DN|ISO|DIN|EN|RAL|Type|Class)\s\d+\b")
SETTING = re.compile(
    r"\b(?:code|number|PIN|pin|password|channel|version)\b[^.;]{0,12}?(?<![-\w])(\d{3,8})\b"
)
CAPITALISED = re.compile(
    r"\b[A-ZÄÖÜÉÈÀÂÎÔ][\w'’äöüßéèàâêîôûç-]*[a-zäöüßéèàâêîôûç](?:['’]s)?"
    r"(?:\s+(?:&\s+|of\s+(?:the\s+)?|de\s+|van\s+|von\s+)?"
    r"(?:[A-ZÄÖÜÉÈÀ][\w'’äöüßéèàâêîôûç-]*[a-zäöüßéèàâêîôûç]|\d{1,3}\b(?!\s*(?:%|°))))*"
)
CLAUSES = (
    ("meaning", re.compile(r"\bmeans? that ([^.;:]{8,90})")),
    ("cause", re.compile(r"\b(?:because|weil|parce que) ([^.;:]{8,80})")),
    (
        "cause",
        re.compile(r",\s(?:as|since) ((?:it|they|this|these|he|she|the|an?|there)\s[^.;:,]{6,80})"),
    ),
    ("remedy", re.compile(r"^(?:If|When|Wenn) [^,]{6,80}, (?:then )?([^.;:,]{8,80})")),
    ("finding", re.compile(r"^[^:]{6,60}: ([a-z][^.;:,]{8,80})")),
)
OBJECT = re.compile(
    r"\b(?P<before>at|in|on|behind|beside|under|beneath|into|onto|to|from|by|with|near|called|named|"
    r"of|than|as|for|given|contains?|receives?|through|is|are|against|[Hh]old|[Pp]ress|[Pp]ull|[Pp]ush|"
    r"[Rr]emove|[Ss]elect|[Cc]hoose|wear|wears|[Bb]ring|[Uu]se)\s+"
    r"(?P<phrase>(?:a|an|the|its|their)(?:\s+[\w'’-]+){1,4})"
)
# A place with what it belongs to: "under the rear edge of the lid". Behind, under … always
# say where; at, on and in do so after a verb of being somewhere.
_THING = (
    r"(?:the|an?|its|their|each|every)"
    r"(?:\s(?!(?:and|or|is|are|of|to|if|when|which)\b)[\w'’-]+){1,3}"
)
_WITHIN = rf"(?:\s(?:of|at|on|in|opposite|behind|beside|near|next to|below|above|to)\s{_THING})?"
_UP_TO = r"(?=[.;,:]|\s(?:and|or|but|until|before|after)\b|$)"
LOCATION = re.compile(
    rf"\b(?P<far>(?:behind|under|underneath|beneath|beside|below|above|opposite|inside|next to|"
    rf"on top of|in front of)\s{_THING}{_WITHIN}){_UP_TO}|"
    rf"\b(?:is|are|be|found|located|kept|stored|placed|printed|mounted|fixed|fitted|hangs?|hung|"
    rf"stands?|lies|sits?|gather|meet|meets|assemble|waits?|allowed|permitted|available|sold|shown|"
    rf"attached|smoke|parked?|put|handed in|left|collected)\s(?:only\s|always\s)?"
    rf"(?P<near>(?:at|on|in)\s{_THING}{_WITHIN}){_UP_TO}"
)
PLACE = re.compile(r"(?:at|behind|under|beneath|beside|near)\s")
BARE = re.compile(
    r"\b(?:(?P<before>with|using|made of|made from|contains?|against|whose)\s+"
    r"(?P<phrase>[a-z][\w'’-]+(?:\s+[a-z][\w'’-]+){0,2})|"
    r"(?P<before2>of|in|by|for|on)\s+(?P<phrase2>[a-z][\w'’-]+\s+[a-z][\w'’-]+))"
)
VAGUE = frozenset(
    "it them this that way thing things time times case order end way place part parts day days "
    "course example rest hand itself themselves use well first day-to-day future past fact".split()
)
