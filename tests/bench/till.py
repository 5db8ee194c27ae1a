# SPDX-License-Identifier: Apache-2.0
"""usage: till.py BIN_DIR [CACHE_DB]. What a till takes, as a program beside it sees it: until it is ready, for a basket that grows line by line
and is worked out anew each time, and in memory. CACHE_DB: members, as bench_cache leaves them with LOYALD_KEEP. Each figure is the best of
several runs: the rest is the machine's. The floor of a PUT is a call that does nothing, over the same socket in the same run."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from line import Line

LINES, ROUNDS, STARTS = 50, 12, 5
loyald, members = os.path.join(sys.argv[1], "loyald"), sys.argv[2] if len(sys.argv) > 2 else None
folder = tempfile.mkdtemp(prefix="loyald-bench-", dir="/var/tmp")
path = os.path.join(folder, "run", "api.sock")


def call(line, method, where, body=None):
    begun = time.perf_counter_ns()
    line.request(method, where, body)
    answer = line.getresponse()
    answer.read()
    return answer.status, time.perf_counter_ns() - begun


def start():
    """The daemon, and the time from its start to its first answer."""
    begun = time.perf_counter_ns()
    process = subprocess.Popen([loyald, "--state-dir", folder], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        line = Line(path)
        try:
            if call(line, "GET", "/v1/sales/none")[0] == 404:
                return process, time.perf_counter_ns() - begun
        except OSError:
            time.sleep(0.001)
        finally:
            line.close()
    sys.exit("loyald did not start")


def stop(process):
    process.terminate()
    process.wait()


def resident_kb(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(one.split()[1]) for one in status if one.startswith("VmRSS"))


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def basket(count, qty):
    return json.dumps({"lines": [{"line": n + 1, "sku": f"A{n}", "name": "Tea", "qty_milli": 1000 * (qty if n == count - 1 else 1),
                                  "unit_price_minor": 100 + n, "category": "drinks/tea"} for n in range(count)]})


def puts(line):
    """Best time of each of the lines changed one by one, and of a call that does nothing."""
    best, floor = [10**12] * LINES, 10**12
    for round_ in range(ROUNDS):
        for n in range(LINES):
            body = basket(n + 1, round_ + 2)
            status, took = call(line, "PUT", f"/v1/sales/b{round_}", body)
            if status != 200:
                sys.exit(f"a basket was answered {status}")
            best[n] = min(best[n], took)
            floor = min(floor, call(line, "GET", "/v1/sales/none")[1])
        call(line, "POST", f"/v1/sales/b{round_}/void", "{}")
        time.sleep(0.2)  # what one program may ask in a second is bounded
    return best, floor


try:
    if members:
        shutil.copy(members, os.path.join(folder, "cache.db"))
    process, took = start()  # the first makes its files
    stop(process)
    ready = []
    for _ in range(STARTS):
        process, took = start()
        ready.append(took)
        if len(ready) < STARTS:
            stop(process)
    idle_kb = resident_kb(process)
    line = Line(path)
    best, floor = puts(line)
    print(f"ready after start                 best {min(ready) / 1e6:8.1f} ms   (300 is the aim)")
    print(f"one of {LINES} lines changed, PUT      p50 {quantile(best, 0.5) / 1e3:8.0f} us, p99 {quantile(best, 0.99) / 1e3:8.0f} us   (1,000 is the aim)")
    print(f"a call that does nothing          best {floor / 1e3:8.0f} us   ratio of the p99 {quantile(best, 0.99) / floor:.1f}")
    print(f"resident after the start {idle_kb / 1024:.1f} MB, after {LINES * ROUNDS} baskets {resident_kb(process) / 1024:.1f} MB   (24 is the aim)")
    stop(process)
finally:
    shutil.rmtree(folder, ignore_errors=True)
