// SPDX-License-Identifier: Apache-2.0
// PouchDB replicating documents to express-pouchdb over mutual TLS: drain_pouch.cjs RECORDS CERTS WORK
// Its default durability, no hash chain, no books. Prints what,records,seconds,per_s as drain.sh does.
const { fork } = require('child_process');
const fs = require('fs');
const https = require('https');
const [count, certs, work] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const pem = (name) => fs.readFileSync(`${certs}/${name}`);
process.chdir(work);
const PouchDB = require('pouchdb');

function serve() {
    const app = require('express')();
    const Far = PouchDB.defaults({ prefix: `${work}/far-` });
    app.use('/', require('express-pouchdb')(Far, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: `${work}/far.log` }));
    const server = https.createServer(
        { key: pem('server.key'), cert: pem('server.pem'), ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true }, app);
    server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

function record(i) {
    return {
        _id: String(i).padStart(9, '0'), dev: '00000000000000b0', epoch: '0000000000000001', seq: i, type: 'sale', prev: '0'.repeat(64),
        body: {
            sale: {
                sale_id: `b0-${i}`, store: { id: 'S12' }, till: '3', at: '2026-11-22T18:05:00+03:00', business_date: '2026-11-22',
                lines: [{ line: 1, sku: 'A', qty_milli: 1000, unit_price_minor: 10000 }], member: { id: `M${i % 1000}` }
            },
            result: {
                digest: '00', gross_minor: 10000, discount_minor: 0, redeemed_minor: 0, total_minor: 10000,
                points: [{ currency: 'bonus', earned: 90, redeemed: 0, by: [] }]
            },
            bundle: '', identifier: '', entry: 'scan', tenders: [{ kind: 'cash', amount_minor: 10000 }], shown_minor: 10000
        }
    };
}

async function drain(port, far) {
    const near = new PouchDB(`${work}/near`);
    for (let i = 0; i < count; i += 1000)
        await near.bulkDocs(Array.from({ length: Math.min(1000, count - i) }, (_, k) => record(i + k)));
    const agent = new https.Agent({ key: pem('client.key'), cert: pem('client.pem'), ca: pem('ca.pem'), keepAlive: true });
    const remote = new PouchDB(`https://localhost:${port}/sales`, { fetch: (url, options) => PouchDB.fetch(url, { ...options, agent }) });
    for (const batch_size of [500]) {
        const began = process.hrtime.bigint();
        const said = await near.replicate.to(remote, { batch_size, batches_limit: 10 });
        const s = Number(process.hrtime.bigint() - began) / 1e9;
        if (said.docs_written !== count)
            throw new Error(`${said.docs_written} of ${count} arrived`);
        console.log(`pouchdb,${count},${s.toFixed(2)},${Math.round(count / s)}`);
    }
    far.kill();
    process.exit(0);
}

if (process.send) {
    serve();
} else {
    const far = fork(__filename, process.argv.slice(2), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    far.on('message', (port) => drain(port, far).catch((error) => { console.error(error); far.kill(); process.exit(1); }));
}
