"""Drops files on a window, as a file manager does (XDND, version 5: freedesktop.org's "Drag-and-Drop Protocol for the X Window System").

usage: drop.py WINDOW FILE...
"""
import ctypes
import pathlib
import sys
import time
from ctypes import POINTER, Structure, Union, byref, c_char, c_char_p, c_int, c_long, c_ubyte, c_ulong, c_void_p

CLIENT_MESSAGE, SELECTION_NOTIFY, SELECTION_REQUEST, REPLACE = 33, 31, 30, 0
SECONDS = 20


class ClientMessage(Structure):
    _fields_ = [("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("window", c_ulong),
                ("message", c_ulong), ("format", c_int), ("data", c_long * 5)]


class SelectionRequest(Structure):
    _fields_ = [("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("owner", c_ulong),
                ("requestor", c_ulong), ("selection", c_ulong), ("target", c_ulong), ("property", c_ulong), ("time", c_ulong)]


class SelectionNotify(Structure):
    _fields_ = [("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("requestor", c_ulong),
                ("selection", c_ulong), ("target", c_ulong), ("property", c_ulong), ("time", c_ulong)]


class Event(Union):
    _fields_ = [("type", c_int), ("client", ClientMessage), ("request", SelectionRequest), ("notify", SelectionNotify),
                ("room", c_char * 256)]


x11 = ctypes.CDLL("libX11.so.6")
x11.XOpenDisplay.restype = c_void_p
x11.XOpenDisplay.argtypes = [c_char_p]
x11.XDefaultRootWindow.restype = c_ulong
x11.XDefaultRootWindow.argtypes = [c_void_p]
x11.XCreateSimpleWindow.restype = c_ulong
x11.XCreateSimpleWindow.argtypes = [c_void_p, c_ulong] + 2 * [c_int] + 3 * [ctypes.c_uint] + 2 * [c_ulong]
x11.XInternAtom.restype = c_ulong
x11.XInternAtom.argtypes = [c_void_p, c_char_p, c_int]
x11.XSetSelectionOwner.argtypes = [c_void_p, c_ulong, c_ulong, c_ulong]
x11.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, POINTER(Event)]
x11.XChangeProperty.argtypes = [c_void_p, c_ulong, c_ulong, c_ulong, c_int, c_int, POINTER(c_ubyte), c_int]
x11.XPending.argtypes = [c_void_p]
x11.XNextEvent.argtypes = [c_void_p, POINTER(Event)]
x11.XSync.argtypes = [c_void_p, c_int]


class Source:
    """Whoever drags: a window that is not shown."""

    def __init__(self, target, files):
        self.display = x11.XOpenDisplay(None)
        if not self.display:
            sys.exit("drop.py: no display: set DISPLAY")
        self.target = target
        self.list = "".join(pathlib.Path(file).resolve().as_uri() + "\r\n" for file in files).encode()
        self.window = x11.XCreateSimpleWindow(self.display, x11.XDefaultRootWindow(self.display), 0, 0, 1, 1, 0, 0, 0)
        x11.XSetSelectionOwner(self.display, self.atom("XdndSelection"), self.window, 0)

    def atom(self, name):
        return x11.XInternAtom(self.display, name.encode(), 0)

    def say(self, message, *words):
        event = Event()
        event.client = ClientMessage(type=CLIENT_MESSAGE, window=self.target, message=self.atom(message), format=32,
                                     data=(c_long * 5)(self.window, *words))
        x11.XSendEvent(self.display, self.target, 0, 0, byref(event))

    def hand_over(self, request):
        """The list of files, to who asks for it."""
        data = (c_ubyte * len(self.list)).from_buffer_copy(self.list)
        x11.XChangeProperty(self.display, request.requestor, request.property, request.target, 8, REPLACE, data, len(data))
        event = Event()
        event.notify = SelectionNotify(type=SELECTION_NOTIFY, requestor=request.requestor, selection=request.selection,
                                       target=request.target, property=request.property, time=request.time)
        x11.XSendEvent(self.display, request.requestor, 0, 0, byref(event))

    def hear(self, message):
        """Waits for it, and returns its words."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            x11.XSync(self.display, 0)
            if not x11.XPending(self.display):
                time.sleep(0.01)
                continue
            event = Event()
            x11.XNextEvent(self.display, byref(event))
            if event.type == SELECTION_REQUEST:
                self.hand_over(event.request)
            elif event.type == CLIENT_MESSAGE and event.client.message == self.atom(message):
                return list(event.client.data)
        sys.exit(f"drop.py: the window has not said {message} within {SECONDS} s")


def drop(target, files):
    source = Source(target, files)
    version = 5 << 24
    source.say("XdndEnter", version, source.atom("text/uri-list"), 0, 0)
    source.say("XdndPosition", 0, (100 << 16) | 100, 0, source.atom("XdndActionCopy"))
    if not source.hear("XdndStatus")[1] & 1:
        sys.exit("drop.py: the window takes no files")
    source.say("XdndDrop", 0, 0, 0, 0)
    source.hear("XdndFinished")


if __name__ == "__main__":
    drop(int(sys.argv[1]), sys.argv[2:])
