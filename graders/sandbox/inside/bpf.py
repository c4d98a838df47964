"""A small assembler for the programs that decide over system calls (classic BPF).

Design: a program is a list of instructions whose jumps go forward. Calls are looked up in a binary tree of
ranges instead of one by one: the kernel runs a new filter once for every number when it is installed, and
one is installed for every row. Source of the encoding: linux/filter.h, linux/bpf_common.h, linux/seccomp.h.
"""

import struct
from collections.abc import Mapping, Sequence

Instruction = tuple[int, int, int, int]
"""Code, jump when true, jump when false, constant."""
Block = list[Instruction]

_LOAD, _JUMP, _RETURN = 0x20, 0x05, 0x06
_IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT = 0x15, 0x35, 0x45
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

ALLOW = 0x7FFF0000
KILL = 0x80000000
_ERRNO = 0x00050000


def answer(action: int) -> Block:
    """End with an action: ALLOW, KILL, or what `refuse` gives."""
    return [(_RETURN, 0, 0, action)]


def refuse(errno: int) -> int:
    """Give the action that fails the call with an error number."""
    return _ERRNO | errno


def only_values(argument: int, values: Sequence[int], otherwise: int) -> Block:
    """Allow the call if the low 32 bits of an argument are one of the values."""
    tests = [(_IF_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
    return [_load(argument), *tests, *answer(otherwise), *answer(ALLOW)]


def only_low_bits(argument: int, mask: int, value: int, otherwise: int) -> Block:
    """Allow the call if the bits of an argument under the mask are the value."""
    return [_load(argument), (0x54, 0, 0, mask), (_IF_EQUAL, 1, 0, value), *answer(otherwise), *answer(ALLOW)]


def only_with_bits(argument: int, required: int, forbidden: int, otherwise: int) -> Block:
    """Allow the call if an argument has a required bit and none of the forbidden ones."""
    tests = [(_IF_ANY_BIT, 1, 0, forbidden), (_IF_ANY_BIT, 1, 0, required)]
    return [_load(argument), *tests, *answer(otherwise), *answer(ALLOW)]


def only_null(argument: int, otherwise: int) -> Block:
    """Allow the call if all 64 bits of an argument are zero."""
    low, high = _load(argument), _load(argument, high=True)
    return [low, (_IF_EQUAL, 0, 2, 0), high, (_IF_EQUAL, 1, 0, 0), *answer(otherwise), *answer(ALLOW)]


def both(first: Block, second: Block) -> Block:
    """Allow the call if two blocks do; the first must end by allowing."""
    return first[:-1] + second


def program(architecture: int, rules: Mapping[int, Block], otherwise: Block) -> Block:
    """Assemble a filter: foreign architectures are killed, known numbers follow their rule."""
    head = [(_LOAD, 0, 0, _ARCHITECTURE), (_IF_EQUAL, 1, 0, architecture), *answer(KILL)]
    return [*head, (_LOAD, 0, 0, _NUMBER), *_tree(_ranges(rules, otherwise))]


def encode(instructions: Block) -> bytes:
    """Encode a program for the kernel of this machine."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


def _load(argument: int, *, high: bool = False) -> Instruction:
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * argument + 4 * high)  # both architectures are little-endian


def _ranges(rules: Mapping[int, Block], otherwise: Block) -> list[tuple[int, Block]]:
    """Give the first number of each range in which one rule holds, with the rule."""
    steps = sorted({0, *rules, *(number + 1 for number in rules)})
    ranges: list[tuple[int, Block]] = []
    for number in steps:
        block = rules.get(number, otherwise)
        if not ranges or ranges[-1][1] != block:
            ranges.append((number, block))
    return ranges


def _tree(ranges: list[tuple[int, Block]]) -> Block:
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    below, above = _tree(ranges[:middle]), _tree(ranges[middle:])
    return [(_IF_AT_LEAST, 0, 1, ranges[middle][0]), (_JUMP, 0, 0, len(below)), *below, *above]
