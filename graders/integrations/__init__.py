"""Thin adapters between graders and other people's systems.

Design: each lives in a module of its own, which loads the other system when it is called and not before.
"""
