"""From one sentence to another: a network that reads and writes, its training, the search for an answer, and BLEU.

`translator` reads and writes in numpy; `training` trains it with PyTorch, and is imported by name; `search` finds probable answers of any
model that writes symbol by symbol; `bleu` says how near an answer is to a reference.
"""

from lib.sequences.translation import bleu, search
from lib.sequences.translation.translator import (
    ATTENTION,
    END,
    MARKS,
    NUMBERS_IN_ENGLISH,
    NUMBERS_IN_RUSSIAN,
    PAD,
    START,
    State,
    Translator,
    alignment_error,
    attention_scores,
    number_translator,
    translator_of,
)

__all__ = [
    "ATTENTION",
    "END",
    "MARKS",
    "NUMBERS_IN_ENGLISH",
    "NUMBERS_IN_RUSSIAN",
    "PAD",
    "START",
    "State",
    "Translator",
    "alignment_error",
    "attention_scores",
    "bleu",
    "number_translator",
    "search",
    "translator_of",
]
