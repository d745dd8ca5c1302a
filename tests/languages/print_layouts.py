"""Writes what python/rwkvk/_border.py declares, for layouts_test.sh."""

import ctypes

from rwkvk import _border

for struct in _border.STRUCTS:
    print(struct.__name__, ctypes.sizeof(struct))
    for name, kind in struct._fields_:
        print(f"{struct.__name__}.{name}", getattr(struct, name).offset, ctypes.sizeof(kind))
statuses = ("OK", "BAD_ARGUMENT", "DEVICE_LOST", "CANCELLED")
others = ("EVENT_PIECE", "EVENT_DONE", "EVENT_HIDDEN", "DONE_CANCELLED", "DONE_FAILED", "WANT_LAST", "WANT_ALL")
for name in statuses + others:
    print(f"RWKVK_{name}", getattr(_border, name))
for prefix, names in (("DONE", _border.FINISHES), ("THINK", _border.THINKING), ("DEVICE", _border.DEVICE_TYPES)):
    for value, name in enumerate(names):
        print(f"RWKVK_{prefix}_{name.upper()}", value)
