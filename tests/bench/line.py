# SPDX-License-Identifier: Apache-2.0
"""The local API as the benches call it: HTTP over the till's socket."""
import http.client
import socket


class Line(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
