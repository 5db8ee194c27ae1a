# SPDX-License-Identifier: Apache-2.0
"""usage: hostile.py SOCKET PORT TOKEN PID CONNECTIONS CALL_MAX_S.

Another process holds and makes anew CONNECTIONS slow and as many malicious connections, half of them at the socket, half at the port,
while a POS sells through the socket and a page asks over the port. Prints their times and the daemon's descriptors."""
import http.client
import json
import os
import random
import resource
import select
import socket
import sys
import time

path, port, token, pid, wanted = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
seed = int(os.environ.get("LOYALD_SEED", time.time()))
call_max_s = float(sys.argv[6])
DESCRIPTORS_MAX, TRIES_MAX = 300, 20
LINE = b'{"lines":[{"line":1,"sku":"A","qty_milli":1000,"unit_price_minor":1000}]}'


def head(method, where, *lines):
    return (f"{method} {where} HTTP/1.1\r\nHost: localhost\r\n" + "".join(line + "\r\n" for line in lines) + "\r\n").encode()


MALICE = [
    lambda dice: dice.randbytes(dice.randrange(1, 4000)),
    lambda dice: b"GET " + b"/" * 100000,
    lambda dice: b"GET / HTTP/1.1\r\n" + b"X-A: " + b"a" * 200000,
    lambda dice: b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % i for i in range(5000)),
    lambda dice: head("PUT", "/v1/sales/evil", "Content-Length: 99999999999"),
    lambda dice: head("PUT", "/v1/sales/evil", "Content-Length: -1") + LINE,
    lambda dice: head("PUT", "/v1/sales/evil", "Transfer-Encoding: chunked") + b"ffffffffffffffff\r\n",
    lambda dice: head("PUT", "/v1/sales/evil", "Transfer-Encoding: chunked") + b"ff\r\n" + b"[" * 255 + b"\r\n",
    lambda dice: head("PUT", "/v1/sales/evil", "Transfer-Encoding: chunked", "Content-Length: 5") + b"0\r\n\r\n",
    lambda dice: head("PUT", "/v1/sales/evil", "Content-Length: 200000") + b"[" * 200000,
    lambda dice: head("PUT", "/v1/sales/evil", "Content-Length: 40") + b'{"lines":[{"line":1e999,"sku":"\\ud800"}]}',
    lambda dice: head("PUT", "/v1/sales/evil", "Content-Encoding: gzip", "Content-Length: 20") + dice.randbytes(20),
    lambda dice: head("POST", "/v1/sales/..%2f..%2fetc/commit", "Content-Length: 0"),
    lambda dice: head("GET", "/v1/sales/%00%ff%fe", "Content-Length: 0"),
    lambda dice: head("OPTIONS", "*", "Upgrade: h2c", "Connection: Upgrade"),
    lambda dice: head("GET", "/v1/events") * 40,
    lambda dice: head("GET", "/v1/words") * 100,  # and never read
    lambda dice: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + dice.randbytes(500),
]


class Hostile:
    """Keeps the connections up to the numbers wanted; one that was cut comes again."""

    def __init__(self):
        self.dice = random.Random(seed)
        self.slow, self.mad = [], []
        self.made = {"slow": 0, "mad": 0}

    def connect(self):
        at_socket = self.dice.random() < 0.5
        line = socket.socket(socket.AF_UNIX if at_socket else socket.AF_INET)
        line.setblocking(False)
        try:
            line.connect(path if at_socket else ("127.0.0.1", port))
        except BlockingIOError:
            if at_socket:  # the queue of those who wait is full
                line.close()
                return None
        except OSError:
            line.close()
            return None
        return line

    def send(self, line, data):
        """False: it was cut."""
        try:
            line.send(data)
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def top_up(self, name, lines, first):
        if len(lines) >= wanted:
            return
        line = self.connect()
        if line and self.send(line, first()):
            self.made[name] += 1
            lines.append(line)
            if name == "mad" and self.dice.random() < 0.3:  # half-closed
                try:
                    line.shutdown(socket.SHUT_WR)
                except OSError:
                    pass

    def turn(self):
        for _ in range(20):
            self.top_up("slow", self.slow, lambda: b"PUT /v1/sales/slow HTTP/1.1\r\nHost: l")
            self.top_up("mad", self.mad, lambda: self.dice.choice(MALICE)(self.dice))
        for lines in (self.slow, self.mad):
            for line in self.dice.sample(lines, min(20, len(lines))):
                if not self.send(line, b"X"):
                    lines.remove(line)
                    line.close()


def be_hostile(until, report):
    """Until the other end of a pipe is closed; a turn each five milliseconds, so that a small machine has time for the till."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * wanted + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    hostile = Hostile()
    told = False
    while not select.select([until], [], [], 0.005)[0]:
        hostile.turn()
        if not told and min(hostile.made.values()) >= wanted:
            os.write(report, b"x")
            told = True
    os.write(report, json.dumps({**hostile.made, "held": len(hostile.slow) + len(hostile.mad)}).encode())
    os._exit(0)


class Till(http.client.HTTPConnection):
    def __init__(self, over_port):
        super().__init__("127.0.0.1", port, timeout=30)
        self.over_port = over_port

    def connect(self):
        if self.over_port:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(path)


def ask(method, where, body=None, over_port=False):
    """As a POS does: when a connection was cut, the same call is asked again on a new one."""
    begun = time.monotonic()
    for tries in range(TRIES_MAX):
        till = Till(over_port)
        try:
            till.request(method, where, body, {"Authorization": "Bearer " + token} if over_port else {})
            answer = till.getresponse()
            said = json.loads(answer.read())
            if answer.status != 200:
                raise SystemExit(f"{method} {where}: {answer.status} {said}")
            return said, time.monotonic() - begun, tries
        except (OSError, http.client.HTTPException):
            continue
        finally:
            till.close()
    raise SystemExit(f"{method} {where} had no answer in {TRIES_MAX} tries")


def descriptors():
    return len(os.listdir(f"/proc/{pid}/fd"))


def say(name, times):
    times = sorted(times)
    print(f"{name}: {len(times)} calls, p50 {times[len(times) // 2] * 1000:.1f} ms, p99 {times[len(times) * 99 // 100] * 1000:.1f} ms, "
          f"max {times[-1] * 1000:.1f} ms")
    return times[-1]


print(f"seed {seed}", flush=True)
until_read, until_write = os.pipe()
report_read, report_write = os.pipe()
child = os.fork()
if child == 0:
    os.close(until_write)
    be_hostile(until_read, report_write)
pos, page, again, most, sold = [], [], 0, 0, 0
while sold < 100 or not select.select([report_read], [], [], 0)[0]:
    name = f"/v1/sales/h{sold}"
    for method, where, body, over_port in (("PUT", name, LINE, False), ("POST", name + "/commit", b'{"expected_total_minor":1000}', False),
                                           ("GET", "/v1/health", None, True)):
        said, took, tries = ask(method, where, body, over_port)
        (page if over_port else pos).append(took)
        again += tries
    most = max(most, descriptors())
    sold += 1
os.read(report_read, 1)
os.close(until_write)
hostile = json.loads(os.read(report_read, 1000))
os.waitpid(child, 0)
totals = ask("GET", "/v1/totals")[0]
worst = max(say("POS", pos), say("page", page))
print(f"{hostile['slow']} slow and {hostile['mad']} malicious connections made, {hostile['held']} held at the end; {sold} sales, {again} calls asked "
      f"again; at most {most} descriptors")
faults = []
if totals["sales"] != sold or totals["net_minor"] != sold * 1000:
    faults.append(f"sold {sold}, the till counts {totals['sales']} at {totals['net_minor']}")
if worst > call_max_s:
    faults.append(f"a call took {worst:.2f} s, {call_max_s:g} s is the most")
if most > DESCRIPTORS_MAX:
    faults.append(f"{most} descriptors")
deadline = time.monotonic() + 20
while descriptors() > 60 and time.monotonic() < deadline:
    select.select([], [], [], 0.05)
if descriptors() > 60:
    faults.append(f"{descriptors()} descriptors are left after all have gone")
for fault in faults:
    print("FAILED:", fault)
sys.exit(1 if faults else 0)
