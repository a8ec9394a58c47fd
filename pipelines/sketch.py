"""A text as its letters, and the few numbers that stand for it when copies of it are looked for. Pure.

All is counted in letters and digits, with spaces, punctuation, case and compatibility forms left out: one
measure for scripts with spaces between words and without, and typography does not count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipelines.identity import folded_words

Hashes = npt.NDArray[np.uint64]

# Numbers kept of a text. A copy cut to half of which every tenth word was replaced shares a third of them.
SIZE = 24
# Characters read of a text; a live ticker may have a million.
_READ = 50_000
# SQLite keeps 48 bits in six bytes; two runs of letters of a million articles fall together once in 10^7.
_BITS = np.uint64(0xFFFF_FFFF_FFFF)
_BASE = 0x9E37_79B9_7F4A_7C15  # odd: 2^64 over the golden ratio
_WORD = 0xFFFF_FFFF_FFFF_FFFF


class Script(NamedTuple):
    """How many letters in a row say as much as `sampled`: five words, `compared`: three words."""

    sampled: int
    compared: int


ALPHABETS = Script(24, 15)
# Thai, Lao, Tibetan, Burmese, Khmer: marks count as letters, words are as long as in alphabets.
SOUTH_EAST_ASIAN = Script(20, 12)
HANGUL = Script(14, 8)
HAN = Script(10, 6)


class Letters(NamedTuple):
    """The letters and digits of a text in order, and as code points; the script most of them belong to."""

    text: str
    codes: Hashes
    script: Script


def letters_of(text: str) -> Letters:
    """The letters of the first 50,000 characters of a text."""
    letters = folded_words(text[:_READ]).replace(" ", "")
    codes = np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    return Letters(letters, codes, _script(codes))


def sketch(letters: Letters) -> tuple[int, ...]:
    """The `SIZE` lowest hashes of all runs of letters; fewer for a very short text.

    A bottom sketch (Broder, On the resemblance and containment of documents, 1997): what two texts share of
    their runs they share of their lowest hashes, and a text that is contained in another has all of those
    that the other keeps of it. Numbers are 0 to 2^48 - 1, the same on every machine.
    """
    hashes = runs(letters, letters.script.sampled)
    if len(hashes) > 4 * SIZE:
        # More than are wanted, as a run may stand in the text twice.
        hashes = np.partition(hashes, 3 * SIZE)[: 3 * SIZE]
    return tuple((np.unique(hashes)[:SIZE] & _BITS).tolist())


def runs(letters: Letters, size: int) -> Hashes:
    """The hash of each run of so many letters, in order; of the whole text where that is shorter."""
    codes = letters.codes
    size = min(size, len(codes))
    if size == 0:
        return codes
    total: Hashes | None = None
    power, width = _mixed(codes), 1
    taken = 0
    # Runs of 1, 2, 4, ... letters, each made of two of the size before, put together to those wanted.
    while True:
        if size & width:
            part = power[taken : taken + len(codes) - size + 1]
            total = part if total is None else total * _factor(width) + part
            taken += width
        if 2 * width > size:
            break
        power = power[:-width] * _factor(width) + power[width:]
        width *= 2
    assert total is not None
    return _mixed(total)


def _factor(width: int) -> np.uint64:
    return np.uint64(pow(_BASE, width, 1 << 64))


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): each bit depends on all."""
    values = values + np.uint64(_BASE)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    return values ^ (values >> np.uint64(31))


def _script(codes: Hashes) -> Script:
    """The script of most letters; alphabets only from two thirds on, for names and figures count for them."""
    if not len(codes):
        return ALPHABETS
    wide = codes[codes >= np.uint64(0x0E00)]
    if 3 * len(wide) < len(codes):
        return ALPHABETS
    hangul = int(np.count_nonzero((wide >= np.uint64(0xAC00)) & (wide <= np.uint64(0xD7A3))))
    low = int(np.count_nonzero(wide < np.uint64(0x1800)))
    if 2 * hangul > len(wide):
        return HANGUL
    return SOUTH_EAST_ASIAN if 2 * low > len(wide) else HAN
