"""Units of measurement as people write them: one symbol for each, and its size in a base unit.

`find_unit` reads one word, `MERGED` names units of two words, `is_same_quantity` compares across
units ("30 min" and "0.5 h"). Only plain units convert; for "l per min" the words are compared.

Sizes: the SI brochure (BIPM, 9th edition) and NIST SP 811, appendix B.
"""

from decimal import Decimal
from typing import NamedTuple


class Unit(NamedTuple):
    """`kind` says what it measures; a value in base units is (value + `shift`) * `factor`."""

    kind: str
    factor: Decimal = Decimal(1)
    shift: Decimal = Decimal(0)


# symbol, what it measures, factor to the base unit, other spellings (casefolded)
_TABLE = """
ns      time 1e-9     nanosecond nanoseconds
μs      time 1e-6     us microsecond microseconds
ms      time 0.001    msec millisecond milliseconds
s       time 1        sec secs second seconds
min     time 60       mins minute minutes
h       time 3600     hr hrs hour hours
day     time 86400    d days
week    time 604800   wk wks weeks
fortnight time 1209600 fortnights
month   months 1      months
quarter months 3      quarters
year    months 12     yr yrs years
decade  months 120    decades
century months 1200   centuries
nm      length 1e-9   nanometre nanometres nanometer nanometers
μm      length 1e-6   um micron microns micrometre micrometres micrometer micrometers
mm      length 0.001  millimetre millimetres millimeter millimeters
cm      length 0.01   centimetre centimetres centimeter centimeters
m       length 1      metre metres meter meters
km      length 1000   kilometre kilometres kilometer kilometers
inch    length 0.0254 inches
ft      length 0.3048 foot feet
yd      length 0.9144 yard yards
mi      length 1609.344 mile miles
mm_2    area 1e-6
cm_2    area 0.0001
m_2     area 1        sqm
km_2    area 1000000
ha      area 10000    hectare hectares
ml      volume 0.001  millilitre millilitres milliliter milliliters cc ccm
cl      volume 0.01   centilitre centilitres centiliter centiliters
dl      volume 0.1    decilitre decilitres deciliter deciliters
l       volume 1      ltr litre litres liter liters
mm_3    volume 1e-6
cm_3    volume 0.001
m_3     volume 1000   cbm
gal     volume 3.785411784 gallon gallons
μg      mass 1e-9     mcg microgram micrograms
mg      mass 1e-6     milligram milligrams
g       mass 0.001    gram grams gramme grammes
kg      mass 1        kilo kilos kilogram kilograms kilogramme kilogrammes
t       mass 1000     ton tons tonne tonnes
lb      mass 0.45359237 lbs
oz      mass 0.028349523125 ounce ounces
pa      pressure 1    pascal pascals
hpa     pressure 100  hectopascal hectopascals
kpa     pressure 1000 kilopascal kilopascals
mega_pa pressure 1000000 mpa megapascal megapascals
mbar    pressure 100  millibar millibars
bar     pressure 100000 bars
psi     pressure 6894.757293168
w       power 1       watt watts
kw      power 1000    kilowatt kilowatts
mega_w  power 1000000 megawatt megawatts
milli_w power 0.001   mw milliwatt milliwatts
hp      power 745.69987158227 horsepower
j       energy 1      joule joules
kj      energy 1000   kilojoule kilojoules
wh      energy 3600
kwh     energy 3600000
milli_v voltage 0.001 mv millivolt millivolts
v       voltage 1     volt volts
kv      voltage 1000  kilovolt kilovolts
milli_a current 0.001 ma milliamp milliamps milliampere milliamperes
amp     current 1     amps ampere amperes
ah      charge 1
mah     charge 0.001
hz      frequency 1   hertz
khz     frequency 1000 kilohertz
mhz     frequency 1000000 megahertz
ghz     frequency 1000000000 gigahertz
ω       resistance 1  ohm ohms
kω      resistance 1000 kiloohm kiloohms kohm
n       force 1       newton newtons
kn      force 1000    kilonewton kilonewtons
n_m     torque 1
rpm     speed 1
kb      data 1000     kilobyte kilobytes
mb      data 1000000  megabyte megabytes
gb      data 1000000000 gigabyte gigabytes
tb      data 1000000000000 terabyte terabytes
mbit    bits 1000000  megabit megabits
gbit    bits 1000000000 gigabit gigabits
db      decibel 1     decibel decibels
ppm     ppm 1
%       share 1       percent pct
‰       share 0.1     permille
eur     eur 1         € euro euros
usd     usd 1         $ dollar dollars
gbp     gbp 1         £ quid
pence   gbp 0.01      penny pennies
jpy     jpy 1         ¥ yen
chf     chf 1         franc francs
pound   pound 1       pounds
"""

# Letters whose case decides: milli or mega, newton metre or nanometre, ampere or the article.
_EXACT = {
    "MW": "mega_w",
    "mW": "milli_w",
    "MPa": "mega_pa",
    "Nm": "n_m",
    "NM": "n_m",
    "A": "amp",
    "C": "°c",
    "F": "°f",
    "K": "kelvin",
}
# Words that also mean something else, and stay words unless a number stands before them.
_ONLY_AFTER_NUMBER = frozenset(
    {"second", "foot", "yard", "kilo", "quid", "franc", "dollar", "quarter"}
)
DECADE = "_s"  # "the 1980s"
_LONGEST_SYMBOL = 2  # symbols this short count as units only after a number
CURRENCIES = frozenset({"eur", "usd", "gbp", "jpy", "chf"})
MERGED = {
    ("kw", "h"): "kwh",
    ("w", "h"): "wh",
    ("amp", "h"): "ah",
    ("milli_a", "h"): "mah",
    ("n", "m"): "n_m",
    ("us", "usd"): "usd",
    ("pound", "sterling"): "gbp",
}

UNITS: dict[str, Unit] = {
    "°c": Unit("temperature", Decimal(1), Decimal("273.15")),
    "°f": Unit("temperature", Decimal(5) / Decimal(9), Decimal("459.67")),
    "kelvin": Unit("temperature"),
    "°": Unit("angle"),
}
_SPELLINGS: dict[str, str] = {"degree": "°", "degrees": "°", "deg": "°"}
for _line in _TABLE.split("\n"):
    if _line:
        _symbol, _kind, _factor, *_others = _line.split()
        UNITS[_symbol] = Unit(_kind, Decimal(_factor))
        _SPELLINGS |= dict.fromkeys([_symbol, *_others], _symbol)


def find_unit(word: str, *, after_number: bool) -> str | None:
    """The symbol of the unit that `word` (as written) names, or None."""
    if after_number and word in _EXACT:
        return _EXACT[word]
    folded = word.casefold()
    if folded in UNITS and not folded.isalpha():
        return folded
    is_certain = len(folded) > _LONGEST_SYMBOL and folded not in _ONLY_AFTER_NUMBER
    if after_number or is_certain or not folded.isalpha():
        found = _SPELLINGS.get(folded)
        # "5 a day" is no current; "5 c" is a temperature.
        return {"c": "°c", "f": "°f"}.get(folded, found) if after_number else found
    return None


def is_same_unit(one: str, other: str) -> bool:
    """The same symbol; "pound" is a mass as well as money."""
    return one == other or ("pound" in (one, other) and bool({one, other} & {"lb", "gbp"}))


def is_same_quantity(
    value: Decimal, unit: str, other_value: Decimal, other_unit: str, *, tolerance: float = 1e-9
) -> bool:
    """Whether both say the same amount; `tolerance` is relative, for rounded conversions."""
    if unit == other_unit == DECADE and min(value, other_value) < 100:  # "the eighties"
        return value % 100 == other_value % 100
    if is_same_unit(unit, other_unit):
        return value == other_value
    one, other = UNITS.get(unit), UNITS.get(other_unit)
    if one is None or other is None or one.kind != other.kind:
        return False
    left = (value + one.shift) * one.factor
    right = (other_value + other.shift) * other.factor
    return abs(left - right) <= Decimal(tolerance) * max(abs(left), abs(right))
