// SPDX-License-Identifier: Apache-2.0
// The work in @medusajs/promotion, through its own calculation of item adjustments; its database is left out, which
// is to its advantage. Each promotion has a fresh map of what was applied before, so that each is offered all of every line.
'use strict';
const { requirePeer, work, run, better } = require('./node_work.cjs');
const { getComputedActionsForItems } = requirePeer('@medusajs/promotion/dist/utils/compute-actions/line-items.js');
const { areRulesValidForContext } = requirePeer('@medusajs/promotion/dist/utils/validations/promotion-rule.js');

const { promotions, baskets } = work();
const rule = (attribute, operator, values) => ({ attribute, operator, values: values.map((v) => ({ value: `${v}` })) });
const compiled = promotions.map((p) => ({
    id: p.id, code: `${p.id}`, type: 'standard', is_tax_inclusive: false,
    rules: [rule('tier', 'gte', [p.tier]), rule('sub', 'gte', [p.sub]), rule('dow', 'in', p.days)],
    application_method: {
        // EACH gives to as many units as max_quantity says; here to all.
        type: 'percentage', target_type: 'items', allocation: 'each', value: p.pct, max_quantity: 1000,
        target_rules: [rule('items.cat', 'eq', [p.cat]), rule('items.qty', 'gte', [p.qty])],
    },
}));

function evaluate(basket) {
    const items = basket.lines.map((l, n) => ({ id: n, cat: l.cat, qty: l.qty, quantity: l.qty, subtotal: l.qty * l.price }));
    const context = { tier: basket.tier, sub: basket.sub, dow: basket.dow };
    const found = new Array(items.length).fill(null);

    for (const promotion of compiled) {
        if (!areRulesValidForContext(promotion.rules, context, 'order'))
            continue;
        for (const action of getComputedActionsForItems(promotion, items, new Map())) {
            // It gives fractions of a cent; the comparison wants whole ones, half up.
            const amount = Math.floor(Number(action.amount) + 0.5);

            found[action.item_id] = better(found[action.item_id], amount, promotion.id);
        }
    }
    return found;
}

run(Number(process.argv[2] ?? 1), 0, baskets, evaluate);
