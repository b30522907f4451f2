"""Numbers as headers of EDF files have them: padded with blanks or NULs, with a decimal point or a comma."""

import math
import re

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.ASCII)  # one comma and no point: no thousands are told apart


def text_of(raw: bytes) -> str:
    """A field without its padding: what stands before the first NUL, as C ends its texts.

    >>> text_of(b"-500\\0\\0xy"), text_of(b"  12    ")
    ('-500', '12')
    """
    return raw.lstrip(b" \0").split(b"\0", 1)[0].decode("latin-1").strip(" ")


def has_comma(raw: bytes) -> bool:
    """Whether a field is a number with a decimal comma, which the standard does not allow."""
    return _COMMA.fullmatch(text_of(raw)) is not None


def plain_number(raw: bytes) -> str | None:
    """The finite number in a field as the standard wants it written, or None.

    >>> plain_number(b"-3276,8\\0"), plain_number(b"1,000,0 "), plain_number(b"nan     ")
    ('-3276.8', None, None)
    """
    text = text_of(raw)
    text = text.replace(",", ".") if has_comma(raw) else text
    return text if _NUMBER.fullmatch(text) and math.isfinite(float(text)) else None


def number(raw: bytes) -> float | None:
    """The finite number in a field of the header, or None."""
    text = plain_number(raw)
    return None if text is None else float(text)


def whole_number(raw: bytes) -> int | None:
    """The whole number in a field of the header, also where it is written with a point; else None.

    >>> whole_number(b"300\\0\\0\\0\\0\\0"), whole_number(b"300.0   "), whole_number(b"1e3     ")
    (300, 300, None)
    """
    found = re.fullmatch(r"([+-]?\d+)(?:[.,]0*)?", text_of(raw), re.ASCII)
    return int(found[1]) if found else None
