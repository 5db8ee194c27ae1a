// SPDX-License-Identifier: Apache-2.0
// The cashier page: shows the sale that the events of the API tell of (beside a POS), or holds a basket of its own
// (alone). The till decides everything; the basket kept here is put again after a reload, and after its restart.
// The build takes blanks out (loyald_squeeze in cmake/Loyald.cmake): no text here has an operator or comma before one.
const $ = id => document.getElementById(id), input = $('input'), kept = sessionStorage;
if (location.hash.startsWith('#token=')) {
  kept.token = location.hash.slice(7);
  history.replaceState(0, '', '/');
}
let W, till, stop, sale, flash, panel, ask, scanned, told = 0, row = -1, notes = [], typing = 0, change = 0, sent, lost = 'lost';
let own = JSON.parse(kept.own || null); // {id, lines, redeem}
const asksPay = () => ask?.kind === 'tender';
const opens = state => /^open|^tend/.test(state), isOpen = () => opens(sale?.state);
const isOwn = () => own && sale?.sale_id === own.id, isPos = () => isOpen() && !isOwn();

// Figures are whole minor units; text becomes one with no fraction in between. NaN: it is none.
const show = (value, places = till.minor_digits) => {
  const text = String(Math.abs(value)).padStart(places + 1, 0), at = text.length - places;
  return (value < 0 ? '−' : '') + text.slice(0, at).replace(/\B(?=(\d{3})+$)/g, '\xa0') + (places ? W.comma + text.slice(at) : '');
};
const short = (value, places) => show(value, places).replace(/[.,]0+$/, '');
const balances = () => Object.entries(sale?.member?.balances || {});
const points = (value, id) => short(value, till.points[id]);
const read = (text, places = till.minor_digits) => {
  const [, whole, part = ''] = /^(\d{0,7})(?:[.,](\d*))?$/.exec(text) || [];
  return part.length > places ? NaN : +(whole + part.padEnd(places, 0));
};
const call = (path, rest) => fetch('/v1/' + path, {headers: {Authorization: 'Bearer ' + kept.token}, signal: AbortSignal.timeout(2e4), ...rest});
const api = async (method, path, body) => {
  const answer = await call(path, {method, body: body && JSON.stringify(body)}), json = await answer.json();
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
const hush = () => (flash = null, notes = []);
const clear = () => {
  hush(ask = null);
  row = -1;
  if (input.value === sent) input.value = ''; // what was typed meanwhile is for the next question
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
  if (!open) {
    delete kept[sale.sale_id];
    own = null;
    if (sale.state !== 'voided') kept.last = sale.sale_id;
  }
  keep();
};
// Events come in order and an answer may come late: an event meanwhile is as new, or the one of this change follows.
const update = async (method, tail, body) => {
  const before = told, next = await api(method, 'sales/' + tail, body);
  if (told === before) take(next);
};
const send = (what, body = {}) => update('POST', sale.sale_id + '/' + what, body);
const newId = () => till.prefix + Date.now().toString(36); // can be typed from a receipt
const begin = () => own ||= {id: newId(), lines: []};
const keep = () => kept[own?.id] = kept.own = JSON.stringify(own); // of each parked one too
const put = async () => {
  kept.alone = 1;
  keep();
  await update('PUT', own.id, {lines: own.lines, redeem: own.redeem});
};
const add = (sku, qty_milli, unit_price_minor) => {
  const {lines} = begin(), same = sku && lines.find(l => l.sku === sku && l.unit_price_minor === unit_price_minor);
  if (same) same.qty_milli += qty_milli;
  else lines.push({line: 1 + (lines.at(-1)?.line || 0), sku: sku || 'PRICE', gtin: sku, name: sku || W.item,
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
  if (price) return isPos() ? say(W.pos) : add(undefined, qty, price);
  const scan = await api('POST', 'scans', {text: rest, entry});
  if (scan.kind === 'code') isPos() ? passOn() : item(rest, qty);
};
const ANSWER = {
  price: text => {
    const price = read(text);
    return price ? add(ask.code, ask.qty, price) : refuse();
  },
  points: async text => {
    const {id} = ask, asked = read(text, till.points[id]);
    if (!(asked >= 0)) return refuse();
    own.redeem = {[id]: asked};
    await put();
    clear();
    const spent = sale.result.points.find(p => p.currency === id)?.redeemed || 0;
    if (spent < asked) say(W.capped + points(spent, id));
  },
  void: () => send('void'),
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
      await update('GET', sale.sale_id); // the total may be another now
      throw problem;
    }
  },
  card: () => ANSWER.cash(''),
  shift: async () => {
    await api('POST', 'shifts', {state: ask.state});
    await open('shift');
    ask = null;
  },
  return: text => takeBack(text || kept.last),
  refund: async () => {
    const {give, code} = ask;
    await give();
    clear();
    say(W.returned + code);
  },
  form: async text => { // one question after the other; when something is refused they are asked again
    const {rows, consent} = panel, at = ask.at;
    if (text) rows[at][1] = text;
    input.value = '';
    ask.at = (at + 1) % rows.length;
    if (ask.at) return;
    await api('POST', 'enrolments', {consent, ...Object.fromEntries(rows.map(([, value, name]) => [name, value]))});
    clear(panel = null);
    say(W.issued);
  }
};
const ours = work => () => isPos() ? say(W.pos) : isOpen() && work();
const move = step => () => {
  const count = panel ? panel.rows.length : isOwn() && own.lines.length, next = at => ((at < 0 ? count : at) + step + count) % count;
  if (panel) panel.at = next(panel.at);
  else if (count) row = next(row);
};
// A panel lies over the sale: a title, rows, what to do; ask may go with it, and CHOSEN takes what is typed for a row.
const open = async name => {
  const was = panel?.name;
  clear(panel = null);
  if (name !== was) panel = {at: 0, ...await api('GET', `screens/${name}?sale=${sale?.sale_id || ''}`)};
  if (panel?.ask) ask = {at: 0, ...panel.ask};
};
// What can come back is what a return of all would take.
const takeBack = async sale_id => {
  const return_id = 'R-' + newId(), give = rest => api('POST', 'returns', {return_id, sale_id, ...rest});
  const {lines, sold} = await give({quote: true});
  clear();
  panel = {name: 'return', title: W.title_return, how: W.how_return, at: 0, give,
    rows: lines.map(({line, qty_milli}) => [nameOf(lineOf(line, sold)), '0 / ' + short(qty_milli, 3), '', {line, qty_milli: 0}, qty_milli])};
};
const CHOSEN = {
  parked: async () => {
    const id = panel.ids[panel.at];
    clear(panel = sale = null);
    own = JSON.parse(kept[id] || null);
    if (id) sale = await api('GET', 'sales/' + id);
    if (own || !id) await put(begin());
  },
  return: async text => {
    const {rows, at, give} = panel, row = rows[at], asked = read(text, 3);
    if (!(asked <= row[4])) return refuse();
    input.value = '';
    if (text) return row[1] = text + ' / ' + short(row[4], 3), row[3].qty_milli = asked;
    const back = rows.map(r => r[3]).filter(l => l.qty_milli), lines = back[0] && back;
    const {refund_minor} = await give({lines, quote: true});
    ask = {kind: 'refund', code: show(refund_minor), give: () => give({lines, expected_refund_minor: refund_minor})};
  }
};
const KEYS = {
  F1: () => open('why'),
  F3: () => open('parked'),
  F4: () => open('form'),
  F6: () => open('shift'),
  F7: () => ask = {kind: 'return'},
  F2: ours(() => {
    const [id, held] = balances().find(b => b[1] > 0) || [];
    clear();
    if (id) ask = {kind: 'points', id, code: points(held, id)};
    else say(W.nopoints);
  }),
  F8: ours(() => ask = {kind: 'void'}),
  F9: () => open('status'),
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
    clear(panel = null);
    if (isOwn() && sale.state === 'tendering') return put();
  },
  Enter: (text, entry) => {
    const chosen = !ask && CHOSEN[panel?.name];
    if (chosen) return chosen(text);
    hush();
    if (!panel?.consent) panel = null;
    return (ask ? ANSWER[ask.kind] : typed)(text, entry);
  }
};
onkeydown = e => {
  input.focus();
  const text = input.value.trim(), key = asksPay() && /^[12]$/.test(e.key) ? () => ANSWER.tender(e.key) : KEYS[e.key];
  if (key && W) { // a scanner that is a keyboard is faster than a hand
    const entry = Date.now() - typing < text.length * 20 ? 'scan' : 'keyed';
    e.preventDefault();
    typing = 0;
    sent = input.value;
    input.select();
    run(() => key(text, entry));
  } else if (!e.key[1]) {
    typing ||= Date.now();
    row = -1;
  }
};
onclick = () => input.focus();

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
    scanned = /card|ph/.test(kind);
    if (kind !== 'code' || device === 'screen') return;
    if (isPos() || !kept.alone) passOn();
    else if (!ask) run(() => item(text));
  },
  notice: notice => {
    tell(notice);
    if (notice.name === 'card_waiting' && kept.alone && !own) run(() => put(begin()));
  },
  print: ({copy, state, reason}) => {
    if (copy) tell({name: 'print_' + state, text: reason});
  }
};
const beat = async () => {
  till = await api('GET', 'screens/status');
  if (till.language === W?.language) return;
  W = await api('GET', 'words');
  document.documentElement.lang = till.language;
  fill('keys', ...W.keys.map(([key, name]) => el('span', el('kbd', key), name)));
};
const resume = async () => {
  await beat();
  const id = own?.id || till.current_sale, found = id && await api('GET', 'sales/' + id).catch(e => e);
  if (found?.state) take(found, sale ||= found);
  else if (own) await put();
  else if (isOpen()) sale = null;
};
const watch = async () => {
  stop = new AbortController();
  try {
    const events = await call('events', {signal: stop.signal});
    if (events.status === 401) lost = 'denied';
    await resume();
    lost = '';
    const reader = events.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; ;) {
      paint();
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
  lost ||= 'lost';
  paint();
  setTimeout(watch, 1e3);
};
setInterval(() => lost || run(() => beat().catch(() => stop.abort())), 5e3);

// ---- the screen, painted whole from what is known ----
const inside = (made, parts) => (made.append(...parts.filter(Boolean)), made);
const fill = (id, ...parts) => { // what is the same is left alone: nothing is laid out anew
  const at = $(id), next = inside(at.cloneNode(), parts);
  if (!at.isEqualNode(next)) at.replaceChildren(...next.childNodes);
};
const el = (what, ...parts) => {
  const [tag, kind = ''] = what.split('.'), made = document.createElement(tag);
  made.className = kind;
  return inside(made, parts);
};
const see = (id, at) => [...$(id).children].at(at)?.scrollIntoView({block: 'nearest'});
const titleOf = id => sale.titles?.[id] || id;
const lineOf = (number, lines) => lines?.find(l => l.line === number) || {sku: '№ ' + number}, nameOf = line => line.name || line.sku;
const less = (name, amount) => [el('em', name), el('em', show(-amount))];
const paintState = () => {
  const busy = lost || asksPay() && 'tendering', isOn = !busy && sale?.state === 'open';
  const notice = !busy && (flash || isOn && sale.notices.find(n => /^card_[abeiu]|^phone/.test(n.name)));
  const {kind, sign, word, next} = W.states[busy || notice?.name || (isOn && sale.member ? 'member' : sale?.state || 'ready')];
  $('state').className = kind;
  fill('sign', sign);
  fill('word', word);
  fill('next', notice?.text ? notice.text + ' ' + notice.act : (change ? W.change + show(change) + ' · ' : '') + next +
    (isOn ? isOwn() ? own.lines.length ? W.goon : '' : W.foreign : ''));
};
const paintSale = () => {
  const {result, member: m, card, discount_minor, total_minor = 0, notices = []} = sale || {}, lines = result?.lines || [];
  fill('lines', ...lines.map((l, i) => {
    const line = lineOf(l.line, sale.lines), price = line.unit_price_minor;
    return el(i === row ? 'li.on' : 'li',
      el('span', nameOf(line), ' ', price && el('small', short(line.qty_milli, 3) + ' × ' + show(price))), el('b', show(l.net_minor)),
      ...l.adjustments.flatMap(a => less(titleOf(a.promotion), a.amount_minor)),
      ...l.redeemed.flatMap(r => less(W.redeemed, r.amount_minor)));
  }), !lines.length && el('li', W.none));
  fill('member', el('b', m?.display || (card ? W.card + ' ' + card : W.noone)), m?.tier && el('span', m.tier), m?.display && ' ' + card);
  fill('notices', ...[...notes, ...notices.filter(n => !W.states[n.name]),
    ...(isOpen() && result ? [...result.messages.filter(t => t.to === 'cashier'), ...result.hints,
      ...result.coupons.map(c => ({text: (c.reason ? '… ' : '✓ ') + c.code}))] : [])].map(({code, text, act, detail, promotion}) =>
    el(code ? /L-[56]/.test(code) ? 'li.bad' : 'li' : 'li.run', code && el('small', code),
      [text?.[till.language] || text?.en || text || titleOf(promotion), act, detail].join(' '))));
  const held = balances().map(([id, value]) => {
    const p = result?.points.find(p => p.currency === id) || {}, spent = (p.redeemed || 0) + (p.cost || 0);
    const moves = (p.earned ? '+' + points(p.earned, id) : '') + (spent ? '−' + points(spent, id) : '');
    return W.points + ' ' + points(value, id) + (moves && ` (${moves})`) + till.asof;
  });
  fill('sum', el('small', W.total), el('b', show(total_minor)),
    el('p', [discount_minor && W.off + ' ' + show(discount_minor), ...held].filter(Boolean).join(' · ')));
};
const paintPanel = () => {
  $('panel').hidden = !panel;
  if (panel) fill('panel', el('h2', panel.title), ...panel.rows.map(([left, right, kind], i) =>
    el('div.' + (CHOSEN[panel.name] ? i === panel.at && 'on' : kind), el('span', left), el('b', right))), el('p', panel.how));
};
const paint = () => {
  if (!W) return;
  paintState();
  fill('place', till.place);
  $('link').className = till.up || 'away';
  fill('link', till.link);
  paintSale();
  paintPanel();
  const {kind, code = '', at} = ask || {};
  $('ask').className = kind && 'asks';
  fill('ask', kind === 'form' ? panel.rows[at][0] : kind ? W['ask_' + kind] + code : W.ask);
  // What must be laid out to be done comes last, so that it is laid out once.
  see('lines', row);
  see('panel', panel?.at + 1);
};
watch();
