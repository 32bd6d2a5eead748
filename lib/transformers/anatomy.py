"""Where the numbers of a Transformer are: parameters, operations and the memory of a cache, counted from its sizes alone.

Nothing is built. The counts are those of the published models: GPT-2 (Radford et al. 2019), BERT (Devlin et al. 2019), LLaMA (Touvron et
al. 2023) and the encoder–decoder of Vaswani et al. (2017).
"""

from __future__ import annotations

from dataclasses import dataclass

from lib.book import validate

NORMS = ("layer", "root mean square")


@dataclass(frozen=True)
class Sizes:
    """What a Transformer is made of.

    vocabulary : V;  width : D, entries of a place's vector;  layers : L blocks, of the decoder where there is an encoder too
    heads : h, a divisor of D;  hidden : entries inside the feed-forward part
    places : rows of a learned table of positions, 0 where positions are computed;  kinds : rows of a table of segments, as BERT's
    biases : whether matrices and norms have free terms;  tied : whether the output's matrix is the table of words
    norm : "layer" (a scale and a free term an entry) or "root mean square" (a scale);  gated : a third matrix in the feed-forward part
    key_heads : heads of keys and values where several queries share one, h where not given
    encoder : blocks of an encoder, whose outputs each block of the decoder looks at;  last_norm : one more norm behind the last block
    first_norm : one behind the embeddings;  pooler : a dense layer for the first place, as BERT's
    """

    vocabulary: int
    width: int
    layers: int
    heads: int
    hidden: int
    places: int = 0
    kinds: int = 0
    biases: bool = True
    tied: bool = True
    norm: str = "layer"
    gated: bool = False
    key_heads: int | None = None
    encoder: int = 0
    last_norm: bool = True
    first_norm: bool = False
    pooler: bool = False

    def __post_init__(self):
        for name in ("vocabulary", "width", "layers", "heads", "hidden"):
            validate.whole(getattr(self, name), name, low=1)
        for name in ("places", "kinds", "encoder"):
            validate.whole(getattr(self, name), name, low=0)
        for name in ("biases", "tied", "gated", "last_norm", "first_norm", "pooler"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be True or False, but is {getattr(self, name)!r}")
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide {self.width} entries")
        if self.norm not in NORMS:
            raise ValueError(f"norm must be one of {', '.join(map(repr, NORMS))}, but is {self.norm!r}")
        if self.key_heads is not None:
            validate.whole(self.key_heads, "key_heads", low=1)
            if self.heads % self.key_heads:
                raise ValueError(f"{self.heads} heads cannot share {self.key_heads} heads of keys evenly")

    @property
    def key_width(self) -> int:
        """Entries of all keys of a place together: D, or fewer where heads share them."""
        return self.width // self.heads * (self.key_heads or self.heads)


def dense(inputs: int, outputs: int, bias: bool = True) -> int:
    """Return the parameters of a dense layer: inputs × outputs, and a free term for each output."""
    inputs, outputs = validate.whole(inputs, "inputs", low=1), validate.whole(outputs, "outputs", low=1)
    return inputs * outputs + (outputs if bias else 0)


def parameters(sizes: Sizes) -> dict[str, int]:
    """Return how many parameters stand where; their sum is the model's size. Equation: eq-parameters-of-a-block

    "embeddings", "attention", "feed-forward", "norms", "output" (0 where it is tied to the table of words), "pooler"
    """
    s = validate.instance(sizes, Sizes, "sizes")
    D, b = s.width, s.biases
    attention = 2 * dense(D, D, b) + 2 * dense(D, s.key_width, b)  # queries and outputs, keys and values
    forward = dense(D, s.hidden, b) * (2 if s.gated else 1) + dense(s.hidden, D, b)
    norm = D * (2 if b and s.norm == "layer" else 1)
    crossed = s.layers if s.encoder else 0
    blocks = s.layers + s.encoder
    norms = 2 * blocks + crossed + s.first_norm + (s.last_norm * (2 if s.encoder else 1))
    return {
        "embeddings": (s.vocabulary + s.places + s.kinds) * D,
        "attention": (blocks + crossed) * attention,
        "feed-forward": blocks * forward,
        "norms": norms * norm,
        "output": 0 if s.tied else s.vocabulary * D,
        "pooler": dense(D, D) if s.pooler else 0,
    }


def flops(sizes: Sizes, T: int) -> dict[str, int]:
    """Return the operations of reading T places once, forwards, in a model without encoder; a multiplication and an addition are two.

    Products of matrices alone, as is usual; every query is counted with all T keys, though a causal mask needs half of them.
    "projections", "scores and mix", "feed-forward", "output". Equation: eq-flops-of-a-model
    """
    s, T = validate.instance(sizes, Sizes, "sizes"), validate.whole(T, "T", low=1)
    if s.encoder:
        raise ValueError("flops counts a model of one stack, but these sizes have an encoder")
    D = s.width
    return {
        "projections": s.layers * 2 * T * (2 * D * D + 2 * D * s.key_width),
        "scores and mix": s.layers * 4 * T * T * D,
        "feed-forward": s.layers * 2 * T * D * s.hidden * (3 if s.gated else 2),
        "output": 2 * T * D * s.vocabulary,
    }


def cache_bytes(sizes: Sizes, T: int, bytes_each: int = 2) -> int:
    """Return the bytes of the keys and values of T places in all layers. Equation: eq-cache-bytes"""
    s, T = validate.instance(sizes, Sizes, "sizes"), validate.whole(T, "T", low=1)
    return 2 * s.layers * T * s.key_width * validate.whole(bytes_each, "bytes_each", low=1)


def low_rank_parameters(sizes: Sizes, rank: int, matrices: int = 2) -> int:
    """Return the parameters of changes of the given rank to so many D × D matrices of each block.

    Equation: eq-low-rank-count. Source: Hu et al. (2022).
    """
    s, rank = validate.instance(sizes, Sizes, "sizes"), validate.whole(rank, "rank", low=1)
    return (s.layers + s.encoder) * validate.whole(matrices, "matrices", low=1) * rank * 2 * s.width


def _gpt2(width: int, layers: int, heads: int) -> Sizes:
    return Sizes(50_257, width, layers, heads, 4 * width, places=1024)


PUBLISHED = {
    "GPT-2": _gpt2(768, 12, 12),
    "GPT-2 medium": _gpt2(1024, 24, 16),
    "GPT-2 large": _gpt2(1280, 36, 20),
    "GPT-2 XL": _gpt2(1600, 48, 25),
    "BERT base": Sizes(30_522, 768, 12, 12, 3072, places=512, kinds=2, first_norm=True, last_norm=False, pooler=True),
    "LLaMA 7B": Sizes(32_000, 4096, 32, 32, 11_008, biases=False, tied=False, norm="root mean square", gated=True),
    "Transformer base": Sizes(37_000, 512, 6, 8, 2048, encoder=6, last_norm=False),
}
