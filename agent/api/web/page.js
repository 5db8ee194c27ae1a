// SPDX-License-Identifier: Apache-2.0
// The cashier page: shows the sale that the events of the API tell of (beside a POS), or holds a basket of its own
// (alone). The till decides everything; the basket kept here is put again after a reload, and after its restart.
// The build takes blanks out (loyald_squeeze in cmake/Loyald.cmake): no text here has an operator or comma before one.
const $ = id => document.getElementById(id), input = $('input'), kept = sessionStorage;
if (location.hash.startsWith('#token=')) {
  kept.token = location.hash.slice(7);
  history.replaceState(null, '', '/');
}
let W, till, health, sale, flash, panel, ask, scanned, told = 0, row = -1, notes = [], typing = 0, change = 0, lost = 'lost';
let own = JSON.parse(kept.own || 'null'); // {id, lines, redeem}
const asksTender = () => ask?.kind === 'tender';
const opens = state => /^(open|tendering)$/.test(state), isOpen = () => opens(sale?.state);
const isOwn = () => own && sale?.sale_id === own.id, isForeign = () => isOpen() && !isOwn();

// Figures are whole minor units; text becomes one with no fraction in between. NaN: it is none.
const digitsOf = id => till.points.find(p => p.currency === id)?.digits || 0;
const show = (value, places = till.minor_digits) => {
  const text = String(Math.abs(value)).padStart(places + 1, 0), at = text.length - places;
  return (value < 0 ? '−' : '') + text.slice(0, at).replace(/\B(?=(\d{3})+$)/g, '\xa0') + (places ? W.comma + text.slice(at) : '');
};
const short = (value, places) => show(value, places).replace(/[.,]0+$/, '');
const balances = () => Object.entries(sale?.member?.balances || {});
const points = (value, id) => short(value, digitsOf(id));
const read = (text, places = till.minor_digits) => {
  const [, whole, part = ''] = /^(\d{1,7})(?:[.,](\d*))?$/.exec(text) || [];
  return part.length > places ? NaN : +(whole + part.padEnd(places, 0));
};
const stamp = ms => new Date(ms).toLocaleString('ru'); // 22.11.2026, 14:05:00
const time = ms => {
  const [at, now] = [ms, Date.now()].map(stamp), clock = at.slice(12, 17);
  return ms ? now.startsWith(at.slice(0, 10)) ? clock : at.slice(0, 5) + ' ' + clock : '—';
};
const since = () => time(till.link.since_unix_ms), edition = () => till.rules.version + ' · ' + time(till.rules.since_unix_ms);

const ask_api = (path, rest) => fetch('/v1/' + path, {headers: {Authorization: 'Bearer ' + kept.token}, ...rest});
const api = async (method, path, body) => {
  const answer = await ask_api(path, {method, body: body && JSON.stringify(body)}), json = await answer.json();
  if (!answer.ok) throw json;
  return json;
};
// One key after the other. What is refused is said, and what was typed stays; no answer at all is a state.
let turn = Promise.resolve();
const run = work => turn = turn.then(work).catch(tell).then(paint);
const tell = notice => {
  if (W.states[notice.name]) flash = notice;
  else if (notice.text) notes = [notice, ...notes.filter(n => n.text !== notice.text)].slice(0, 3);
};
const say = text => tell({text}), refuse = () => say(W.noamount);
const clear = () => {
  ask = flash = null;
  notes = [];
  row = -1;
  input.value = '';
};

// ---- the sale ----
const take = next => {
  const open = opens(next.state);
  if (own && own.id !== next.sale_id) {
    if (own.lines.length || !open) return; // a basket here goes before one of a POS
    own = null;
  }
  if (!open && sale?.sale_id !== next.sale_id) return;
  if (open && !own) kept.alone = '';
  if (next.result_left_out) run(() => update('GET', next.sale_id));
  if (!open && isOpen()) clear();
  sale = next;
  if (!open && sale.state !== 'voided') kept.last = sale.sale_id;
  if (!open) own = null;
  keep();
};
// Events come in order and an answer may come late: an event meanwhile is as new, or the one of this change follows.
const update = async (method, tail, body) => {
  const before = told, next = await api(method, 'sales/' + tail, body);
  if (told === before) take(next);
};
const send = (what, body) => update('POST', sale.sale_id + '/' + what, body);
const begin = () => own ||= {id: 'P-' + crypto.randomUUID(), lines: []};
const keep = () => kept.own = JSON.stringify(own);
const put = async () => {
  kept.alone = 1;
  keep();
  await update('PUT', own.id, {lines: own.lines, redeem: own.redeem});
};
const add = (sku, qty_milli, unit_price_minor) => {
  const {lines} = begin(), same = lines.find(l => sku && l.sku === sku && l.unit_price_minor === unit_price_minor);
  if (same) same.qty_milli += qty_milli;
  else lines.push({line: Math.max(0, ...lines.map(l => l.line)) + 1, sku: sku || 'PRICE', gtin: sku, name: sku || W.item,
    qty_milli, unit_price_minor, sold_by: qty_milli % 1000 ? 'weight' : 'each'});
  clear();
  return put();
};
const item = (code, qty = 1000) => {
  const known = own?.lines.find(l => l.sku === code);
  if (known) return add(code, qty, known.unit_price_minor);
  clear();
  ask = {kind: 'price', code, qty};
};
const passOn = () => flash = {name: 'code_unknown'};

// ---- what is typed: nothing is the next step, "2*99,90" a price, all else a code ----
const typed = async (text, entry) => {
  if (!text) {
    if (isOwn() && own.lines.length) ask = {kind: 'tender'}, row = -1;
    else if (!isOpen()) clear(sale = null, change = 0);
    return;
  }
  const [, count, slash, rest] = /^(?:([\d.,]+)\*)?(\/?)(.*)$/.exec(text), qty = count ? read(count, 3) : 1000;
  const price = slash || /^\d{7,}$/.test(rest) ? NaN : read(rest);
  if (!(qty > 0) || price === 0) return refuse();
  if (price) return isForeign() ? say(W.pos) : add(undefined, qty, price);
  const scan = await api('POST', 'scans', {text: rest, entry});
  input.select();
  if (scan.kind === 'code') isForeign() ? passOn() : item(rest, qty);
};
const ANSWER = {
  price: text => read(text) > 0 ? add(ask.code, ask.qty, read(text)) : say(W.noamount),
  points: async text => {
    const {id} = ask, asked = read(text || '0', digitsOf(id));
    if (!(asked >= 0)) return refuse();
    own.redeem = {[id]: asked};
    await put();
    clear();
    const spent = sale.result.points.find(p => p.currency === id)?.redeemed || 0;
    if (spent < asked) say(W.capped + points(spent, id));
  },
  void: () => send('void', {}),
  tender: async text => {
    const kind = {1: 'cash', 2: 'card'}[text];
    if (!kind) return;
    clear();
    await send('tender', {tenders: [kind]});
    ask = {kind};
  },
  cash: async text => {
    const total = sale.total_minor, paid = text ? read(text) : total;
    if (!(paid >= total)) return paid < total ? say(W.little) : refuse();
    try {
      await send('commit', {expected_total_minor: total, tenders: [{kind: ask.kind, amount_minor: total}]});
      change = paid - total;
    } catch (problem) {
      if (problem.name === 'total_differs') await update('GET', sale.sale_id);
      throw problem;
    }
  },
  card: () => ANSWER.cash('')
};
const ours = work => () => isForeign() ? say(W.pos) : isOpen() && work();
const move = step => () => {
  const count = isOwn() && own.lines.length;
  if (count) row = ((row < 0 ? count : row) + step + count) % count;
};
const turnTo = name => panel = panel === name ? null : name;
const KEYS = {
  F1: () => turnTo('why'),
  F2: ours(() => {
    const [id, held] = balances().find(b => b[1] > 0) || [];
    clear();
    if (id) ask = {kind: 'points', id, held};
    else say(W.nopoints);
  }),
  F8: ours(() => ask = {kind: 'void'}),
  F9: () => turnTo('status') && beat(),
  F10: async () => {
    if (kept.last) await api('POST', `sales/${kept.last}/copy`, {});
    say(kept.last ? W.copied : W.nocopy);
  },
  ArrowUp: move(-1),
  ArrowDown: move(1),
  Delete: () => {
    if (row < 0 || !isOwn() || sale.state !== 'open') return;
    own.lines.splice(row, 1);
    row = -1;
    return put();
  },
  Escape: () => {
    if (panel) return panel = null;
    clear();
    if (isOwn() && sale.state === 'tendering') return put();
  },
  Enter: () => { // a scanner that is a keyboard is faster than a hand
    const text = input.value.trim(), entry = Date.now() - typing < text.length * 20 ? 'scan' : 'keyed';
    flash = panel = null;
    notes = [];
    typing = 0;
    return (ask ? ANSWER[ask.kind] : typed)(text, entry);
  }
};
addEventListener('keydown', e => {
  input.focus();
  const key = asksTender() && /^[12]$/.test(e.key) ? () => ANSWER.tender(e.key) : KEYS[e.key];
  if (key && W) {
    e.preventDefault();
    run(key);
  } else if (!e.key[1]) {
    typing ||= Date.now();
    row = -1;
  }
});
addEventListener('click', () => input.focus());

// ---- what the till tells ----
const EVENTS = {
  sale: next => {
    told++;
    take(next);
    if (scanned) flash = [next.notices.at(-1)].find(n => /same|repl/.test(n?.name));
    if (scanned && next.member && !ask) input.value = '';
    scanned = false;
  },
  scan: ({kind, text, device}) => {
    scanned = kind === 'card';
    if (kind !== 'code' || device === 'screen') return;
    if (isForeign() || !kept.alone) passOn();
    else if (!ask) run(() => item(text));
  },
  notice: notice => {
    tell(notice);
    if (notice.name === 'card_waiting' && kept.alone && !own) run(() => put(begin()));
  },
  print: ({copy, state, reason}) => {
    if (copy && state !== 'confirmed') tell({name: 'print_' + state, text: reason, act: ''});
  }
};
const beat = async () => {
  health = await api('GET', 'health');
  if (health.till.language !== till?.language) W = await api('GET', 'words');
  till = health.till;
};
const resume = async () => {
  await beat();
  const id = own?.id || till.current_sale, found = id && await api('GET', 'sales/' + id).catch(e => e);
  if (found?.state) take(found, sale ||= found);
  else if (own) await put();
  else if (isOpen()) sale = null;
};
const watch = async () => {
  const stop = new AbortController();
  let timer;
  try {
    const events = await ask_api('events', {signal: stop.signal});
    if (events.status === 401) lost = 'denied';
    await resume();
    lost = '';
    const reader = events.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; ;) {
      paint();
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), 4e4); // a comment comes every 15 s
      const {value, done} = await reader.read();
      if (done) break;
      const parts = (text + value).split('\n\n');
      text = parts.pop();
      for (const part of parts) {
        const [, name, data] = /^event:\s(\w+)\ndata:\s(.*)$/m.exec(part) || [];
        EVENTS[name]?.(JSON.parse(data));
      }
    }
  } catch { /* is tried again */ }
  clearTimeout(timer);
  lost ||= 'lost';
  paint();
  setTimeout(watch, 1e3);
};
setInterval(() => lost || run(beat), 5e3);

// ---- the screen, painted whole from what is known ----
const inside = (made, parts) => (made.replaceChildren(...parts.filter(Boolean)), made);
const fill = (id, ...parts) => inside($(id), parts);
const el = (what, ...parts) => {
  const [tag, kind = ''] = what.split('.'), made = document.createElement(tag);
  made.className = kind;
  return inside(made, parts);
};
const titleOf = id => sale.titles?.[id] || id;
const lineOf = number => sale.lines?.find(l => l.line === number) || {name: '№ ' + number};
const nameOf = number => lineOf(number).name || lineOf(number).sku;
const less = (name, amount) => [el('em', name), el('em', show(-amount))];
const why = line => line.adjustments.flatMap(a => less(titleOf(a.promotion), a.amount_minor));
const paintState = () => {
  const isOn = sale?.state === 'open', card = isOn && sale.notices.find(n => /^card_(un|as|bl|in|ex)/.test(n.name));
  const notice = lost || asksTender() ? null : flash || card;
  const name = lost || notice?.name || (asksTender() ? 'tendering' : isOn && sale.member ? 'member' : sale?.state || 'ready');
  const {kind, sign, word, next} = W.states[name];
  $('state').className = kind;
  fill('sign', sign);
  fill('word', word);
  fill('next', notice?.text ? notice.text + ' ' + notice.act : (change && !lost ? W.change + show(change) + ' · ' : '') +
    next + (name === 'tendering' || lost || !isOn ? '' : ' ' + (isOwn() ? own.lines.length ? W.goon : '' : W.foreign)));
};
const paintLink = () => {
  const {link, rules, language, unsynced_sales} = till, count = W[new Intl.PluralRules(language).select(unsynced_sales)];
  fill('place', W.store + ' ' + till.store + ' · ' + W.till + ' ' + till.till);
  $('link').className = link.up ? '' : 'away';
  fill('link', link.up ? W.up : W.away.replace('@', since()).replace('#', unsynced_sales + ' ' + count),
    rules.version && W.rules + edition());
};
const paintSale = () => {
  const result = sale?.result, lines = result?.lines || [], m = sale?.member;
  fill('lines', ...lines.map((l, i) => {
    const {qty_milli, unit_price_minor} = lineOf(l.line);
    return el(i === row ? 'li.on' : 'li', el('span', nameOf(l.line), ' ', unit_price_minor &&
      el('small', short(qty_milli, 3) + ' × ' + show(unit_price_minor))), el('b', show(l.net_minor)), ...why(l),
      ...l.redeemed.flatMap(r => less(W.redeemed, r.amount_minor)));
  }), !lines.length && el('li', W.none));
  $('lines').children[row < 0 ? lines.length - 1 : row]?.scrollIntoView({block: 'nearest'});
  fill('member', el('b', m?.display || (sale?.card ? W.card + ' ' + sale.card : W.noone)), m?.tier && el('span', m.tier), m?.display && ' ' + sale.card);
  fill('notices', ...[...notes, ...(sale?.notices || []).filter(n => !W.states[n.name]),
    ...(isOpen() && result ? [...result.messages.filter(t => t.to === 'cashier'), ...result.hints] : [])].map(({code, text, act, promotion}) =>
    el(code ? /L-[56]/.test(code) ? 'li.bad' : 'li' : 'li.run', code && el('small', code),
      text?.[till.language] || text?.en || text || titleOf(promotion), act && ' ' + act)));
  const held = balances().map(([id, value]) => {
    const p = result?.points.find(p => p.currency === id) || {}, spent = (p.redeemed || 0) + (p.cost || 0);
    const moves = [p.earned && '+' + points(p.earned, id), spent && '−' + points(spent, id)].filter(Boolean).join('\xa0');
    return W.points + ' ' + points(value, id) + (moves && ` (${moves})`) + (till.link.up ? '' : W.asof.replace('@', since()));
  });
  fill('sum', el('small', W.total), el('b', show(sale?.total_minor || 0)),
    el('p', [sale?.discount_minor && W.off + ' ' + show(sale.discount_minor), ...held].filter(Boolean).join(' · ')));
};
const paintPanel = () => {
  const pair = (name, value, bad) => el(bad ? 'div.bad' : 'div', el('span', name), el('b', value + ''));
  const {points: moved = [], lines = []} = sale?.result || {};
  $('panel').hidden = !panel;
  if (panel === 'why') fill('panel', el('h2', W.why), !sale?.discount_minor && el('p', W.noreason),
    ...lines.filter(l => l.adjustments.length).map(l => el('div', el('b', nameOf(l.line)), el('b', show(l.gross_minor) + ' → ' + show(l.net_minor)), ...why(l))),
    ...moved.flatMap(p => p.by.map(b => pair(titleOf(b.promotion), '+' + points(b.earned, p.currency)))));
  else fill('panel', el('h2', W.status), pair(W.link, (till.link.up ? '✓ ' : '✕ ') + since(), !till.link.up), pair(W.waiting, till.unsynced_sales),
    pair(W.version, edition()), pair(W.members, till.members),
    ...(health.devices || []).map(d => pair(W[d.kind], W[d.state] + ' ' + (d.reason || ''), d.state !== 'ready')));
};
const paint = () => {
  if (!W) return;
  document.documentElement.lang = till.language;
  paintState();
  paintLink();
  paintSale();
  paintPanel();
  const {kind, code, id, held} = ask || {};
  $('ask').className = kind ? 'asks' : '';
  fill('ask', kind ? W['ask_' + kind] + (code || (id ? points(held, id) : '')) : W.ask);
  fill('keys', ...Object.entries(W.keys).map(([key, name]) => el('span', el('kbd', key), name)));
};
watch();
