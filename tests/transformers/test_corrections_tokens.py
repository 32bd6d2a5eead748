"""The correction to the sources' passage on tokens: what it says failing, what is right holding."""

from lib.transformers import tokens as tk


def test_a_token_need_not_be_made_of_characters():
    """By merges learned on English a Russian letter is two tokens; and by merges learned on Russian a token may end within a letter."""
    english = tk.Tokenizer.learn(["the cat sat on the mat"], 50)
    assert [english.decode([t]) for t in english.encode("ж")] == ["\ufffd", "\ufffd"]
    russian = tk.Tokenizer.learn(["один, одиннадцать, одна тысяча одиннадцать"], 15)
    learned = russian.pieces[tk.BYTES :]
    broken = [piece for piece in learned if len(piece) > 1 and "\ufffd" in piece.decode(errors="replace")]
    assert broken and any("\ufffd" not in piece.decode(errors="replace") for piece in learned)
