"""No mojibake: text without a byte order mark is read in the code page that it was written in."""

import random

import pytest

from gemma_garage.augment.reading.encoding import decode_text, find_codec, guess_utf16

TEXTS = {
    "en": "The pump’s motor runs at 50 °C – “exactly” as the manual says; the café isn’t hit. ",
    "de": "Die Pumpe läuft über Nacht und wird täglich geprüft. Größere Störungen löst er. ",
    "fr": "La pompe est vérifiée chaque été après l'arrêt général. Où qu'elle soit, ça marche. ",
    "pl": "Pompa pracuje całą noc. Należy dokręcić śruby; źle założona uszczelka powoduje wyciek. ",
    "cs": "Čerpadlo běží celou noc a je denně kontrolováno. Před zimou je třeba vyměnit těsnění. ",
    "hu": "A szivattyú egész éjjel működik. A csavarokat meg kell húzni, az őrült tűzoltó zörög. ",
    "lt": "Siurblys veikia visą naktį ir yra kasdien tikrinamas. Reikia priveržti varžtus. ",
    "tr": "Pompa bütün gece çalışır ve her gün kontrol edilir. Vidaları sıkın, sonra yağ ekleyin. ",
    "ru": "Насос следует устанавливать горизонтально. Давление составляет девять бар. ",
    "uk": "Насос слід встановлювати горизонтально. Її тиск становить п'ять бар, і оливу міняють. ",
    "el": "Η αντλία λειτουργεί όλη τη νύχτα και ελέγχεται καθημερινά. Σφίξτε τις βίδες. ",
    "he": "המשאבה פועלת כל הלילה ונבדקת מדי יום. יש להדק את הברגים ולאחר מכן להוסיף שמן. ",
    "ar": "تعمل المضخة طوال الليل ويتم فحصها يوميا. يجب شد البراغي ثم إضافة الزيت. ",
    "th": "ควรติดตั้งปั๊มในแนวนอน ความดันคือเก้าบาร์ เปลี่ยนไส้กรองปีละครั้ง ",
    "ja": "ポンプは水平に設置してください。圧力は九バールです。電源を切ってから作業してください。",
    "zh": "水泵应水平安装。压力为九巴。过滤器每年更换一次。操作前请先切断电源,然后检查螺丝。",
    "zht": "水泵應水平安裝。壓力為九巴。過濾器每年更換一次。操作前請先切斷電源，然後檢查螺絲。",
    "ko": "펌프는 수평으로 설치해야 합니다. 압력은 9바입니다. 필터는 일 년에 한 번 교체하십시오. ",
}
CODE_PAGES = [
    ("en", "cp1252"), ("en", "mac_roman"), ("de", "cp1252"), ("de", "cp850"), ("de", "mac_roman"),
    ("fr", "cp1252"), ("fr", "cp850"), ("pl", "cp1250"), ("pl", "iso8859-2"), ("cs", "cp1250"),
    ("cs", "iso8859-2"), ("hu", "cp1250"), ("lt", "cp1257"), ("tr", "cp1254"), ("ru", "cp1251"),
    ("ru", "koi8-r"), ("ru", "cp866"), ("ru", "iso8859-5"), ("uk", "cp1251"), ("uk", "koi8-u"),
    ("el", "cp1253"), ("he", "cp1255"), ("ar", "cp1256"), ("th", "cp874"), ("ja", "cp932"),
    ("ja", "euc_jp"), ("ja", "iso2022_jp"), ("zh", "gb18030"), ("zh", "hz"), ("zht", "big5"),
    ("ko", "cp949"),
]  # fmt: skip


@pytest.mark.parametrize("characters", [40, 4000])
@pytest.mark.parametrize(("language", "codec"), CODE_PAGES)
def test_code_pages(language: str, codec: str, characters: int) -> None:
    data = (TEXTS[language] * 100)[:characters].encode(codec, "ignore")
    assert decode_text(data) == data.decode(codec)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-16"])
def test_unicode_with_and_without_a_mark(language: str, codec: str) -> None:
    text = TEXTS[language] + "\r\n"
    assert decode_text(text.encode(codec)) == text


def test_a_few_stray_bytes_do_not_spoil_utf8() -> None:
    data = TEXTS["pl"].encode() * 5 + b"It\x92s 5 \xb0C" + TEXTS["ja"].encode()[:-1]
    text = decode_text(data)
    assert text.startswith(TEXTS["pl"] * 5 + "It’s 5 °Cポンプは")


def test_binary_data_is_not_taken_for_utf16() -> None:
    dice = random.Random(0)
    samples = [dice.randbytes(4096), bytes(4096), b"plain words with one zero \0 in them. " * 50]
    samples.append(b"".join(dice.randrange(100_000).to_bytes(4, "little") for _ in range(1000)))
    assert [guess_utf16(sample) for sample in samples] == [None] * 4


def test_bytes_that_mean_nothing_still_have_a_codec() -> None:
    for seed in range(20):
        data = random.Random(seed).randbytes(500).replace(b"\0", b" ")
        assert data.decode(find_codec(data), "replace")
