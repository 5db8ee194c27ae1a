// SPDX-License-Identifier: Apache-2.0
// Publishing to a JetStream of nats-server, kept in files, over mutual TLS, 500 under way, each named so that a second delivery is known:
// drain_nats.cjs RECORDS CERTS WORK. It acks before its file is synced, and has no books. Prints what,records,seconds,per_s as drain.sh does.
const { spawn } = require('child_process');
const fs = require('fs');
const [count, certs, work] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const { connect, headers } = require('nats');
const WINDOW = 500;

fs.writeFileSync(`${work}/nats.conf`, `host: 127.0.0.1
port: -1
ports_file_dir: "${work}"
jetstream { store_dir: "${work}/store" }
tls { cert_file: "${certs}/server.pem", key_file: "${certs}/server.key", ca_file: "${certs}/ca.pem", verify: true }
`);
const server = spawn('nats-server', ['-c', `${work}/nats.conf`], { stdio: ['ignore', 'ignore', 'inherit'] });

async function port() {
    for (let i = 0; i < 200; i++) {
        const name = fs.readdirSync(work).find((one) => one.endsWith('.ports'));
        if (name)
            return new URL(JSON.parse(fs.readFileSync(`${work}/${name}`, 'utf8')).nats[0].replace('nats:', 'http:')).port;
        await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error('nats-server does not start');
}

async function drain() {
    const tls = { certFile: `${certs}/client.pem`, keyFile: `${certs}/client.key`, caFile: `${certs}/ca.pem` };
    const link = await connect({ servers: `localhost:${await port()}`, tls });
    await (await link.jetstreamManager()).streams.add({ name: 'SALES', subjects: ['sales'], storage: 'file', duplicate_window: 120e9 });
    const js = link.jetstream();
    const text = Buffer.from('x'.repeat(704));
    const began = process.hrtime.bigint();
    for (let i = 0; i < count; i += WINDOW)
        await Promise.all(Array.from({ length: Math.min(WINDOW, count - i) }, (_, k) => js.publish('sales', text, { msgID: `b0-${i + k}` })));
    const s = Number(process.hrtime.bigint() - began) / 1e9;
    console.log(`nats,${count},${s.toFixed(2)},${Math.round(count / s)}`);
    await link.close();
}

drain().then(() => server.kill(), (error) => { console.error(error); server.kill(); process.exitCode = 1; });
