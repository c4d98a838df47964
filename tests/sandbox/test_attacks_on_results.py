"""A source can choose its own score and nothing else: not what we parse, not what a neighbour gets."""

import math
from collections.abc import Callable

import pytest

from graders.sandbox import Failure, Isolation, Limits, Outcome, Sandbox

Strike = Callable[..., Outcome]

ACCEPTED = {
    "1": 1.0, "-7": -7.0, "0.25": 0.25, "True": 1.0, "False": 0.0, "1e308": 1e308, "-0.0": 0.0, "5": 5.0,
    "numpy.float64(0.5)": 0.5, "numpy.float32(0.5)": 0.5, "numpy.int64(3)": 3.0, "numpy.bool_(True)": 1.0,
    "numpy.array([2.0])[0]": 2.0, "numpy.float16(2)": 2.0, "2**60": 2.0**60,
}  # fmt: skip

REJECTED = {
    "'1'": "grade returned str, not a number.",
    "b'1'": "grade returned bytes, not a number.",
    "None": "grade returned None, not a number.",
    "[1.0]": "grade returned list, not a number.",
    "{'v': 1}": "grade returned dict, not a number.",
    "1j": "grade returned complex, not a number.",
    "numpy.array(1.0)": "grade returned ndarray, not a number.",
    "numpy.complex128(1)": "grade returned complex128, not a number.",
    "numpy.str_('1')": "grade returned str_, not a number.",
    "numpy.float64('nan')": "grade returned nan, not a finite number.",
    "float('nan')": "grade returned nan, not a finite number.",
    "float('inf')": "grade returned inf, not a finite number.",
    "-float('inf')": "grade returned -inf, not a finite number.",
    "type('Number', (), {'__float__': lambda self: 1.0})()": "grade returned Number, not a number.",
    "type('N' * 10**6, (), {})()": "N[…]",
    "grade": "grade returned function, not a number.",
}


def test_results_that_are_accepted() -> None:
    values = ", ".join(ACCEPTED)
    source = f"import numpy\ndef grade(sample, item): return ({values})[item['at']]"
    with Sandbox(source) as sandbox:
        actual = sandbox.grade_rows([({}, {"at": at}) for at in range(len(ACCEPTED))])
    assert actual == list(ACCEPTED.values())


def test_results_that_are_not() -> None:
    values = ", ".join(f"lambda: {value}" for value in REJECTED)
    source = f"import numpy\ndef grade(sample, item): return ({values})[item['at']]()"
    with Sandbox(source) as sandbox:
        outcomes = sandbox.grade_rows([({}, {"at": at}) for at in range(len(REJECTED))])
    for outcome, expected in zip(outcomes, REJECTED.values(), strict=True):
        assert isinstance(outcome, Failure)
        assert (outcome.kind, outcome.cause) == ("runtime", "result")
        start, _, end = expected.partition("N[…]")
        assert outcome.detail == expected or (not start and "[…]" in outcome.detail and not end)


def test_a_number_beyond_floats_is_an_exception(strike: Strike) -> None:
    outcome = strike("def attack(item): return 10 ** 400")
    assert isinstance(outcome, Failure)
    assert outcome.detail.endswith("OverflowError: int too large to convert to float")


def test_a_hostile_float_chooses_its_own_score_only(strike: Strike) -> None:
    outcome = strike("class F(float):\n    def __float__(self): return 7.0\ndef attack(item): return F(0.5)")
    assert outcome == 7.0


SOUND = [0.0, 1.0]
FORGERIES = {
    "a score on every pipe": "b'v' + struct.pack('<d', 1.0)",
    "a score for the supervisor": "b'v' + struct.pack('<Id', 8, 1.0)",
    "a score that is none": "b'v' + struct.pack('<d', float('nan'))",
    "many scores": "(b'v' + struct.pack('<d', 1.0)) * 100",
    "a fault of the sandbox": "b's' + b'forged'",
    "a word that it was not confined": "b'-' + b'forged'",
    "a new worker": "b'n'",
    "a timeout": "b'ft' + b'forged'",
    "a pickle": "pickle.dumps(print)",
    "deep json": "b'[' * 100_000",
    "a flood": "b'x' * (64 << 20)",
    "nothing": "b''",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("then", ["os._exit(0)", "return 0.25"])
def test_writing_to_every_descriptor_forges_nothing(strike: Strike, forgery: str, then: str) -> None:
    outcome = strike(f"""
import os, pickle, struct
def attack(item):
    data = {forgery}
    for descriptor in range(256):
        try: os.write(descriptor, data)
        except OSError: pass
    {then}
""")
    if isinstance(outcome, Failure):
        assert (outcome.kind, outcome.cause) in (("runtime", "result"), ("runtime", "crash"))
    else:
        assert outcome in (1.0, 0.25)  # it may choose its own score


@pytest.mark.parametrize("then", ["return 1", "while True: pass", "os.read(os.pipe()[0], 1)"])
def test_closing_every_descriptor_costs_the_row(strike: Strike, then: str) -> None:
    outcome = strike(f"import os\ndef attack(item):\n    os.closerange(0, 1000)\n    {then}")
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.cause) == ("runtime", "crash")


def test_long_and_hostile_failures_are_clipped(strike: Strike, small: Limits) -> None:
    for body in ("raise ValueError('x' * 10**7)", "raise type('E' * 10**7, (Exception,), {})"):
        outcome = strike(f"def attack(item): {body}")
        assert isinstance(outcome, Failure)
        assert len(outcome.detail) <= small.text
        assert "[…]" in outcome.detail
    outcome = strike(
        "class E(BaseException):\n    def __str__(self): raise self\ndef attack(item): raise E('\\ud800')"
    )
    assert isinstance(outcome, Failure)
    assert "E" in outcome.detail


LEFTOVERS = {
    "builtins": "import builtins; builtins.float = lambda v: 99.0; builtins.isinstance = lambda *a: True",
    "json": "import json; json.loads = lambda *a, **k: [{}, {'attack': True}]",
    "struct": "import struct, math; struct.Struct = None; math.isfinite = lambda v: True",
    "an import hook": "import sys; sys.meta_path.insert(0, None); sys.modules['math'] = None",
    "our modules": """
    import gc, types
    for function in gc.get_objects():
        if isinstance(function, types.FunctionType) and function.__module__.startswith('graders'):
            function.__code__ = (lambda *a, **k: None).__code__""",
    "a global": "global leaked; leaked = 99",
    "the environment": "import os; os.environ['LEAK'] = '99'; os.putenv('LEAK', '99')",
    "signals": "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.alarm(1)",
    "an exit hook": "import atexit, os; atexit.register(os.write, 1, b'x')",
    "a thread": "import threading, time; threading.Thread(target=time.sleep, args=(9,)).start()",
    "a file": "open('left', 'w').write('99')",
    "a folder": "import os; os.makedirs('a/b/c')",
    "the time of the scratch": "import os; os.utime('.', (99, 99)); os.chmod('.', 0o500)",
    "the mask of files": "import os; os.umask(0o777); os.chdir('/')",
}
LOOK = """
import os
def grade(sample, item):
    if item["attack"]:
        try:
            attack(item)
        except (OSError, RuntimeError):
            pass
        return 0.25
    clean = "leaked" not in globals() and "LEAK" not in os.environ and float("2") == 2.0
    state = os.stat(".")
    clean = clean and (os.getcwd() == "/" or (os.listdir(".") == [] and state.st_mtime != 99))
    clean = clean and not state.st_mtime == 99 and isinstance(1, str) is False
    import math
    return 0.5 if clean and math.isfinite(1.0) else 99.0
"""


@pytest.mark.parametrize("body", LEFTOVERS.values(), ids=LEFTOVERS)
def test_what_a_row_leaves_behind_changes_no_neighbour(
    body: str, no_worker_is_left: None, small: Limits
) -> None:
    source = f"def attack(item):\n    {body.strip()}\n{LOOK}"
    calm, attack = ({}, {"attack": False}), ({}, {"attack": True})
    with Sandbox(source, limits=small) as sandbox:
        actual = sandbox.grade_rows([calm, attack, calm, attack, calm])
    assert actual[::2] == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("isolation", ["row", "worker"])
def test_no_score_that_is_not_finite_reaches_us(isolation: Isolation, small: Limits) -> None:
    source = """
import os, struct
def grade(sample, item):
    for descriptor in range(256):
        try: os.write(descriptor, b"v" + struct.pack("<Id", 8, float("nan")))
        except OSError: pass
    return 1
"""
    with Sandbox(source, isolation=isolation, limits=small) as sandbox:
        outcomes = sandbox.grade_rows([({}, {})] * 5)
    assert all(isinstance(outcome, Failure) or math.isfinite(outcome) for outcome in outcomes)
