"""Which characters are these octets? By the label they came with, or by what they can be. RFC 2045, RFC 2047, RFC 6657.

Labels are read as mail is written, not as it is registered: what calls itself ISO-8859-1 is windows-1252, GB2312 is
GB18030. Only codecs of this list are used: Python knows some that are no charsets, or cost too much.
"""

import re

_LABELS = {
    "ascii": "ascii", "us_ascii": "ascii", "ansi_x3_4_1968": "ascii", "iso646_us": "ascii", "646": "ascii",
    "utf8": "utf-8", "utf_8": "utf-8", "unicode_1_1_utf_8": "utf-8", "utf_8_mac": "utf-8", "cp65001": "utf-8",
    "utf_7": "utf-7", "unicode_1_1_utf_7": "utf-7", "utf7": "utf-7", "unicode_2_0_utf_7": "utf-7",
    "utf_16": "utf-16", "utf16": "utf-16", "utf_16le": "utf-16-le", "utf_16be": "utf-16-be", "utf_32": "utf-32",
    "iso_8859_1": "cp1252", "iso8859_1": "cp1252", "latin1": "cp1252", "latin_1": "cp1252", "l1": "cp1252",
    "iso_8859_9": "cp1254", "iso8859_9": "cp1254", "latin5": "cp1254", "iso_8859_11": "cp874", "tis_620": "cp874",
    "iso_8859_8_i": "iso8859-8", "iso_8859_8_e": "iso8859-8", "iso_8859_6_i": "iso8859-6", "iso_8859_6_e": "iso8859-6",
    "latin2": "iso8859-2", "latin_9": "iso8859-15", "latin9": "iso8859-15", "cp_850": "cp850", "ibm850": "cp850",
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312_80": "gb18030", "x_gbk": "gb18030", "cp936": "gb18030",
    "gb18030": "gb18030", "hz_gb_2312": "hz", "hz": "hz", "euc_cn": "gb18030", "chinese": "gb18030",
    "big5": "big5hkscs", "big5_hkscs": "big5hkscs", "x_x_big5": "big5hkscs", "cn_big5": "big5hkscs", "cp950": "cp950",
    "shift_jis": "cp932", "shift_jisx0213": "cp932", "sjis": "cp932", "x_sjis": "cp932", "ms_kanji": "cp932",
    "windows_31j": "cp932", "cp932": "cp932", "euc_jp": "euc_jp", "x_euc_jp": "euc_jp", "eucjp": "euc_jp",
    "iso_2022_jp": "iso2022_jp_ext", "iso_2022_jp_1": "iso2022_jp_ext", "iso_2022_jp_2": "iso2022_jp_2",
    "iso_2022_jp_3": "iso2022_jp_3", "iso_2022_jp_ms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext",
    "iso_2022_kr": "iso2022_kr", "euc_kr": "cp949", "ks_c_5601_1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949",
    "ks_c_5601_1989": "cp949", "cp949": "cp949", "uhc": "cp949", "johab": "johab", "koi8_r": "koi8-r",
    "koi8_u": "koi8-u", "koi8_ru": "koi8-u", "koi8": "koi8-r", "macintosh": "mac-roman", "mac": "mac-roman",
    "x_mac_roman": "mac-roman", "x_mac_cyrillic": "mac-cyrillic", "cp866": "cp866", "ibm866": "cp866",
    "cp437": "cp437", "ibm437": "cp437", "cp852": "cp852", "ibm852": "cp852", "cp855": "cp855", "cp874": "cp874",
    "windows_874": "cp874", "ptcp154": "ptcp154",
}  # fmt: skip
_FAMILY = re.compile(r"(?:x_)?(?:windows|cp|win|ibm|microsoft_cp)_?(125[0-8])\Z|iso_?8859_(\d{1,2})\Z")
# Where octets below 128 do not mean what they mean in ASCII.
_NOT_ASCII = re.compile(r"[ '\"]*(?:utf-?7|utf-?16|utf-?32|unicode|hz)", re.IGNORECASE)
_SEPARATORS = re.compile(r"[-_ .:]+")
# ISO 2022 (RFC 1468, RFC 1557): escape sequences into sets of two octets a character.
_JAPANESE, _KOREAN = (b"\x1b$B", b"\x1b$@", b"\x1b(J"), b"\x1b$)C"
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def decode(octets: bytes, charset: str | None) -> str:
    """The text. When the label is unknown, missing or cannot be true, what it most probably is; never an error.

    Octets that mean nothing become U+FFFD.
    """
    if octets.isascii() and b"\x1b" not in octets and not (charset and _NOT_ASCII.match(charset)):
        return octets.decode("ascii")
    codec = codec_of(charset) if charset else None
    if codec is None or codec == "ascii":
        return guess(octets)
    try:
        text = octets.decode(codec)
    except UnicodeError:
        text = _contradicted(octets, codec)
    # UTF-7 can spell halves of characters, which are no text that could be kept.
    return text if codec != "utf-7" else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def codec_of(charset: str) -> str | None:
    """Python's name for a charset's label; None for a label nobody knows."""
    # RFC 2231 §5: a language may stand behind the label of an encoded word.
    label = _SEPARATORS.sub("_", charset.partition("*")[0].strip(" \"'\t").lower())
    known = _LABELS.get(label)
    if known is not None:
        return known
    family = _FAMILY.match(label)
    if family is None:
        return None
    windows, iso = family.groups()
    if windows:
        return f"cp{windows}"
    return f"iso8859-{iso}" if 1 < int(iso) <= 16 and int(iso) != 12 else None


def guess(octets: bytes) -> str:
    """The text of octets without a label: UTF-8 if it can be, ISO 2022 if it says so, or else windows-1252."""
    for mark, codec in _MARKS:
        if octets.startswith(mark):
            return octets[len(mark) :].decode(codec, "replace")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        # Text that was cut in the middle of a character is still UTF-8.
        is_cut = error.end == len(octets) and not octets[: error.start].isascii()
        return octets.decode("utf-8", "replace") if is_cut else _single(octets)
    if "\x1b" in text:
        if any(escape in octets for escape in _JAPANESE):
            return octets.decode("iso2022_jp_ext", "replace")
        if _KOREAN in octets:
            return octets.decode("iso2022_kr", "replace")
    return text


def _contradicted(octets: bytes, codec: str) -> str:
    """A label that cannot be true: UTF-8 it is, if it can be; else the label, with holes."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return _single(octets) if codec == "cp1252" else octets.decode(codec, "replace")


def _single(octets: bytes) -> str:
    try:
        return octets.decode("cp1252")
    except UnicodeDecodeError:
        return octets.decode("latin-1")
