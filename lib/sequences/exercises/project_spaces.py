"""The project "Where do the words end?": steps, and the goal that is measured on text kept back."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np

from lib.book.exercises import case, choice, exercise, goal, prediction
from lib.word_vectors import corpus

__all__ = [
    "boundary_scores",
    "cheapest_split",
    "count_windows",
    "letters_and_gaps",
    "longest_word_first",
    "never_a_space",
    "what_to_set_aside",
    "where_words_end",
]

PACKAGES = ("numpy", "scikit-learn", "scipy")
KEPT = "matplotlib"  # the text of the goal: nobody has read it
SHOWN, ASKED, READ, DEAL = 2000, 400, 2500, 0


def lines() -> dict[str, list[str]]:
    """Return 2000 sentences of each of three packages' documentation: words of small letters with one space between.

    A sentence has 5 to 20 words. No sentence is there twice. The 400 that the goal asks about come from a fourth package.
    """
    return {package: list(texts) for package, texts in _dealt()[0].items()}


@cache
def _dealt() -> tuple[dict[str, list[str]], list[str]]:
    """Return the sentences of each package that are shown, and those that are kept back."""
    shown, seen = {}, set()
    for package in PACKAGES:
        shown[package] = [text for text in _sentences(package) if text not in seen][:SHOWN]
        seen.update(shown[package])
    return shown, [text for text in _sentences(KEPT) if text not in seen][:ASKED]


def _sentences(package: str) -> list[str]:
    docs = [doc for doc in corpus.docstrings([package]) if doc.public]
    order = np.random.default_rng(DEAL).permutation(len(docs))[:READ]
    found = corpus.sentences(docs[i] for i in order)
    return [" ".join(words) for words in found if 5 <= len(words) <= 20 and all(map(str.isalpha, words))]


# ---------------------------------------------------------------------------------------------------------- step 1
def _texts(rng):
    yield case("one word", "now")
    yield case("words of one letter", "a b c")
    yield case("the same letters, divided otherwise", "no where")
    yield case("and again", "now here")
    for _ in range(3):
        yield (_random_text(rng),)


def _random_text(rng, letters="abcd") -> str:
    sizes = rng.integers(1, 5, size=rng.integers(3, 7))
    return " ".join("".join(rng.choice(list(letters), size=n)) for n in sizes)


@exercise(
    cases=_texts,
    hints=(
        "Go through the text with each character's successor at hand. Which characters get an entry, and what decides it?",
        "zip(text, text[1:] + '.') gives each character with the one that follows; the last one has no space after it.",
        "[after == ' ' for letter, after in zip(…, …) if letter is not a space itself], beside the text without its spaces",
    ),
)
def letters_and_gaps(text):
    """Return the text without its spaces, and for each of its letters whether a space followed.

    text : words with one space between;  returns a text of n letters, and (n,) truths
    """
    pairs = zip(text, text[1:] + ".", strict=True)
    return text.replace(" ", ""), np.array([after == " " for letter, after in pairs if letter != " "])


@letters_and_gaps.mistake(
    "You mark the letter in front of which a space stood. The letter after which it stood is asked for."
)
def _space_before(text):
    gaps = [before == " " for before, letter in zip("." + text[:-1], text, strict=True) if letter != " "]
    return text.replace(" ", ""), np.array(gaps)


@letters_and_gaps.mistake("You mark the last letter, too. Nothing follows it: the line is over, and that is no news.")
def _last_marked(text):
    letters, gaps = letters_and_gaps.function(text)
    gaps[-1] = True
    return letters, gaps


@letters_and_gaps.mistake(
    "Your truths have entries for the spaces. The letters alone get one: there will be no spaces."
)
def _spaces_counted(text):
    return text.replace(" ", ""), np.array([after == " " for after in text[1:] + "."])


@letters_and_gaps.mistake("You marked the spaces themselves, among all characters. Mark the letter before each.")
def _is_a_space(text):
    return text.replace(" ", ""), np.array([letter == " " for letter in text])


@letters_and_gaps.mistake("These are the places of the spaces. A truth for each letter is asked for.")
def _places(text):
    return text.replace(" ", ""), np.flatnonzero(np.array([letter == " " for letter in text]))


@letters_and_gaps.mistake(
    "The places of the spaces were counted in the text with its spaces. Without them each letter moves up by those before."
)
def _not_moved(text):
    letters = text.replace(" ", "")
    gaps = np.zeros(len(letters), bool)
    at = np.array([i - 1 for i, letter in enumerate(text) if letter == " "], dtype=int)
    gaps[at[at < len(gaps)]] = True
    return letters, gaps


# ---------------------------------------------------------------------------------------------------------- step 2
def _gaps(text) -> np.ndarray:
    return letters_and_gaps.function(text)[1]


def _never() -> float:
    gaps = np.concatenate([_gaps(text)[:-1] for texts in lines().values() for text in texts])
    return 100 * float(1 - gaps.mean())


never_a_space = prediction(
    "never_a_space",
    answer=_never,
    near=0.05,
    unit="%",
    why="A word of this text has about five letters, and only the last of them is followed by a space. Whoever finds no word's "
    "end at all is right four times out of five.",
)


def _marks(rng):
    yield case("all found", np.array([False, True, False, True]), np.array([False, True, False, True]))
    yield case("nothing is said", np.array([False, False, False]), np.array([False, True, False]))
    yield case("there was nothing to find", np.array([False, True, True]), np.array([False, False, False]))
    yield case("nothing said, nothing to find", np.array([False, False]), np.array([False, False]))
    yield case("all is wrong", np.array([True, False, True]), np.array([False, True, False]))
    yield case("one said, the only one", np.array([False, True, False]), np.array([False, True, False]))
    for n, often in ((20, 0.3), (30, 0.6), (25, 0.5)):
        yield rng.random(n) < often, rng.random(n) < 0.3


@exercise(
    cases=_marks,
    hints=(
        "Count three things: spaces that were said and stood there, spaces said, spaces that stood there.",
        "Precision: of those said, the share that stood there. Recall: of those that stood there, the share said. F1 is their "
        "harmonic mean, 2PR/(P + R), which is 2 · hits/(said + right). What if a denominator is 0?",
        "hits = np.sum(found & right), said = np.sum(found), true = np.sum(right); hits / max(said, 1) is 0 where nothing is said.",
    ),
)
def boundary_scores(found, right):
    """Return precision, recall and F1 of the spaces that were found; 0 where a quotient would be 0/0.

    found, right : (n,), truths;  returns three numbers
    """
    hits, said, true = np.sum(found & right), np.sum(found), np.sum(right)
    return hits / max(said, 1), hits / max(true, 1), 2 * hits / max(said + true, 1)


@boundary_scores.mistake("Precision and recall have changed places: precision is a share of what was said.")
def _swapped(found, right):
    precision, recall, f1 = boundary_scores.function(found, right)
    return recall, precision, f1


@boundary_scores.mistake("Your third number is the mean of the other two. F1 is their harmonic mean, 2PR/(P + R).")
def _plain_mean(found, right):
    precision, recall, _ = boundary_scores.function(found, right)
    return precision, recall, (precision + recall) / 2


@boundary_scores.mistake(
    "Your third number is the share of letters that are judged rightly. That is what praised the answer never."
)
def _accuracy(found, right):
    precision, recall, _ = boundary_scores.function(found, right)
    return precision, recall, np.mean(found == right)


@boundary_scores.mistake(
    "The three are shares of all letters. Precision divides by the spaces said, recall by those that were there."
)
def _of_all(found, right):
    hits = np.sum(found & right) / len(found)
    return hits, hits, hits


@boundary_scores.mistake("The factor 2 is missing in F1: if all is found it is 1.")
def _half(found, right):
    precision, recall, f1 = boundary_scores.function(found, right)
    return precision, recall, f1 / 2


# ---------------------------------------------------------------------------------------------------------- step 3
def _windows(rng):
    yield case("a window wider than the line", ["a b"], 3)
    yield case("a line of one letter has no place to ask about", ["a", "a b"], 1)
    yield case("the same letters with and without a space", ["ab a", "a ba"], 1)
    for n, many in ((1, 3), (2, 3), (3, 4)):
        yield [_random_text(rng, "ab") for _ in range(many)], n


@exercise(
    cases=_windows,
    hints=(
        "Between which letters can a space stand? For each of these places cut out what the reader will see: letters, no spaces.",
        "Fill the line's letters up with n − 1 dots on either side; the place after k letters then has the window from k − 1 to "
        "k + 2n − 1. The ends of the words are at np.cumsum of their lengths.",
        "for k in range(1, len(letters)): window = row[k - 1 : k + 2 * n - 1]; add (k in ends) to its first number and 1 to its second",
    ),
)
def count_windows(texts, n):
    """Return for each window, n letters before a place and n after it, how often a space stood there and how often it occurred.

    texts : lines of words with spaces;  n : at least 1;  returns a sorted list of (window, spaces, times)
    The places are those between two letters of a line. A window shows no spaces, and "·" beyond the ends of the line.
    """
    counts = {}
    for text in texts:
        letters, ends = text.replace(" ", ""), np.cumsum([len(word) for word in text.split()])
        row = "·" * (n - 1) + letters + "·" * (n - 1)
        for k in range(1, len(letters)):
            window = row[k - 1 : k + 2 * n - 1]
            spaces, times = counts.get(window, (0, 0))
            counts[window] = (spaces + (k in ends), times + 1)
    return sorted((window, spaces, times) for window, (spaces, times) in counts.items())


def _count(texts, n, row=lambda text, n: "·" * (n - 1) + text.replace(" ", "") + "·" * (n - 1), cut=None, seen=None):
    """The counting with one thing changed: the row that is cut, where it is cut, and what is added to (spaces, times)."""
    cut = cut or (lambda row, k, n: row[k - 1 : k + 2 * n - 1])
    seen = seen or (lambda space: (int(space), 1))
    counts = {}
    for text in texts:
        letters, ends = text.replace(" ", ""), set(np.cumsum([len(word) for word in text.split()]))
        for k in range(1, len(letters)):
            window = cut(row(text, n), k, n)
            if window is not None:
                more = seen(k in ends)
                counts[window] = tuple(a + b for a, b in zip(counts.get(window, (0, 0)), more, strict=True))
    return sorted((window, *numbers) for window, numbers in counts.items())


@count_windows.mistake(
    "Your windows are cut out of the text with its spaces, so that they show the answer. Who is asked will see letters alone."
)
def _sees_the_spaces(texts, n):
    counts = {}
    for text in texts:
        row = "·" * n + text + "·" * n
        for k in range(1, len(text)):
            if text[k - 1] != " ":
                window = row[k : k + 2 * n]
                spaces, times = counts.get(window, (0, 0))
                counts[window] = (spaces + (text[k] == " "), times + 1)
    return sorted((window, *numbers) for window, numbers in counts.items())


@count_windows.mistake("Places near the ends of a line are left out. There the window shows dots.")
def _no_edges(texts, n):
    def whole(row, k, n):
        window = row[k - 1 : k + 2 * n - 1]
        return None if "·" in window else window

    return _count(texts, n, cut=whole)


@count_windows.mistake("Your windows show the 2n letters before the place. Half of them come after it.")
def _only_before(texts, n):
    return _count(
        texts,
        n,
        row=lambda text, n: "·" * (2 * n - 1) + text.replace(" ", ""),
        cut=lambda row, k, n: row[k - 1 : k + 2 * n - 1],
    )


@count_windows.mistake(
    "The second number counts the places without a space. How often the window occurred is asked for."
)
def _without_a_space(texts, n):
    return _count(texts, n, seen=lambda space: (int(space), int(not space)))


@count_windows.mistake("Your second number counts the spaces once more. How often the window occurred is asked for.")
def _spaces_twice(texts, n):
    return _count(texts, n, seen=lambda space: (int(space), int(space)))


@count_windows.mistake(
    "You count only the windows where a space stood. All places count, or every window would say yes."
)
def _spaces_only(texts, n):
    return [(window, spaces, spaces) for window, spaces, _ in count_windows.function(texts, n) if spaces]


@count_windows.mistake("The lines run into one another: a window must not show the letters of the next line.")
def _run_on(texts, n):
    return count_windows.function([" ".join(texts)], n)


# ---------------------------------------------------------------------------------------------------------- step 4
longest_word_first = choice(
    "longest_word_first",
    answer="c",
    why='The choice of a word is never taken back, whatever it leaves to the rest: "them" is longer than "the", and then '
    '"inimum" has to be cut into crumbs. A whole line has to be weighed against another whole line.',
    feedback={
        "a": "All words of these lines are in the list, and it still fails.",
        "b": "From the right it has the same fault: a word is fixed before anybody has looked at the letters that it leaves in front of it.",
        "d": "The list says which words there are, and a rare word of the list is found like a frequent one. It is the order in which "
        "words are fixed that does the harm.",
    },
    hints=(
        'Look at "get the minimum". Which word was chosen wrongly, and when could one have known?',
        'After "get" two words of the list fit: "the" and "them". What does each leave to be divided?',
        "Ask whether a longer list of words, another direction or a count of each word would change the first wrong choice, or the "
        "fact that nothing after it can change it.",
    ),
)


def _prices(rng):
    yield case("one letter", "a", {"a": 1.0}, 2.0, 1.0)
    yield case("a word that nobody knows", "xyz", {"a": 1.0}, 3.0, 0.5)
    yield case("the longest word is not the best", "thema", {"the": 2.0, "them": 1.5, "ma": 2.0, "a": 7.0}, 4.0, 3.0)
    yield case("two known letters, or one word that is unknown", "xy", {"x": 3.0, "y": 3.0}, 3.0, 1.0)
    yield case("one unknown word around a known one", "xay", {"a": 1.0}, 5.0, 2.0)
    yield case("many cheap words against a dear one", "abab", {"ab": 3.0, "abab": 5.5, "a": 1.0, "b": 1.25}, 9.0, 2.0)
    for size in (6, 9, 12):
        letters = "".join(rng.choice(list("ab"), size=size))
        cuts = {tuple(sorted(rng.choice(size + 1, 2, replace=False))) for _ in range(3 * size)}
        yield letters, {letters[i:j]: float(rng.uniform(2, 9)) for i, j in cuts}, 2 + rng.random(), 1 + rng.random()


@exercise(
    cases=_prices,
    hints=(
        "Suppose you knew the cheapest way to divide each beginning of the line. What is the last word of the whole line?",
        "best[0] = 0, and best[end] is the smallest of best[begin] + the price of letters[begin:end], over all begin < end. "
        "Remember for each end the words of that division, too.",
        "Two lists, best = [0.0] and divided = [[]], filled for end = 1, 2, …: with the best begin append its cost to the one, and "
        "[*divided[begin], letters[begin:end]] to the other.",
    ),
)
def cheapest_split(letters, prices, start, each):
    """Return the words of the division of `letters` whose prices have the smallest sum.

    letters : a text without spaces;  prices : {word: price} of the known words, each > 0
    start, each : an unknown word of n letters costs start + n · each;  returns a list of texts
    """
    best, divided = [0.0], [[]]
    for end in range(1, len(letters) + 1):
        words = [letters[begin:end] for begin in range(end)]
        costs = [cost + prices.get(w, start + each * len(w)) for cost, w in zip(best, words, strict=True)]
        begin = np.argmin(costs)
        best.append(costs[begin])
        divided.append([*divided[begin], words[begin]])
    return divided[-1]


def _cheapest(letters, prices, start, each, better=min, price=None):
    """The division with one thing changed: which sum is better, or what a word costs."""
    price = price or (lambda w: prices.get(w, start + each * len(w)))
    best, ways = [0.0], [[]]
    for end in range(1, len(letters) + 1):
        costs = [best[begin] + price(letters[begin:end]) for begin in range(end)]
        begin = costs.index(better(costs))
        best.append(costs[begin])
        ways.append([*ways[begin], letters[begin:end]])
    return ways[-1]


@cheapest_split.mistake(
    "You take the longest known word, then the next. A word is chosen by what the whole line costs."
)
def _longest(letters, prices, start, each):
    words = []
    while letters:
        size = max([n for n in range(1, len(letters) + 1) if letters[:n] in prices], default=1)
        words, letters = [*words, letters[:size]], letters[size:]
    return words


@cheapest_split.mistake(
    "You take the cheapest next word, then the next. That one is cheap and what it leaves is dear: the sum over the line counts."
)
def _cheapest_next(letters, prices, start, each):
    words = []
    while letters:
        costs = [prices.get(letters[:n], start + each * n) for n in range(1, len(letters) + 1)]
        size = 1 + costs.index(min(costs))
        words, letters = [*words, letters[:size]], letters[size:]
    return words


@cheapest_split.mistake(
    "The words come from the last to the first. Going back through a line finds them so: turn the list round."
)
def _backwards(letters, prices, start, each):
    return cheapest_split.function(letters, prices, start, each)[::-1]


@cheapest_split.mistake("That is the dearest division. Prices are paid: the smallest sum is asked for.")
def _dearest(letters, prices, start, each):
    return _cheapest(letters, prices, start, each, better=max)


@cheapest_split.mistake(
    "An unknown word costs start once, and each for every letter. Yours costs the same, however long."
)
def _flat(letters, prices, start, each):
    return _cheapest(letters, prices, start, each, price=lambda w: prices.get(w, start + each))


@cheapest_split.mistake("An unknown word pays start once, not for each of its letters.")
def _start_each(letters, prices, start, each):
    return _cheapest(letters, prices, start, each, price=lambda w: prices.get(w, (start + each) * len(w)))


@cheapest_split.mistake("You left out start: an unknown word of n letters costs start + n · each.")
def _no_start(letters, prices, start, each):
    return _cheapest(letters, prices, start, each, price=lambda w: prices.get(w, each * len(w)))


@cheapest_split.mistake("You divide a price by the word's length. The sum of the prices themselves is to be small.")
def _by_length(letters, prices, start, each):
    return _cheapest(letters, prices, start, each, price=lambda w: prices.get(w, start + each * len(w)) / len(w))


# ---------------------------------------------------------------------------------------------------------- step 5
what_to_set_aside = choice(
    "what_to_set_aside",
    answer="b",
    why="The text of the goal comes from a package that you have not read, with words of its own. Setting a whole package aside "
    "asks the same question: what happens where one word in eight is unknown?",
    feedback={
        "a": "Sentences of one package speak of the same things in the same words. Hardly any would be unknown, and you would "
        "choose a price for unknown words where there are few of them.",
        "c": "The words of these lines have all been counted. None is unknown, so that any price for unknown words is as good.",
        "d": "Then it would have chosen your settings, and would no longer be kept back.",
    },
    hints=(
        "What will be different in the text that you are asked about?",
        "It comes from another package: its words are those of another subject. Which of your texts can play that part?",
        "Count the words of two packages, and ask about the third.",
    ),
)


# ------------------------------------------------------------------------------------------------------------ goal
def divide_by_prices():
    """Price each word by how often it occurs, unknown ones by how often a new word occurs; take the cheapest division."""
    counts = Counter(word for texts in lines().values() for text in texts for word in text.split())
    total = sum(counts.values())
    prices = {word: np.log(total / times) for word, times in counts.items()}
    once = sum(times == 1 for times in counts.values())  # to the rest of the text these are new
    start, each = np.log(total / once), np.log(26)  # a new word, and then a letter after the other

    def divide(letters):
        return letters_and_gaps(" ".join(cheapest_split(letters, prices, start, each)))[1]

    return divide


@cache
def _asked() -> tuple[list[str], list[np.ndarray]]:
    kept = _dealt()[1]
    return [text.replace(" ", "") for text in kept], [_gaps(text) for text in kept]


def _said(answer, letters) -> list[np.ndarray]:
    """Return what an answer says of each line, or raise ValueError where it gives something else."""
    if not callable(answer):
        raise ValueError("hand over a function of a text without spaces")
    found = []
    for line in letters:
        said = np.asarray(answer(line))
        if said.shape != (len(line),):
            raise ValueError(
                f"one truth for each letter is asked for: {len(line)} for {line!r}, but yours has the shape {said.shape}"
            )
        if said.dtype.kind != "b" and not np.isin(said, (0, 1)).all():
            raise ValueError("each entry is True where a space followed, else False")
        found.append(np.append(said[:-1].astype(bool), False))  # what is said of the last letter does not count
    return found


def _scores(answer) -> tuple[float, float, float]:
    letters, right = _asked()
    return boundary_scores.function(np.concatenate(_said(answer, letters)), np.concatenate(right))


@goal(
    worked=divide_by_prices,
    above=0.88,
    label="F1 of the spaces in 400 lines kept back",
    hints=(
        "A window of letters comes near. What knows more: the letters around a place, or the words that a division would give?",
        "cheapest_split with −log of each word's share as its price. Then the price of an unknown word decides: try some with a "
        "package set aside.",
        "How probable is a new word? Take a word out of your text: to the rest it is new if it occurs only once. So log(total / once) "
        "for being new at all, where once counts these words, and log 26 for each letter.",
    ),
)
def where_words_end(answer) -> float:
    """Hand over a function of a text without spaces (n letters) that returns n truths: whether a space followed."""
    return float(_scores(answer)[2])


def _by_heart():
    """Return a function that knows the lines shown, and says no of all others."""
    known = {text.replace(" ", ""): _gaps(text) for texts in lines().values() for text in texts}
    return lambda letters: known.get(letters, np.zeros(len(letters), bool))


@where_words_end.pitfall(
    "You know the lines that you were shown by heart, and say nothing of any other. Count what may come again: windows, words.",
    example=_by_heart,
)
def _knows_by_heart(answer) -> bool:
    shown = [text for texts in lines().values() for text in texts[:20]]
    said = np.concatenate(_said(answer, [text.replace(" ", "") for text in shown]))
    right = np.concatenate([_gaps(text) for text in shown])
    return boundary_scores.function(said, right)[2] > 0.98 and _scores(answer)[1] < 0.05


@where_words_end.pitfall(
    "You never find a space. That is right for four letters of five, which is why F1 is asked for: it asks for the spaces.",
    example=lambda: lambda letters: [False] * len(letters),
)
def _never_says_yes(answer) -> bool:
    return not np.concatenate(_said(answer, _asked()[0])).any()


@where_words_end.pitfall(
    "You find a space after every letter. No space is missed, and four of five are not there.",
    example=lambda: lambda letters: [True] * len(letters),
)
def _always_says_yes(answer) -> bool:
    return all(said[:-1].all() for said in _said(answer, _asked()[0]))


@where_words_end.pitfall(
    "You are one letter late: you mark the letter that begins a word. The one that ends the word before it is asked for.",
    example=lambda: (lambda divide: lambda letters: np.roll(divide(letters), 1))(divide_by_prices()),
)
def _one_late(answer) -> bool:
    letters, right = _asked()
    said = [np.append(found[1:], False) for found in _said(answer, letters)]
    return boundary_scores.function(np.concatenate(said), np.concatenate(right))[2] > 0.8


def _takes_the_longest():
    """Return a function that takes the longest word of the lines shown, then the next, and single letters where none fits."""
    words = {word for texts in lines().values() for text in texts for word in text.split()}
    longest = max(map(len, words))

    def divide(letters):
        at, gaps = 0, np.zeros(len(letters), bool)
        while at < len(letters):
            at += next(
                n for n in range(longest, 0, -1) if n == 1 or (letters[at : at + n] in words and at + n <= len(letters))
            )
            gaps[at - 1] = True
        gaps[-1] = False
        return gaps

    return divide


@where_words_end.pitfall(
    "You take the longest word that fits, then the next. No choice is taken back, whatever it leaves: weigh whole divisions.",
    example=_takes_the_longest,
)
def _longest_each_time(answer) -> bool:
    letters = _asked()[0][:100]
    mine, theirs = _said(_takes_the_longest(), letters), _said(answer, letters)
    return float(np.mean(np.concatenate(mine) == np.concatenate(theirs))) > 0.98


@where_words_end.pitfall(
    "Of the spaces that you find most stood there, but you find too few. F1 suffers most from the smaller of the two: be bolder.",
    example=lambda: _unknown_at(1.0),
)
def _too_few(answer) -> bool:
    precision, recall, _ = _scores(answer)
    return precision > recall + 0.15


@where_words_end.pitfall(
    "You find most of the spaces, and many that did not stand there: unknown words are cut into short known ones. What does a "
    "word cost that you have never seen?",
    example=lambda: _unknown_at(10.0),
)
def _too_many(answer) -> bool:
    precision, recall, _ = _scores(answer)
    return recall > precision + 0.15


def _unknown_at(each: float):
    """Return a division by prices where each letter of an unknown word costs the same: the pitfalls' examples."""
    counts = Counter(word for texts in lines().values() for text in texts for word in text.split())
    total = sum(counts.values())
    prices = {word: float(np.log(total / times)) for word, times in counts.items()}

    def divide(letters):
        return _gaps(" ".join(cheapest_split.function(letters, prices, 0.0, each)))

    return divide
