// SPDX-License-Identifier: Apache-2.0
// The status page: asks GET /v1/status every ten seconds and shows what it says. The till judges; nothing is judged here.
// The build takes blanks out (loyald_squeeze in cmake/Loyald.cmake): no text here has an operator or comma before one.
const $ = id => document.getElementById(id), kept = sessionStorage;
if (location.hash.startsWith('#token=')) {
  kept.token = location.hash.slice(7);
  history.replaceState(0, '', '/status');
}
const add = (to, name, text) => {
  const node = to.appendChild(document.createElement(name));
  node.textContent = text || '';
  return node;
};
const verdict = (word, text) => {
  $('verdict').className = $('verdict').textContent = word;
  $('text').textContent = text;
};
const list = (body, findings) => {
  body.replaceChildren();
  for (const found of findings) {
    const row = add(body, 'tr');
    add(add(row, 'td'), 'b', found.level).className = found.level;
    add(row, 'td', found.check);
    const what = add(row, 'td', found.text);
    if (found.fix) add(what, 'code', found.fix);
  }
};
const look = async () => {
  const answer = await fetch('/v1/status', {headers: {Authorization: 'Bearer ' + kept.token}, signal: AbortSignal.timeout(9e3)});
  const said = await answer.json();
  if (!answer.ok) throw said.text;
  verdict(said.verdict, said.text);
  list($('findings'), said.findings);
  $('screen').textContent = said.screen;
  $('asked').textContent = said.doctor ? 'loyalctl doctor at ' + new Date(said.doctor.at_unix_ms).toLocaleString() + ':' : 'loyalctl doctor has left nothing here';
  list($('doctor'), said.doctor ? said.doctor.said.findings : []);
};
const again = () => look().catch(fault => verdict('UNKNOWN', 'no answer (' + fault + ')')).then(() => setTimeout(again, 1e4));
again();
