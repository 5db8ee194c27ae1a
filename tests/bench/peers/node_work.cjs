// SPDX-License-Identifier: Apache-2.0
// What the peers that run in Node have in common: the work read from work.json, the passes, the figures printed as
// peers_table reads them. Resolved from the build folder, where the packages are, so these files hold no dependency.
'use strict';
const fs = require('node:fs');
const { createRequire } = require('node:module');

exports.requirePeer = createRequire(process.cwd() + '/package.json');
exports.work = () => JSON.parse(fs.readFileSync('work.json', 'utf8'));

// What a basket took: by the clock, or by the time this process had a CPU where that is less, so that a busy machine does
// not make a peer look slow.
const began = () => ({ wall: process.hrtime.bigint(), cpu: process.cpuUsage() });
const took = (since) => {
    const wall = Number(process.hrtime.bigint() - since.wall), cpu = process.cpuUsage(since.cpu);

    return Math.min(wall, (cpu.user + cpu.system) * 1000);
};

// evaluate(basket) returns (or promises) for each line its best as [amount, id], or null.
exports.run = async (passes, loadNs, baskets, evaluate) => {
    const out = [];
    let sum, lines, hash;

    for (let pass = 0; pass < passes; pass++) {
        sum = lines = hash = 0;
        for (let i = 0; i < baskets.length; i++) {
            const since = began();
            let found = evaluate(baskets[i]);

            if (found instanceof Promise) // what answers at once is not made to wait a turn of the loop
                found = await found;
            out.push(`time ${i} ${took(since)}`);
            for (const best of found) {
                sum += best ? best[0] : 0;
                lines += best ? 1 : 0;
                hash = (Math.imul(hash, 31) + (best ? best[1] + 1 : 0)) >>> 0;
            }
        }
    }
    out.push(`result ${sum} ${lines} ${hash}`, `load ${loadNs}`, `rss ${process.resourceUsage().maxRSS}`);
    console.log(out.join('\n'));
};

// The best so far and one more; of equal amounts the lowest id.
exports.better = (best, amount, id) =>
    amount > 0 && (!best || amount > best[0] || (amount === best[0] && id < best[1])) ? [amount, id] : best;
