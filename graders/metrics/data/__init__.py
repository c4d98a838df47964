"""Data of the text metrics in compact derived form; `tools/build_metric_data.py` makes every file here.

`punkt_english.json.gz` holds the English sentence model of word_tokenize, `nist_characters.json` the three
character sets of the NIST tokeniser, `wordnet.txt.gz` the synsets and exceptions of WordNet 3.0. The notices
of their authors stand beside them as `LICENSE-*`.
"""
