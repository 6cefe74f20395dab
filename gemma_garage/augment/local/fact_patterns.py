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
SHADES = (
    "pale dark light bright deep reed sky lime navy mint bottle slate olive forest sea royal ruby "
    "blood brick cherry rose salmon lemon mustard sand chocolate charcoal pearl midnight moss "
    "apple emerald cobalt steel ice powder baby signal pastel grass leaf turquoise"
).split()
COLOUR = re.compile(
    # "slate blue" where a colour is said, and the usual shades everywhere
    rf"(?:(?<=\bin )|(?<=, )|(?<=\bpainted )|(?<=\bcoloured ))[a-z]{{3,}}\s(?:{'|'.join(COLOURS)})"
    r"(?=\s*(?:[.,;:]|$|and\b|or\b))|"
    rf"\b(?:(?:{'|'.join(SHADES)})[\s-])?(?:{'|'.join(COLOURS)})\b",
    re.IGNORECASE,
)
# Kinds of goods, not the look of a thing: nobody asks for the colour of green coffee.
KIND_BY_COLOUR = re.compile(
    r"\s(?:coffee|beans?|teas?|wines?|breads?|rice|flour|sugar|pepper|meat|cabbage|chocolate|goods|"
    r"water|noise|paper|spirit|energy|light(?!s)(?=\s(?:conditions|balance))|list|market)\b"
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
    "A|mA|Ah|mAh|Wh|kWh|N|Nm|bar|mbar|Pa|kPa|psi|dB|rpm|lm|lx|MB|GB|TB|kB|px|dpi|m³/h|m/s|km/h|mph|tbsp|tsp|"
    "l/min|g/l|K|Ω|inch|inches|in\\.|ft|feet|foot|yards?|gallons?|pints?|ounces?|lb|lbs|oz|percent|cents|euros?|dollars?|pounds|litres?|liters?|"
    "metres?|meters?|people|persons|revolutions|degrees(?: Celsius| Fahrenheit)?|watts?|volts?|"
    "amperes?|amps?|kilograms?|grams?|Jahre?n?|Tagen?|Stunden?|Minuten?|Sekunden?|Euro|Prozent|"
    "ans|jours|heures|minutes|mois|o['’]clock|decibels?|kilometres?|miles?|bytes|gigabytes|megapixels|hectares?|"
    r"pence|cents?|(?<=\d)p\b|(?:million|billion|thousand)(?:\s(?:euros?|dollars?|pounds|people|litres|tonnes))?|"
    "per cent|a\\.m\\.|p\\.m\\.|am|pm"
)
QUALIFIER = (
    r"(?:(?:up to a value of|at least|at most|up to|no more than|no longer than|not more than|"
    r"more than|less than|fewer than|(?:not |no )?older than|(?:not |no )later than|"
    r"about|around|every|within|by|until|after every|after|before|between|from|"
    r"mindestens|höchstens|bis zu|etwa|au moins|jusqu'à|±)\s+)"
)
_FRACTION = r"(?:\d\s)?[1-9]/(?:2|3|4|8|16)(?![\d/])"
_WHOLE = r"\d+(?:[.,\u00a0]\d+)*(?:\s?[½¼¾⅓⅔])?(?!\d*(?:st|nd|rd|th)\b)"
DIGITS = rf"(?:minus\s|plus\s|[-–+±]?\s?)(?:{_FRACTION}|{_WHOLE})"
WORD_NUMBER = r"(?:" + "|".join(NUMBER_WORDS) + r")(?:-\w+)?"
AMOUNT = rf"(?:[$€£¥]\s?)?(?:{DIGITS}|\b{WORD_NUMBER}\b)(?:\s?[€£])?"
QUANTITY = re.compile(
    rf"(?P<lead>(?i:\b{QUALIFIER})(?:the\s+)?)?(?<![\w/.-])(?P<amount>(?i:{AMOUNT})"
    rf"(?:\s?(?:–|-|to|and|or|bis|à)\s?(?i:{AMOUNT}))?)"
    rf"(?P<unit>\s?(?:{UNITS})(?![\w/²³]))?"
)
# "between 28 mm and 60 mm"
RANGE = re.compile(
    rf"(?P<amount>\b(?i:between|from)\s{AMOUNT}\s?(?:{UNITS})\s(?:and|to)\s{AMOUNT}\s?(?:{UNITS}))"
    r"(?![\w/²³])"
)
_HALF = r"(?:[ap]\.m\.|[ap]m|o['’]clock)"
_AT = r"(?:\b(?:at|by|until|from|before|after|between)\s+)?"
_HOUR = rf"(?:\d{{1,2}}[:.]\d{{2}}(?:\s?{_HALF})?|\d{{1,2}}\s?{_HALF}|noon|midnight|midday)"
CLOCK = re.compile(
    rf"{_AT}\b\d{{1,2}}[:.]\d{{2}}(?:\s?{_HALF})?"
    rf"(?:\s?(?:–|-|to|and|until)\s?{_HOUR})?(?![\d,.]*\w)"
    r"(?!\s?(?:%|°|€|(?!(?:and|or|on|in|at|to|by|for|the|a|we|it|is|as|if)\b)[a-zA-Z]{1,3}\b))|"
    rf"{_AT}\b(?:\d{{1,2}}\s?{_HALF}|noon|midnight|midday)(?:\s(?:–|-|to|and|until)\s{_HOUR})?(?!\w)"
)
_MONTH = "|".join(MONTHS)
_ON = rf"(?:\d{{1,2}}\.?\s+)?(?:{_MONTH})"
DATE = re.compile(
    rf"\b(?:(?:the\s+)?(?:first|last|{'|'.join(ORDINALS)})\s+(?:{'|'.join(DAYS)})\s+(?:in|of)\s+"
    rf"(?:{_MONTH})|(?:in\s)?the\s(?:first|last)\s(?:(?:two|three|four|\d{{1,2}})\s)?"
    rf"(?:weeks?|days?|half|weekend|fortnight)\s(?:of|in)\s(?:{_MONTH})|(?:by\s)?the\s(?:end|start|beginning|middle)\sof\s(?:{_MONTH})|"
    rf"(?:from\s)?{_ON}\s(?:to|until|through|–|-)\s{_ON}|between\s{_ON}\sand\s{_ON}|"
    rf"(?:{_MONTH})\s+\d{{1,2}}(?:,\s?\d{{4}})?|\d{{1,2}}\.?\s+(?:{_MONTH})(?:\s+\d{{4}})?|"
    rf"(?:{'|'.join(DAYS)})s?(?:(?:,\s(?:{'|'.join(DAYS)})s?)*\s(?:to|until|through|and|or|–|-)\s"
    rf"(?:{'|'.join(DAYS)})s?)?(?:\s+in\s+(?:{_MONTH}))?|"
    rf"(?:{_MONTH})(?:\s+\d{{4}})?|(?:by\s)?(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)(?:\s+of\s+(?:each|every|the)\s+month)?)"
    r"(?!\w)"
)
_ORDINAL, _DAY = "|".join(ORDINALS), "|".join(DAYS)
_SPAN = r"(?:day|week|month|year|weekend|quarter|hour)"
NTH = re.compile(
    rf"\b(?:(?:after|by|from|on|until)\s+)?(?:every\s(?:{_ORDINAL}|other)\s(?:{_SPAN}|{_DAY})|"
    rf"the\s(?:{_ORDINAL}|first|last)\s(?:working\s)?(?:{_SPAN}|{_DAY})\sof\s"
    r"(?:each|every|the|a)\s(?:next\s|following\s)?[a-z]+|"
    rf"(?:every|the)\s+(?:{_ORDINAL})\s+(?:\w+\s){{0,1}}"
    r"(?:day|week|month|year|batch|time|use|hour|cycle|wash|charge|visit|start)"
    r"(?:\s+of\s+(?:the\s+)?(?:next\s+|following\s+)?[a-z]+)?)\b"
)
FREQUENCY = re.compile(
    rf"\b(?:(?:once|twice|(?:{WORD_NUMBER}|\d+)\stimes)\s(?:(?:a|an|per|each|every)\s)(?:(?:{WORD_NUMBER}|\d+)\s)?(?:[a-z]+)|"
    r"(?:before|after)\s(?:each|every)\s[a-z]+(?:\sof\s[a-z]+)?|"
    r"(?:each|every)\s(?:morning|evening|night|day|week|month|quarter|year|spring|summer|autumn|"
    r"winter|season)|(?:daily|weekly|monthly|yearly|annually)(?=[.,;]|$))\b"
)
# "Mondays at 10 am", "on weekdays from 10 to 4", "on Thursday afternoons", "noon of the day before"
_ON_DAYS = (
    rf"(?:weekdays?|weekends?|working days?|(?:{_DAY})s?(?:(?:,|\s(?:and|or))\s(?:{_DAY})s?)*)"
)
_TIME_OF_DAY = (
    rf"(?:\d{{1,2}}(?:[:.]\d{{2}})?(?:\s?{_HALF})?|noon|midnight|midday|one|{WORD_NUMBER})"
)
DAY_TIME = re.compile(
    rf"(?<!\bto )(?<!– )(?<!until )\b(?:(?:only\s)?(?:on|every|by)\s)?{_ON_DAYS}(?:"
    rf"(?:\s(?:mornings?|afternoons?|evenings?|nights?))?,?\s(?:at|from|between|before|after|until)\s"
    rf"{_TIME_OF_DAY}(?:\s?(?:to|and|–|-|until)\s?{_TIME_OF_DAY})?(?!\s?(?:%|°|[€$£]|[a-z]))|"
    r"\s(?:mornings?|afternoons?|evenings?|nights?))(?!\w)|"
    r"\b(?:(?:at|by|until|before|after|from)\s)?(?:noon|midnight|midday)\s(?:of|on)?\s?"
    r"the\s(?:same\s|previous\s|next\s|following\s)?day(?:\s(?:before|after))?\b"
)
YEAR = re.compile(
    r"(?:(?<=\b[Ii]n )|(?<=ince )|(?<=ntil ))(?:1[0-9]|20)\d\d\b"
    r"(?!\s?(?:[a-zµ]{1,12}s\b|°|%|[A-Zk]\b))"
)
CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*\b|\b\d+-\d[\d-]*\b")
# "1 hour and 50 minutes", "an hour and a half", "two and a half hours"
_TIME = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)"
_ANY = rf"(?:\d+|{WORD_NUMBER}|one|an?)"
COMPOUND = re.compile(
    rf"(?P<amount>(?:{QUALIFIER})?\b(?:{_ANY}\s{_TIME}\s(?:(?:and\s)?(?!an?\b){_ANY}\s{_TIME}|"
    rf"and\s(?:an?\s{_TIME}|a\s(?:half|quarter)))|"
    rf"(?:\d+|{WORD_NUMBER}|one)\sand\sa\s(?:half|quarter)\s[a-z]+s))\b"
)
ONE = re.compile(
    rf"(?P<amount>(?:{QUALIFIER})?\b(?:one|1|half\san?|a\squarter\sof\san?)\s(?:{_TIME}|fortnight|metre|meter|"
    r"litre|liter|gram|kilogram|kilo|kilometre|centimetre|mile|degree|inch|euro|dollar|pound|percent))"
    r"\b|\b(?:for|within|after|lasts?|takes?|about)\s(?P<other>an?\s(?:hour|minute|day|week|fortnight|"
    r"month|year))\b(?!\sand\sa)"
)
FREE = re.compile(
    r"\b(?:is|are|travels?|stays?|rides?|enters?|costs?|pays?|given|sent|"
    r"receive[sd]?\s[\w ]{3,40}?)\s"
    r"(?P<amount>free(?:\sof\scharge)?|nothing|half(?:\s(?:price|of it))?)"
    r"(?=[.,;]|\s(?:for|and)\b|$)"
)
# "45 days' written notice"
NOTICE = re.compile(
    rf"(?P<amount>(?:{QUALIFIER})?\b(?:\d+|{WORD_NUMBER}|one|an?)(?:\s[a-z]+)?\s"
    r"(?:hours?|days?|weeks?|months?)['’]s?\s(?:[a-z]+\s)?notice)\b"
)
# "a quarter", "three quarters", "a fifth more"
FRACTION = re.compile(
    rf"(?P<amount>(?:{QUALIFIER})?\b(?:an?|one|two|three|four)\s(?:third|quarter|fifth|sixth|tenth)s?"
    r"(?:\s(?:more|less|turn))?)(?=[.,;:]|\s(?:of|on|off|and|or|to|is|are|for|from|in|at|if)\b|$)"
)
# "one claim in fifteen", "aged 16 or over"
SHARE = re.compile(
    rf"(?P<amount>\b(?:one|{WORD_NUMBER}|\d+)(?:\s[a-z]+)?\s(?:in|out of)\s(?:every\s)?"
    rf"(?:{WORD_NUMBER}|\d+)|\b\d+\s(?:or|and)\s(?:over|older|above|more|under|younger|below))"
    r"(?=[.,;:]|\s(?:and|or|is|are|was|may|must)\b|$)"
)
# Things that go by a number: "deck 5", "radio channel 14", "room C-14".
NUMBERED = re.compile(
    r"\b(?:channel|deck|terminal|room|gate|platform|step|line|bus|route|chapter|section|level|stage|"
    r"zone|bay|hall|floor|shelf|pier|berth|track|size|table|form|key|port|socket|setting|position|"
    r"locker|window|building|door|exit|category)\s(?:[A-Z]{1,2}-?)?\d{1,4}[a-zA-Z]?\b"
    r"(?!\s?(?:%|°|(?:mm|cm|m|kg|g|l|ml|euros?|minutes?|hours?|degrees?)\b)|\s(?:to|or)\s\d)"
)
# "01632 960142", "+44 1632 960142", "0800-555-0199"
PHONE = re.compile(
    r"(?<![\w.,])(?:\+\d{1,3}[\s-]\d{1,5}|0\d{2,5}|\(0\d{2,5}\))(?:(?:[\s/-]\d{2}){3,}|[\s/-]\d{3,8}(?:[\s-]\d{2,6})*)(?![\w%°]|\s?(?:mm|cm|kg|km|g|m|l)\b)"
)
CODED = re.compile(
    r"\b(?:(?:DN|ISO|DIN|EN|RAL|Type|Class)\s\d+|"
    r"(?:type|class|grade|category|group|model|shade|mode)\s(?:[A-Z]{1,2}\d{0,3}|\d{1,3}[A-Z]?))\b"
    r"(?!\s?(?:%|°|-))"
)
# "9 Tanner Street"
ADDRESS = re.compile(
    r"\b\d{1,4}[a-z]?\s(?:[A-Z][\w'’-]+\s){1,3}"
    r"(?:Street|Road|Lane|Avenue|Square|Way|Drive|Close|Row|Place|Court|Quay|Parade|Hill|Terrace)\b"
)
SETTING = re.compile(
    r"\b(?:code|number|PIN|pin|password|channel|version)\b[^.;]{0,12}?(?<![-\w])(\d{3,8})\b"
)
_UPPER = "A-ZÀ-ÖØ-ÞĆČĎĐĘĚĞİŁŃŇŐŒŘŚŠŤŮŰŹŻŽ"
_NAME = rf"[{_UPPER}][\w'’-]*[^\W\d_A-Z](?:['’]s)?"
CAPITALISED = re.compile(
    rf"(?:\b(?:Dr|Prof|Mr|Mrs|Ms|Mme|St)\.\s)*\b{_NAME}"
    rf"(?:\s+(?:&\s+|of\s+(?:the\s+)?|de\s+|van\s+|von\s+)?(?:{_NAME}|\d{{1,3}}\b(?!\s*(?:%|°))))*"
)
CLAUSES = (
    (
        "meaning",
        re.compile(
            r"(?<![Tt]his )(?<![Tt]hat )(?<!\b[Ii]t )(?<!all )\bmeans? (?:that )?"
            r"(?!of\b|to\b)([^.;:]{8,90})"
        ),
    ),
    ("cause", re.compile(r"\b(?:because|weil|parce que) ([^.;:]{8,80})")),
    (
        "cause",
        re.compile(r",\s(?:as|since) ((?:it|they|this|these|he|she|the|an?|there)\s[^.;:,]{6,80})"),
    ),
    # "To unlock it, push the stick forwards"
    ("way", re.compile(r"^To (?!the\b|an?\b|us\b)[a-z]+ [^,]{2,70}, ([a-z][^.;:,]{8,90})")),
    # "goes on until you stop it", "only if that oven has a fan of its own"
    ("limit", re.compile(r"\b(until (?!then\b|now\b)(?:[a-z]+ )[a-z][^.;:,]{4,60})")),
    ("limit", re.compile(r"(?<=[a-z] )((?:only )?(?:if|unless) [a-z][^.;:,]{8,70})(?=[.;]|$)")),
    ("remedy", re.compile(r"^(?:If|When|Wenn) [^,]{6,80}, (?:then )?([^.;:,]{8,80})")),
    ("finding", re.compile(r"^[^:]{6,60}: (?!if\b|when\b)([a-z][^.;:,]{8,80})")),
)
# Looks ahead: "press the red button on the left shoulder" holds two phrases.
OBJECT = re.compile(
    r"\b(?P<before>at|in|on|behind|beside|under|beneath|into|onto|to|from|by|with|near|called|named|"
    r"of|than|as|for|given|contains?|receives?|through|is|are|against|[Hh]old|[Pp]ress|[Pp]ull|[Pp]ush|"
    r"[Rr]emove|[Ss]elect|[Cc]hoose|wear|wears|[Bb]ring|[Uu]se)\s+"
    r"(?=(?P<phrase>(?:a|an|the|its|their)(?:\s+[\w'’-]+){1,4}))"
)
# What is done with a thing makes it an answer, however short its name.
ACTED_ON = frozenset(
    "called named given contain contains receive receives hold press pull push remove select "
    "choose wear wears bring use by with".split()
)
MOVED = re.compile(
    r"(?i)\b(?:sen[dt]|tak(?:e|en)|br(?:ing|ought)|return(?:ed)?|hand(?:ed)?|report(?:ed)?|put|go|goes|"
    r"moved?|connect(?:ed)?|plug(?:ged)?|lead|leads|points?)\b[^.;]*$"
)
# "The cooling fan is the loudest part of the machine."
SUBJECT = re.compile(
    r"^(?:The|An?)\s(?P<subject>(?:(?!(?:of|in|on|at|for|to|with|and)\b)[\w'’-]+\s){1,3}?)"
    r"(?:is|are)\s(?:our|the)\s(?:[\w-]+est|most|best|only|main|last|first|best-[a-z]+)\b"
)
# A place with what it belongs to: "under the rear edge of the lid". Behind, under … always
# say where; at, on and in do so after a verb of being somewhere.
_THING = (
    r"(?:(?:the|an?|its|their|your|each|every)"
    r"(?:\s(?!(?:and|or|is|are|of|to|if|when|which)\b)[\w'’-]+){1,3}|"
    r"(?:rows?|levels?|floor|room|bay|building|block|door|gate|deck|aisle|zone|hall|platform)\s[A-Z0-9][\w-]*)"
)
_WITHIN = (
    r"(?:,?\s(?:opposite|behind|beside|near|next to|below|above|under|over|by)"
    rf"\s{_THING}|\s(?:of|at|on|in|to|inside)\s{_THING})?"
)
_UP_TO = r"(?=[.;,:]|\s(?:and|or|but|until|before|after)\b|$)"
LOCATION = re.compile(
    rf"\b(?P<far>(?:behind|under|underneath|beneath|beside|below|above|opposite|inside|next to|"
    rf"on top of|in front of)\s{_THING}{_WITHIN}){_UP_TO}|"
    rf"\b(?:is|are|be|found|located|kept|stored|placed|printed|mounted|fixed|fitted|hangs?|hung|"
    rf"stands?|lies|sits?|gather|meet|meets|assemble|waits?|allowed|permitted|available|sold|shown|"
    rf"attached|smoke|parked?|put|handed in|left|collected)\s(?:only\s|always\s)?"
    rf"(?P<near>(?:at|on|in)\s{_THING}{_WITHIN}){_UP_TO}|"
    rf"\b(?:ideally|best|preferably)\s(?P<ideal>(?:at|in|on)\s{_THING}{_WITHIN}){_UP_TO}|"
    rf"\bThere (?:is|are)\s[^,.;:]{{3,40}}?\s"
    rf"(?P<there>(?:at|on|in|by|near)\s{_THING}{_WITHIN}){_UP_TO}|"
    rf",\s(?P<aside>(?:at|on|in)\s{_THING}\s(?:at|behind|beside|under|beneath|next to|opposite)\s"
    rf"{_THING}){_UP_TO}|"
    rf"\b(?:button|switch|lever|knob|label|light|lamp|port|slot|key|handle|screw|cap|valve|card)\s"
    rf"(?P<part>(?:at|on|in)\s{_THING}{_WITHIN}){_UP_TO}"
)
# How something is done: "by touching the display with three fingers".
MANNER = re.compile(
    r"\bby (?!lightning|morning|evening|spring)[a-z]+ing\s[^,.;:]{4,60}(?=[.,;:]|$)"
)
# Who alone may: "only the owner can delete rooms".
ONLY = re.compile(
    r"\b[Oo]nly\s(?P<who>(?:the\s)?[a-z]+(?:\s(?!that\b|which\b|who\b)[a-z]+)?)\s(?=(?:can|may|must|has|have|is|are)\b)"
)
PLACE = re.compile(r"(?:at|behind|under|beneath|beside|near)\s")
BARE = re.compile(
    r"\b(?:(?P<before>with|using|made of|made from|contains?|against|whose)\s+"
    r"(?P<phrase>[a-z][\w'’-]+(?:\s+[a-z][\w'’-]+){0,2})|"
    r"(?P<before2>of|in|by|for|on)\s+(?P<phrase2>[a-z][\w'’-]+\s+[a-z][\w'’-]+))"
)
VAGUE = frozenset(
    "it them this that way thing things time times case order end way place part parts day days "
    "course example rest hand itself themselves use well first day-to-day future past fact own "
    "board duty call half".split()
)
# Words that end a phrase: adverbs, which rules take for nouns.
ADVERBS = frozenset(
    "already indoors outdoors beforehand afterwards together instead itself themselves nearby "
    "among away first last early late open shut closed upwards downwards back home".split()
)
# Not a thing by themselves: "the right", "a level".
ADJECTIVES = frozenset(
    "left right front rear top bottom upper lower inner outer external internal level finer "
    "coarser finely dark half new old same other next single main separate".split()
)
# Words in -ly and -ed that are no adverbs and no participles.
NOUNS_IN_LY = frozenset(
    "supply assembly family jelly reply belly butterfly bed seed feed weed".split()
)
# Words in -ing that are things; others are verbs ("the nose pointing").
THINGS_IN_ING = frozenset(
    "building training meeting crossing opening setting heating wiring morning evening ceiling "
    "clothing spring ring string railing warning parking landing wing lighting plumbing coating "
    "housing bearing fitting casing reading drawing painting planning cleaning lining packing "
    "rating coupling filling pudding wedding booking".split()
)
