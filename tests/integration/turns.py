# SPDX-License-Identifier: Apache-2.0
"""A door with two rooms behind: each new connection goes to the next of the given ports, in turn, and ends after so many
seconds, so that one till talks to all of them. usage: turns.py SECONDS PORT_FILE PORT PORT..."""
import select
import signal
import socket
import sys
import threading
import time


def carry(one, other, seconds):
    until = time.monotonic() + seconds
    with one, other:
        while (left := until - time.monotonic()) > 0:
            for end in select.select([one, other], [], [], left)[0]:
                got = end.recv(65536)
                if not got:
                    return
                (other if end is one else one).sendall(got)


def serve(client, port, seconds):
    try:
        carry(client, socket.create_connection(("127.0.0.1", port)), seconds)
    except OSError:
        client.close()  # the room behind is shut: the till tries again and comes to the next


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    seconds, port_file, ports = float(sys.argv[1]), sys.argv[2], [int(port) for port in sys.argv[3:]]
    door = socket.create_server(("127.0.0.1", 0))
    with open(port_file, "w", encoding="ascii") as file:
        file.write(f"{door.getsockname()[1]}\n")
    turn = 0
    while True:
        client, _ = door.accept()
        threading.Thread(target=serve, args=(client, ports[turn % len(ports)], seconds), daemon=True).start()
        turn += 1
        print("turn", turn, flush=True)


main()
