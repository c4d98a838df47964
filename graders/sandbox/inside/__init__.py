"""What runs at the other end of the pipe: it starts, confines and grades, and imports nothing of ours.

Design: these modules are loaded inside the sandbox by an interpreter that may have no other module of this
package, so they import each other and the standard library only. Nothing here needs Linux to be imported.
"""
