// SPDX-License-Identifier: Apache-2.0
// A whole sale in JavaScript (node), no packages: basket, payment, close; prints the total and the state.
const http = require('http');
const socketPath = process.env.LOYALD_SOCKET || '/run/loyald/api.sock';
const sale = '/v1/sales/' + (process.argv[2] || require('crypto').randomUUID());
const ask = (method, path, body) => new Promise((good, bad) => {
  const request = http.request({socketPath, method, path, timeout: 5000}, (answer) => {
    let text = '';
    answer.on('data', (piece) => text += piece).on('end', () => {
      const said = JSON.parse(text);
      answer.statusCode < 300 ? good(said) : bad(`${said.code} ${said.text} ${said.act}`); // words for the cashier
    });
  });
  request.on('error', bad).on('timeout', () => request.destroy(new Error('no answer: ask again by the same call')));
  request.end(body && JSON.stringify(body));
});

(async () => {
  await ask('PUT', sale, {cashier: '7', lines: [
    {line: 1, sku: 'A100', name: 'Coffee', qty_milli: 2000, unit_price_minor: 9990},
    {line: 2, sku: 'B7', name: 'Apples', qty_milli: 1240, unit_price_minor: 8900, sold_by: 'weight'}]});
  const total = (await ask('POST', sale + '/tender', {tenders: ['card']})).total_minor;
  // ... the shopper pays total ...
  await ask('POST', sale + '/commit', {expected_total_minor: total, tenders: [{kind: 'card', amount_minor: total}]});
  console.log(total, (await ask('GET', sale)).state);
})().catch((words) => { console.error(String(words)); process.exit(1); });
