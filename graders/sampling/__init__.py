"""Samples of a model behind any OpenAI-compatible endpoint: several for each prompt, kept for the next time.

Design: the samples of one prompt are different requests (the number of the repetition stands in the key
under which a sample is kept, and in the seed where there is one), so that asking again for the same gives
the same, and asking for more pays for the new ones only.
"""

from graders.sampling.chat import Chat
from graders.sampling.requests import Sampled, SampleRequest, repetitions
from graders.sampling.responses import Responses
from graders.sampling.sampler import Outcomes, Sampler

__all__ = [
    "Chat",
    "Outcomes",
    "Responses",
    "SampleRequest",
    "Sampled",
    "Sampler",
    "repetitions",
]
