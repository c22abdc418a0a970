"""
A worker that lies: as soon as the run begins it says that it has sent a thousand arrivals, and it sends none.

``python liar.py PORT`` speaks Locust's protocol to the master at that port of this machine until it is told to quit.
"""

import sys
import time

import msgpack
import zmq

from load.counts import Book
from load.messages import BEGIN, COUNTS, PING, PONG


def main(port):
    socket = zmq.Context().socket(zmq.DEALER)
    socket.setsockopt(zmq.IDENTITY, b"liar")
    socket.connect(f"tcp://127.0.0.1:{port}")

    def say(kind, data=None):
        socket.send(msgpack.dumps((kind, data, "liar")))

    state = "ready"
    say("client_ready", -1)
    while True:
        if not socket.poll(500):
            say("heartbeat", {"state": state, "current_cpu_usage": 0.0})
            continue
        kind, data, _ = msgpack.loads(socket.recv(), strict_map_key=False)
        if kind == "spawn":
            state = "running"
            say("spawning")
            say("spawning_complete", {"user_classes_count": data["user_classes_count"], "user_count": 1})
        elif kind == PING:
            say(PONG, {"number": data["number"], "clock": time.perf_counter(), "host": "elsewhere", "pid": 0})
        elif kind == BEGIN:
            book = Book({}, 5.0)
            for _ in range(1_000):
                book.took_up(0.1)
            report = {"number": 1, "final": False, "whole": False, "broken": "", "began_at": 0.0}
            say(COUNTS, {**report, "book": book.as_dict()})
        elif kind == "quit":
            return


main(int(sys.argv[1]))
