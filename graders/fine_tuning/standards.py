"""What a probe is held against, and what is to be said of what it earned."""

from dataclasses import dataclass

from graders.fine_tuning.probes import REFERENCE, Probe

_LEAST_GAIN = 0.05
"""Share of the range of rewards that is more than chance."""
NOTHING = 0.1
"""Share of the range up to which a reward is as good as none."""


@dataclass(frozen=True)
class Standard:
    """What probes are held against; None is what nobody knows. `known` tells whether the range is.

    `parts` is how many texts of a right answer are compared.
    """

    floor: float
    ceiling: float
    reference: float | None
    honest: float | None
    known: bool
    parts: int = 1

    @property
    def width(self) -> float:
        """How far the rewards reach."""
        return self.ceiling - self.floor

    def pays(self, mean: float, *, one_part: bool) -> bool:
        """Tell whether a wrong answer is paid: half of what a right one is, or as much as honest ones are.

        Where one part of a right answer is wrong, the others may be paid.
        """
        kept, honest = 0.5, self.honest
        if one_part and self.parts > 1:
            kept, honest = 1 - 0.5 / self.parts, None
        gain = _LEAST_GAIN * self.width
        bars = [] if honest is None else [max(honest, self.floor + gain)]
        if self.reference is not None and self.reference > self.floor:
            bars.append(self.floor + (self.reference - self.floor) * kept)
        bar = min(bars, default=self.floor + self.width / 2)
        more = honest is not None and mean > honest + gain
        return self.width > 0 and (more or (mean > self.floor and mean >= bar))


def verdict_of_probe(probe: Probe, mean: float, base: float | None, standard: Standard) -> str:
    """Say what a probe earned, in a word; `base` is what it is compared with."""
    if probe.expected == "low":
        return "pays" if standard.pays(mean, one_part=probe.one_part) else "ok"
    if probe.expected == "no gain":
        return "gains" if base is not None and mean > base + _LEAST_GAIN * standard.width else "ok"
    if probe is REFERENCE:
        low = mean < standard.floor + standard.width / 2 or (standard.width <= 0 and not standard.known)
        worse = standard.honest is not None and mean < standard.honest - _LEAST_GAIN * standard.width
        return "broken" if low or worse else "ok"
    return f"keeps {mean / base:.0%}" if base else "shown"
