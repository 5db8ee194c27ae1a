// SPDX-License-Identifier: Apache-2.0
// Exact cents: the cases of cents.json in Loyald and in @medusajs/promotion, kinds that both have. A line passes when
// the discount is a whole number of cents and the expected one: what a receipt can print. The expected figures are
// worked out by hand: half up once a line, shares by the largest remainder, ties to the earlier line.
//   node cents.cjs LOYALCTL CASES, in the folder where the package is installed
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { requirePeer } = require('./node_work.cjs');
const { getComputedActionsForItems } = requirePeer('@medusajs/promotion/dist/utils/compute-actions/line-items.js');
const { getComputedActionsForBuyGet } = requirePeer('@medusajs/promotion/dist/utils/compute-actions/buy-get.js');

function ours(loyalctl, { lines, promotions }) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'loyald-cents-'));
    const bundle = {
        format: 'loyald-bundle/1', id: 'cents', version: 1, currency: 'EUR', layers: [{ id: 'l', mode: 'stack' }],
        promotions: promotions.map((p, i) => ({ id: `p${i}`, layer: 'l', order: i, reward: p.loyald })),
    };
    const sale = { lines: lines.map((l, n) => ({ line: n + 1, sku: `s${n}`, ...l })) };

    fs.writeFileSync(path.join(folder, 'bundle.json'), JSON.stringify(bundle));
    const run = spawnSync(loyalctl, ['evaluate', '--bundle', path.join(folder, 'bundle.json')],
                          { input: JSON.stringify(sale) + '\n', encoding: 'utf8' });
    fs.rmSync(folder, { recursive: true });
    if (run.status !== 0)
        throw new Error(`loyalctl: ${run.stderr}${run.stdout}`);
    return JSON.parse(run.stdout).lines.map((l) => l.discount_minor);
}

// Its prices are decimals of the main unit.
function theirs({ lines, promotions }) {
    const applied = new Map(), sums = lines.map(() => 0);
    const items = lines.map((l, n) => ({
        id: n, kind: 'all', quantity: l.qty_milli / 1000,
        subtotal: (l.amount_minor ?? Math.round(l.unit_price_minor * l.qty_milli / 1000)) / 100,
    }));
    const all = [{ attribute: 'items.kind', operator: 'eq', values: [{ value: 'all' }] }];

    promotions.forEach(({ medusa: m }, i) => {
        const method = { type: m.type, target_type: 'items', allocation: m.allocation, target_rules: all,
                         value: m.value ?? m.value_minor / 100, max_quantity: m.max_quantity ?? 1000 };
        const promotion = { code: `p${i}`, type: m.buy ? 'buyget' : 'standard', is_tax_inclusive: false, application_method: method };

        if (m.buy)
            Object.assign(method, { buy_rules: all, buy_rules_min_quantity: m.buy, apply_to_quantity: m.get });
        if (m.allocation === 'across')
            delete method.max_quantity;
        const actions = m.buy ? getComputedActionsForBuyGet(promotion, items, applied, new Map(), new Map())
                              : getComputedActionsForItems(promotion, items, applied);
        for (const action of actions)
            sums[action.item_id] += Number(action.amount);
    });
    return sums;
}

const shown = (n) => (Number.isInteger(n) ? String(n) : n.toPrecision(7));
const same = (a, b) => a.length === b.length && a.every((v, i) => v === b[i]);
// Sums of doubles: what a millionth of a cent would mend is taken for whole.
const cents = (amounts) => amounts.map((a) => { const c = a * 100, near = Math.round(c); return Math.abs(c - near) < 1e-6 ? near : c; });

const [loyalctl, file] = process.argv.slice(2);
const cases = JSON.parse(fs.readFileSync(file, 'utf8'));
let good = 0, exact = 0, rounded = 0;

console.log('| case | right, in cents | Loyald | @medusajs/promotion 2.21.2 | exact | rounded line by line |\n|---|---|---|---|---|---|');
for (const one of cases) {
    const mine = ours(loyalctl, one), other = cents(theirs(one));
    const isExact = same(other, one.expected), isRounded = same(other.map((c) => Math.floor(c + 0.5)), one.expected);

    good += same(mine, one.expected);
    exact += isExact;
    rounded += isRounded;
    console.log(`| ${one.name} | ${one.expected.join(' ')} | ${mine.join(' ')} | ${other.map(shown).join(' ')} | ${isExact ? 'yes' : 'no'} | ${isRounded ? 'right' : 'wrong'} |`);
}
console.log(`\nExact cents: Loyald ${good} of ${cases.length}, @medusajs/promotion ${exact} of ${cases.length}` +
            ` (${rounded} when each line is rounded half up afterwards).`);
process.exit(good === cases.length ? 0 : 1);
