"""The pages that a person opens: evals, runs, their reports and rows, comparisons, a playground.

Design: pages are written on the server and work without the little script that they have. Whatever a user
sent is escaped by Jinja2, shown in bounded size, and never marked as safe; the policy of every page lets one
style sheet and one script of ours in, and nothing else.
"""
