"""What a metric is: its function and what holds for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from graders.metrics.columns import check_variant


@dataclass(frozen=True)
class Variant:
    """Another definition that users of the field expect under the same name; fields as of `Metric`."""

    definition: str
    symmetric: bool
    identity_length: int | None
    library: str = ""


@dataclass(frozen=True)
class Metric:
    """A metric and what holds for it; can be pickled."""

    name: str
    """The published name."""
    function: Callable[..., NDArray[np.float64]]
    """`function(hypotheses, references)` → float64 `(n,)`; see `needs_embedder`."""
    symmetric: bool
    """Whether exchanging hypothesis and reference leaves every score as it is, to the last bit."""
    identity_length: int | None
    """Identical texts of at least so many words score exactly 1; 0 includes empty texts; None: never."""
    definition: str
    """What a score depends on besides the texts and the library, as `key:value` between `|`."""
    library: str = ""
    """The distribution whose code computes part of a score, for its version; empty where all is ours."""
    needs_embedder: bool = False
    """Whether `function` also needs the keyword `embed`."""
    family: str = ""
    """Metrics of one family share work when `score_family` computes them together; empty: it shares none."""
    variants: Mapping[str, Variant] = field(default_factory=dict, hash=False)
    """Name → what `with_variant` would change."""
    variant: str | None = None
    """Which variant this is; None is the published metric."""

    @property
    def signature(self) -> str:
        """What makes a score reproducible, with the version of the installed library.

        The embedder's identity, where one is needed, is the caller's to add.
        """
        parts = [self.name, *([f"variant:{self.variant}"] if self.variant else []), self.definition]
        if self.library:
            from importlib.metadata import version

            parts.append(f"{self.library}:{version(self.library)}")
        return "|".join(parts)

    def with_variant(self, name: str | None) -> "Metric":
        """Return the metric in one of its variants, with the signature of that; None returns it unchanged.

        Raises `ValueError` naming the variants that there are.
        """
        if name == self.variant or name is None:
            return self
        if not self.variants:
            raise ValueError(f"variant: {self.name} has no variants; got {name!r}")
        check_variant(name, tuple(self.variants))
        chosen = self.variants[name]
        return replace(
            self,
            function=VariantFunction(self.function, name),
            symmetric=chosen.symmetric,
            identity_length=chosen.identity_length,
            definition=chosen.definition,
            library=chosen.library,
            variants={},
            variant=name,
        )


@dataclass(frozen=True)
class VariantFunction:
    """A metric's function with its variant chosen; unlike a partial it equals its own copy."""

    function: Callable[..., NDArray[np.float64]]
    variant: str

    def __call__(self, hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
        """Return the scores, `(n,)`."""
        return self.function(hypotheses, references, variant=self.variant)
