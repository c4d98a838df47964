"""What a conversion could not carry over, and where its numbers differ from promptfoo's."""

from dataclasses import dataclass


class NoCounterpartError(Exception):
    """An assertion, or a part of it, has no counterpart here; the message says why."""


@dataclass(frozen=True, order=True)
class Note:
    """Something that was not carried over: where it stands in the config, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


_JUDGED = "the judge is asked in our words and answers in our form: compare verdicts before you rely on them"

VERSION = "0.121.20"
"""The promptfoo that the differences were read from, and its verdicts taken."""

DIFFERENCES = {
    "similar": "the embedder is the one that you choose (promptfoo's default is text-embedding-3-large); "
    "negative cosines count 0; of several references the best counts, not the first that passes",
    "rouge-n": "both are ROUGE-1 F1; promptfoo lower-cases and takes Treebank tokens, punctuation too; here "
    "rouge_score's runs of ASCII letters and digits count",
    "bleu": "promptfoo lower-cases, splits at blanks, puts 1e-7 for an order without a match and leaves out "
    "orders that a short text lacks; here NLTK's tokens and smoothing method 4. Of several references the "
    "best counts",
    "gleu": "promptfoo lower-cases, splits at blanks and drops full stops at the end of words; here NLTK's "
    "tokens",
    "meteor": "promptfoo splits at blanks, drops full stops at the end of words, and takes synonyms from "
    "WordNet 3.1; here NLTK's tokens and WordNet 3.0",
    "levenshtein": "promptfoo counts UTF-16 units, so an emoji counts 2 there and 1 here",
    "regex": "the pattern was translated to Python; it runs over code points, not UTF-16 units",
    "python": "`context` holds `vars` and nothing else; of a result with `pass` and `score` only the score "
    "counts; a failure of the code is an error of the row, not a 0",
    "is-json": "a schema is checked by jsonschema, not by Ajv",
    "llm-rubric": f"{_JUDGED}; without a threshold a row passes from 0.5 (promptfoo takes the judge's word)",
    "g-eval": f"{_JUDGED}; promptfoo lets the judge plan steps first, in a call of its own",
    "factuality": _JUDGED,
    "model-graded-closedqa": _JUDGED,
}
"""Kind of assertion → how its numbers differ. Kinds that are not here give promptfoo's own verdicts."""

ALWAYS = (
    "prompts and providers are not carried over: let your model answer, and put its output into `sample`",
    "where a test has no threshold, its row earns 1.0 where every assertion passes and else 0.0; promptfoo's "
    "score is the weighted mean of the scores, which stand in `sub_rewards`",
    "a variable that is an object renders as JSON here and as [object Object] there",
    "what cannot be graded has no reward here; promptfoo counts it 0",
    "of a `not-` assertion with a threshold, a score exactly at it passes here and not there",
)
"""What holds for every config."""
