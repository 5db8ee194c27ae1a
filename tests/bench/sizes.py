# SPDX-License-Identifier: Apache-2.0
"""The measuring of sizes.sh. sizes.py prepare DIR CACHE_DB | plain DIR BIN_DIR LABEL | compiling DIR BIN_DIR VERSION"""
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time

from line import Line

STARTS, SCANS, LINES = 5, 300, 20
what, folder = sys.argv[1:3]
state, log = os.path.join(folder, "till"), os.path.join(folder, "log", "bench.log")


def call(method, where, body=None):
    line = Line(os.path.join(state, "run", "api.sock"))
    try:
        line.request(method, where, body)
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        line.close()


def health():
    return call("GET", "/v1/health")[1]["till"]


def start():
    """The daemon, and the ms from its start to its first answer."""
    begun = time.perf_counter()
    process = subprocess.Popen([os.path.join(sys.argv[3], "loyald"), "--config", os.path.join(folder, "loyald.conf"), "--state-dir", state],
                               stderr=open(log, "w"), stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            if call("GET", "/v1/sales/none")[0] == 404:
                return process, 1000 * (time.perf_counter() - begun)
        except OSError:
            time.sleep(0.001)
    sys.exit("loyald did not start")


def stop(process):
    process.terminate()
    process.wait()


def memory_mb(process, name):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(one.split()[1]) for one in status if one.startswith(name)) / 1024


def scanner():
    line = socket.socket(socket.AF_UNIX)
    line.connect(os.path.join(folder, "scanner.sock"))
    return line.makefile("rw")


def events():
    """The names of the till's events, as they come."""
    line = Line(os.path.join(state, "run", "api.sock"))
    line.request("GET", "/v1/events")
    for text in line.getresponse():
        if text.startswith(b"event: "):
            yield text[7:].strip().decode()


def scans():
    """Cards, each shown when the one before was answered, beside a sale that is open; ends never."""
    line, told = scanner(), events()
    next(told)  # hello
    basket = {"lines": [{"line": n + 1, "sku": f"A{n}", "name": "Tea", "qty_milli": 2000, "unit_price_minor": 100 + n, "category": f"c{n}"}
                        for n in range(LINES)]}
    while "ready" not in [one["state"] for one in call("GET", "/v1/health")[1]["devices"] if one["kind"] == "scanner"]:
        time.sleep(0.01)
    if call("PUT", f"/v1/sales/bench-{what}", json.dumps(basket))[0] != 200:
        sys.exit("the basket was refused")
    while next(told) != "sale":
        pass
    while True:
        for n in (15, 22, 39):
            line.write(f"scan 29000100000{n}\n")
            line.flush()
            said = line.readline()
            if not said.startswith("ok"):
                sys.exit(f"the scanner said {said}")
            while next(told) != "sale":
                pass
            yield


def times(till):
    took = till["scan_to_answer"]
    return f"p50 {took['p50_us']} us, p99 {took['p99_us']} us, {took['count']} scans"


def prepare(members):
    if not members:
        return
    cache = sqlite3.connect(os.path.join(state, "cache.db"))
    cache.execute("ATTACH ? AS other", (members,))
    for table in "member", "identifier":
        names = ", ".join(one[1] for one in cache.execute(f"PRAGMA table_info({table})"))
        cache.execute(f"INSERT OR IGNORE INTO {table} ({names}) SELECT {names} FROM other.{table}")
    cache.execute("UPDATE member_count SET count = (SELECT count(*) FROM member)")
    cache.commit()
    cache.close()


def plain():
    ready = []
    for n in range(STARTS):
        process, took = start()
        ready.append(took)
        if n + 1 < STARTS:
            stop(process)
    till = health()
    idle = memory_mb(process, "VmRSS")
    some = scans()
    for _ in range(SCANS):
        next(some)
    print(f"{till['members']} members, rules of version {till['rules']['version']}, {till['rules'].get('promotions', '?')} promotions")
    print(f"ready after the start: best of {STARTS} {min(ready):.0f} ms (300 is the aim)")
    print(f"last byte to answer: {times(health())} (5,000 is the aim)")
    print(f"resident after the start {idle:.1f} MB, after {SCANS} scans {memory_mb(process, 'VmRSS'):.1f} MB (24 is the aim)")
    stop(process)


def compiling(version):
    """With rules that the central has and the till has not."""
    process, _ = start()
    some = scans()
    next(some)
    with open(f"/proc/{process.pid}/clear_refs", "w") as refs:
        refs.write("5")  # the peak from here on
    courier = subprocess.Popen([os.path.join(sys.argv[3], "loyald-sync"), "--config", os.path.join(folder, "loyald-sync.conf"),
                                "--state-dir", os.path.join(folder, "courier")], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    begun = time.perf_counter()
    while f"rules: staged version={version}" not in open(log).read():
        next(some)
        if time.perf_counter() - begun > 60:
            sys.exit(f"version {version} did not come")
    staged, took = time.perf_counter() - begun, times(health())
    call("POST", f"/v1/sales/bench-{what}/void", "{}")  # between two sales they become active
    while health()["rules"]["version"] != version:
        if time.perf_counter() - begun > 60:
            sys.exit(f"version {version} did not become active")
    print(f"the next 10,000, from the link to compiled, scans meanwhile: {staged:.1f} s")
    print(f"last byte to answer: {took} (as before is the aim)")
    print(f"resident at most, until they are active: {memory_mb(process, 'VmHWM'):.1f} MB (40 is the aim)")
    stop(courier)
    stop(process)


{"prepare": lambda: prepare(sys.argv[3]), "plain": plain, "compiling": lambda: compiling(int(sys.argv[4]))}[what]()
