"""The face that speaks HTTP: what code for the hosted API asks for, answered on this machine.

Design: web processes check, store and read; they never grade a run. One runner process takes runs from the
store. So a slow run slows no request, and whatever is killed is started again and goes on.
"""

from graders.server.settings import Settings

__all__ = ["Settings"]
