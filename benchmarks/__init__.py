"""Speed, as ratios measured side by side in one run; `make bench` prints them all.

What needs nothing but the package itself stands in `graders.analysis` and is `graders bench` too; here is
what needs other libraries, NLTK's data, fresh processes, or minutes.
"""
