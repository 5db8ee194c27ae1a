// SPDX-License-Identifier: Apache-2.0
// The work in @gorules/zen-engine: one decision table that collects, evaluated in its loop mode, once a basket.
'use strict';
const { requirePeer, work, run, better } = require('./node_work.cjs');
const { ZenEngine } = requirePeer('@gorules/zen-engine');

const { promotions, baskets } = work();
const inputs = ['cat', 'tier', 'qty', 'sub', 'dow'].map((field) => ({ id: field, name: field, field }));
const table = {
    hitPolicy: 'collect', inputs, executionMode: 'loop', inputField: 'lines', outputPath: 'lines', passThrough: false,
    outputs: ['id', 'pct'].map((field) => ({ id: 'o_' + field, name: field, field })),
    rules: promotions.map((p) => ({
        _id: 'r' + p.id, cat: `${p.cat}`, tier: `>= ${p.tier}`, qty: `>= ${p.qty}`, sub: `>= ${p.sub}`,
        // An empty cell means any; this one holds on no day.
        dow: p.days.length ? p.days.join(',') : '-1', o_id: `${p.id}`, o_pct: `${p.pct}`,
    })),
};
const graph = {
    nodes: [{ id: 'in', type: 'inputNode', name: 'in' }, { id: 'table', type: 'decisionTableNode', name: 'table', content: table },
            { id: 'out', type: 'outputNode', name: 'out' }],
    edges: [{ id: 'e1', sourceId: 'in', targetId: 'table', type: 'edge' },
            { id: 'e2', sourceId: 'table', targetId: 'out', type: 'edge' }],
};

const began = process.hrtime.bigint();
const decision = new ZenEngine().createDecision(Buffer.from(JSON.stringify(graph)));
const loadNs = process.hrtime.bigint() - began;

async function evaluate(basket) {
    const lines = basket.lines.map((l) => ({ cat: l.cat, tier: basket.tier, qty: l.qty, sub: basket.sub, dow: basket.dow }));
    const { result } = await decision.evaluate({ lines });

    return basket.lines.map((line, n) => {
        const total = line.qty * line.price;

        return result.lines[n].reduce((best, hit) => better(best, Math.floor((total * hit.pct + 50) / 100), hit.id), null);
    });
}

run(Number(process.argv[2] ?? 1), loadNs, baskets, evaluate);
