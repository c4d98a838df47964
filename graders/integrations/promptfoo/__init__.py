"""Grader documents and rows out of a promptfoo config.

Design: promptfoo writes what it expects into each test, a grader reads it from the row. So tests that assert
the same kinds of things share one document, and what they expect becomes a field of their items. What
promptfoo decides by a verdict (each assertion has a threshold, all have to pass) becomes several graders of
which all have to pass; a test with a threshold of its own becomes a `multi` with the weighted mean that
promptfoo compares. Nothing is guessed: what has no counterpart is listed with the reason, and so is every
kind of assertion whose numbers differ.

Source: promptfoo 0.121.20, `src/assertions` and `src/evaluator`, read and run.
"""

from graders.integrations.promptfoo.conversion import Conversion, Group, convert
from graders.integrations.promptfoo.notes import Note

__all__ = ["Conversion", "Group", "Note", "convert"]
