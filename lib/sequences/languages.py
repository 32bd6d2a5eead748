"""Which language is it? Sentences of 87 languages, naive Bayes on pieces of up to four characters, and a recurrent reader of characters.

The sentences are what Django's forms and pages say, in the translations that come with the package. In the page, which has no
Django, they are published with the book, as its build has read them.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from lib.book import validate
from lib.losses.classification import softmax
from lib.sequences import layers
from lib.sequences.tasks import pad, real_places

PUBLISHED = Path(__file__).with_name("messages.json")  # in the page, and only there
FEWEST = 150  # sentences of a language that counts
NAMES = {
    "af": "Afrikaans", "ar": "Arabic", "ast": "Asturian", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian",
    "bn": "Bengali", "br": "Breton", "bs": "Bosnian", "ca": "Catalan", "ckb": "Central Kurdish", "cs": "Czech",
    "cy": "Welsh", "da": "Danish", "de": "German", "dsb": "Lower Sorbian", "el": "Greek", "en": "English",
    "eo": "Esperanto", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "ga": "Irish", "gd": "Scottish Gaelic", "gl": "Galician", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "hsb": "Upper Sorbian", "hu": "Hungarian", "hy": "Armenian", "ia": "Interlingua",
    "id": "Indonesian", "ig": "Igbo", "io": "Ido", "is": "Icelandic", "it": "Italian", "ja": "Japanese",
    "ka": "Georgian", "kab": "Kabyle", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada", "ko": "Korean", "ky": "Kyrgyz",
    "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian", "mr": "Marathi",
    "ms": "Malay", "my": "Burmese", "nb": "Norwegian Bokmål", "ne": "Nepali", "nl": "Dutch", "nn": "Norwegian Nynorsk",
    "os": "Ossetic", "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sr_Latn": "Serbian, Latin letters",
    "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "tg": "Tajik", "th": "Thai", "tk": "Turkmen",
    "tr": "Turkish", "tt": "Tatar", "udm": "Udmurt", "ug": "Uyghur", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek",
    "vi": "Vietnamese", "zh_Hans": "Chinese",
}  # fmt: skip
NO_WORDS = re.compile(
    r"%\(\w+\)[a-z]|%[a-z%]|\{[^}]*\}|<[^>]*>|&\w+;|[\d\"“”«»„]"
)  # placeholders, markup, digits, quotation marks


# ------------------------------------------------------------------------------------------------------ the sentences
@dataclass(frozen=True, eq=False)
class Messages:
    """Sentences in lower case, without placeholders; no sentence stands twice in a language.

    texts : (N,) the sentences;  labels : (N,) the language of each, its place in `languages`
    messages : (N,) which English message each says: translations of one another have the same number
    """

    languages: tuple[str, ...]
    texts: tuple[str, ...]
    labels: np.ndarray
    messages: np.ndarray

    def only(self, languages: Sequence[str]) -> Messages:
        """Return the sentences of these languages alone, labelled in their order. Raises ValueError for one that is not there."""
        if isinstance(languages, str) or not set(languages) <= set(self.languages) or not languages:
            raise ValueError(f"languages must be names such as {list(self.languages[:3])}, but are {languages!r}")
        new = np.full(len(self.languages), -1)
        new[[self.languages.index(name) for name in languages]] = np.arange(len(languages))
        rows = np.flatnonzero(new[self.labels] >= 0)
        texts = tuple(self.texts[row] for row in rows)
        return Messages(tuple(languages), texts, new[self.labels[rows]], self.messages[rows])


@cache
def catalogues() -> Messages:
    """Return the sentences of Django's catalogues: languages with at least `FEWEST`, in the alphabetical order of their codes.

    Dialects of one language are left out, all but one (of Portuguese pt_BR, of Spanish es_MX and others). Raises ModuleNotFoundError
    where there is neither Django nor what the page is handed.
    """
    table = json.loads(PUBLISHED.read_text(encoding="utf-8")) if PUBLISHED.is_file() else read_catalogues()
    names = sorted(table)
    said = [message for name in names for message in table[name].values()]
    number = {message: k for k, message in enumerate(dict.fromkeys(said))}
    labels = np.repeat(np.arange(len(names)), [len(table[name]) for name in names])
    messages = np.array([number[message] for message in said])
    for array in (labels, messages):
        array.setflags(write=False)
    return Messages(
        tuple(NAMES[name] for name in names), tuple(text for name in names for text in table[name]), labels, messages
    )


def read_catalogues() -> dict[str, dict[str, str]]:
    """Return what the installed Django's catalogues hold: the code of a language → its sentences → the English message of each."""
    try:
        files = importlib.metadata.distribution("django").files or ()
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(
            "the sentences come from the package django: run `pip install django` (on Colab `!pip install django`)"
        ) from None
    table: dict[str, dict[str, str]] = {name: {} for name in NAMES}
    for file in sorted((f for f in files if f.suffix == ".mo"), key=str):
        name = file.parts[-3]
        for message, text in entries(Path(file.locate()).read_bytes()) if name in NAMES else ():
            forms, english = text.split("\0"), message.split("\4")[-1].split("\0")[0]
            table["en"].setdefault(cleaned(english), english)
            for form in forms if name != "en" else ():
                if form != english:  # what is left in English says nothing
                    table[name].setdefault(cleaned(form), english)
    kept = {name: {t: m for t, m in rows.items() if len(t) >= 3} for name, rows in table.items()}
    return {name: rows for name, rows in kept.items() if len(rows) >= FEWEST}


def entries(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield message and translation from the bytes of a compiled catalogue (.mo), without its head."""
    order = "<" if data[:4] == b"\xde\x12\x04\x95" else ">"
    _, _, count, messages, texts = struct.unpack_from(f"{order}5I", data)
    for k in range(count):
        (n, at), (m, to) = (struct.unpack_from(f"{order}2I", data, start + 8 * k) for start in (messages, texts))
        if n:
            yield data[at : at + n].decode(), data[to : to + m].decode()


def cleaned(text: str) -> str:
    """Return a sentence in lower case without placeholders, markup, digits and quotation marks, single spaces between its words."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, but is {type(text).__name__}")
    return " ".join(NO_WORDS.sub(" ", text).lower().split())


def held_back(data: Messages, share: float = 0.2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows for training and those kept back: a `share` of the messages, with all their translations.

    A sentence kept back that the training rows hold too, in any language, as another message's translation, is in neither.
    """
    data = validate.instance(data, Messages, "data")
    share = validate.number(share, "share", low=0.01, high=0.99)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    away = rng.random(data.messages.max() + 1) < share
    back = away[data.messages]
    known = {text for text, kept in zip(data.texts, back, strict=True) if not kept}
    new = np.array([text not in known for text in data.texts])
    return np.flatnonzero(~back), np.flatnonzero(back & new)


def new_words(data: Messages, train: np.ndarray, test: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return the words of at least three letters, of the test rows, that no training row has and a single language has; and its label."""
    data = validate.instance(data, Messages, "data")
    train, test = (
        validate.indices(rows, name, size=len(data.texts)) for rows, name in ((train, "train"), (test, "test"))
    )
    seen = {word for row in train for word in data.texts[row].split()}
    languages: dict[str, set[int]] = {}
    for row in test:
        for word in data.texts[row].split():
            if len(word) >= 3 and word.isalpha() and word not in seen:
                languages.setdefault(word, set()).add(int(data.labels[row]))
    found = {word: min(labels) for word, labels in languages.items() if len(labels) == 1}
    return list(found), np.array([*found.values()], dtype=np.int64)


def joined(data: Messages, rows, sentences: int, N: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Return N texts and their languages: each joins so many sentences of one language, drawn from these rows. Languages are drawn evenly."""
    data, rows = validate.instance(data, Messages, "data"), validate.indices(rows, "rows", size=len(data.texts))
    sentences, N = validate.whole(sentences, "sentences", low=1), validate.whole(N, "N", low=1)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    labels = rng.integers(len(data.languages), size=N)
    of = [rows[data.labels[rows] == k] for k in range(len(data.languages))]
    if min(map(len, of)) < sentences:
        raise ValueError(f"{sentences} sentences of each language are needed, but of one there are {min(map(len, of))}")
    return [" ".join(data.texts[i] for i in rng.choice(of[k], sentences, replace=False)) for k in labels], labels


# -------------------------------------------------------------------------------------------------------- naive Bayes
class NaiveBayes:
    """Naive Bayes on the n-grams of characters, n from 1 to `longest`; all languages are equally likely beforehand.

    texts : of training;  labels : (N,) their languages, from 0 on;  alpha : what is added to each count
    A text has a space put before and behind it. Of a text's n-grams those that training has not seen count nothing.
    Equal to scikit-learn's MultinomialNB on its CountVectorizer's counts. Equations: eq-naive-bayes, eq-add-alpha
    """

    def __init__(self, texts: Sequence[str], labels, longest: int = 4, alpha: float = 0.03):
        texts, labels = _texts(texts), validate.indices(labels, "labels")
        if len(labels) != len(texts):
            raise ValueError(f"there are {len(texts)} texts, but {len(labels)} labels")
        self.longest = validate.whole(longest, "longest", low=1, high=5)
        self.alpha = validate.number(alpha, "alpha", low=0, open_low=True)
        self.K = int(labels.max()) + 1
        self.alphabet = np.unique(_points(texts)[0])
        codes, owners = self._grams(texts)
        pairs, counts = np.unique(codes * self.K + labels[owners], return_counts=True)  # (n-gram, language)
        grams, self.language = np.divmod(pairs, self.K)
        self.grams, self.first = np.unique(grams, return_index=True)
        self.kinds = np.diff(np.append(self.first, len(grams)))  # in how many languages each n-gram occurs
        self.counts = counts
        totals = np.bincount(self.language, counts, self.K)
        self.log_total = np.log(totals + self.alpha * len(self.grams))  # (K,)
        self.more = np.log(counts + self.alpha) - np.log(self.alpha)  # what a count adds to that of none

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Return the logarithm of the probability of each text's n-grams in each language, (N, K)."""
        texts = _texts(texts)
        return np.vstack([self._some(texts[at : at + 200]) for at in range(0, len(texts), 200)])

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return what the model believes of each text: the probability of each language, (N, K)."""
        return softmax(self.scores(texts))

    def _some(self, texts: Sequence[str]) -> np.ndarray:
        codes, owners = self._grams(texts)
        at = np.minimum(np.searchsorted(self.grams, codes), len(self.grams) - 1)
        known = self.grams[at] == codes
        at, owners = at[known], owners[known]
        rows = np.repeat(owners, self.kinds[at])  # one entry a language that has this n-gram
        ends = np.cumsum(self.kinds[at])
        entry = np.arange(len(rows)) - np.repeat(ends - self.kinds[at] - self.first[at], self.kinds[at])
        added = np.bincount(rows * self.K + self.language[entry], self.more[entry], len(texts) * self.K)
        n = np.bincount(owners, minlength=len(texts))[:, None]
        return added.reshape(len(texts), self.K) + n * (np.log(self.alpha) - self.log_total)

    def _grams(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the n-grams of texts as numbers, and for each the text that it stands in."""
        points, owners = _points(texts)
        base = len(self.alphabet) + 2
        at = np.minimum(np.searchsorted(self.alphabet, points), len(self.alphabet) - 1)
        digits = np.where(self.alphabet[at] == points, at + 1, base - 1)  # from 1 on: so lengths do not meet
        codes, found = digits.astype(np.int64), [(digits.astype(np.int64), owners)]
        for n in range(2, self.longest + 1):
            codes = codes[:-1] * base + digits[n - 1 :]
            inside = owners[: len(codes)] == owners[n - 1 :]
            found.append((codes[inside], owners[: len(codes)][inside]))
        return np.concatenate([c for c, _ in found]), np.concatenate([o for _, o in found])


def _texts(texts) -> Sequence[str]:
    if not isinstance(texts, (list, tuple)) or not len(texts) or not all(isinstance(text, str) for text in texts):
        raise TypeError("texts must be a list of strings, at least one")
    return texts


def _points(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the code points of texts, each between two spaces, one after the other, and which text each is of."""
    padded = [f" {text} " for text in texts]
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    return points, np.repeat(np.arange(len(texts)), [*map(len, padded)])


# ------------------------------------------------------------------------------------------------ a recurrent reader
POOLINGS = ("last", "mean", "max", "mean and max")
PARTS = ("E", "Wx", "Wh", "bx", "bh", "V", "v")  # of a reader's weights
OTHER = 1  # the symbol of a character that training has not seen; 0 is padding


def symbols_of(texts: Sequence[str], fewest: int = 3) -> dict[str, int]:
    """Return the numbers, from 2 on, of the characters that occur at least `fewest` times in texts."""
    points, counts = np.unique(_points(_texts(texts))[0], return_counts=True)
    kept = points[counts >= validate.whole(fewest, "fewest", low=1)]
    return {chr(point): k for k, point in enumerate(kept, OTHER + 1)}


def pooled(states, lengths, pooling: str) -> np.ndarray:
    """Return one vector for each sequence from its states (B, T, H): the last one, their mean, their largest entries, or both of these.

    Only the real places count, lengths (B,). Returns (B, H), for "mean and max" (B, 2H). Equation: eq-pooling
    """
    if not isinstance(pooling, str) or pooling not in POOLINGS:
        raise ValueError(f"pooling must be one of {', '.join(map(repr, POOLINGS))}, but is {pooling!r}")
    states = validate.array(states, "states", 3)
    real = real_places(lengths, states.shape[1])[:, :, None]
    if len(real) != len(states):
        raise ValueError(f"there are {len(states)} sequences, but {len(real)} lengths")
    n = real.sum(axis=1)  # (B, 1)
    if pooling == "last":
        return states[np.arange(len(n)), n[:, 0] - 1]
    mean, most = np.where(real, states, 0).sum(axis=1) / n, np.where(real, states, -np.inf).max(axis=1)
    return {"mean": mean, "max": most}.get(pooling, np.hstack([mean, most]))


@dataclass(frozen=True, eq=False)
class Reader:
    """A recurrent classifier of texts: a GRU over characters, pooled, and a softmax over K languages.

    weights : E (V, d), the vectors of the symbols; Wx, Wh, bx, bh, the GRU's; V (H or 2H, K), v (K,)
    symbols : character → number;  longest : characters that it reads of a text
    """

    weights: dict[str, np.ndarray]
    symbols: dict[str, int]
    pooling: str
    longest: int = 40

    def __post_init__(self):
        E, Wh, V = (self.weights[name] for name in ("E", "Wh", "V"))
        wide = len(Wh) * (2 if self.pooling == "mean and max" else 1)
        if len(E) != len(self.symbols) + OTHER + 1 or len(V) != wide:
            raise ValueError(
                f"E has {len(E)} rows for {len(self.symbols)} characters, V has {len(V)} for {wide} entries"
            )

    def encoded(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return texts, each between two spaces and cut, as symbols (B, T) with padding behind, and their lengths (B,)."""
        return encoded(texts, self.symbols, self.longest)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Return the scores of the languages, (N, K), before the softmax."""
        texts = _texts(texts)
        return np.vstack([self._some(texts[at : at + 200]) for at in range(0, len(texts), 200)])

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return what the model believes of each text: the probability of each language, (N, K)."""
        return softmax(self.scores(texts))

    def _some(self, texts: Sequence[str]) -> np.ndarray:
        ids, lengths = self.encoded(texts)
        w = self.weights
        passed = layers.forward("GRU", [[{n: w[n] for n in ("Wx", "Wh", "bx", "bh")}]], w["E"][ids], lengths)
        return pooled(passed.outputs, lengths, self.pooling) @ w["V"] + w["v"]


def encoded(texts: Sequence[str], symbols: dict[str, int], longest: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return texts, each between two spaces and cut after `longest` characters, as symbols (B, T) with padding behind, and lengths (B,)."""
    longest, symbols = validate.whole(longest, "longest", low=1), validate.instance(symbols, dict, "symbols")
    return pad([[symbols.get(c, OTHER) for c in f" {text} "[:longest]] for text in _texts(texts)])


def train_reader(
    texts: Sequence[str],
    labels,
    pooling: str = "mean and max",
    d: int = 48,
    H: int = 96,
    steps: int = 300,
    batch: int = 64,
    rate: float = 6e-3,
    longest: int = 40,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Return the weights of a `Reader` trained in PyTorch on texts with labels (N,): name → array.

    Half of what it is shown are one to four words cut out of a sentence, so that it learns single words, too. Adam with a rate that
    falls in a straight line; gradients clipped at norm 1.
    """
    import torch
    from torch import nn

    from lib.book.trained import steps as counted

    labels = validate.indices(labels, "labels")
    if len(labels) != len(_texts(texts)):
        raise ValueError(f"there are {len(texts)} texts, but {len(labels)} labels")
    if not isinstance(pooling, str) or pooling not in POOLINGS:
        raise ValueError(f"pooling must be one of {', '.join(map(repr, POOLINGS))}, but is {pooling!r}")
    rng, symbols, K = np.random.default_rng(seed), symbols_of(texts), int(labels.max()) + 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        E = nn.Embedding(len(symbols) + OTHER + 1, d)
        gru, out = nn.GRU(d, H, batch_first=True), nn.Linear(H * (2 if pooling == "mean and max" else 1), K)
    parts = [*E.parameters(), *gru.parameters(), *out.parameters()]
    adam = torch.optim.Adam(parts, rate)
    for step in counted(steps):
        for group in adam.param_groups:
            group["lr"] = rate * max(0.03, min(1, 1.5 * (1 - step / steps)))
        rows = rng.integers(len(texts), size=batch)
        shown = [_cut(texts[row], rng) for row in rows]
        ids, lengths = map(torch.as_tensor, encoded(shown, symbols, longest))
        states, _ = gru(E(ids))  # (B, T, H)
        real = (torch.arange(ids.shape[1]) < lengths[:, None])[:, :, None]
        last = states[torch.arange(batch), lengths - 1]
        mean, most = (states * real).sum(1) / lengths[:, None], states.masked_fill(~real, -2).amax(1)
        vector = {"last": last, "mean": mean, "max": most}.get(pooling, torch.cat([mean, most], 1))
        loss = nn.functional.cross_entropy(out(vector), torch.as_tensor(labels[rows]))
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parts, 1.0)
        adam.step()
    ((weights,),) = layers.weights_of(gru)
    rest = {"E": E.weight, "V": out.weight.T, "v": out.bias}
    return weights | {name: value.detach().double().numpy() for name, value in rest.items()}


def _cut(text: str, rng: np.random.Generator) -> str:
    """Return the text, or as often one to four neighbouring words of it."""
    words, n = text.split(), int(rng.integers(1, 5))
    if rng.random() < 0.5 or len(words) <= n:
        return text
    at = int(rng.integers(len(words) - n + 1))
    return " ".join(words[at : at + n])


@cache
def counted() -> NaiveBayes:
    """Return naive Bayes fitted to the sentences of `catalogues` that `held_back` leaves for training, once for all who ask."""
    data = catalogues()
    train, _ = held_back(data)
    return NaiveBayes([data.texts[row] for row in train], data.labels[train])
