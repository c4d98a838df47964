"""Run by another interpreter, one with NLTK 3.9.1: a JSON text a line in, its tokens a line out."""

import json
import sys

import nltk
from nltk.tokenize.nist import NISTTokenizer

if nltk.__version__ != "3.9.1":
    sys.exit(f"expected NLTK 3.9.1; got {nltk.__version__}")
nist = NISTTokenizer()
for line in sys.stdin:
    text = json.loads(line)
    if all(0x20 <= ord(character) <= 0x7E or 0xA0 <= ord(character) <= 0xFF for character in text):
        tokens = nltk.word_tokenize(text)
    else:
        tokens = nist.international_tokenize(text)
    print(json.dumps(tokens))
