// SPDX-License-Identifier: Apache-2.0
// receiptio as the host of a printer on a pty: it speaks to TCP port 9100 only, so a line is laid from there.
//   node receiptio.cjs PACKAGES_DIR PTY DOCUMENT SECONDS      prints what it makes of it: success, coveropen, ...
const fs = require('node:fs');
const net = require('node:net');
const tty = require('node:tty');
const path = require('node:path');

const [packages, pty, document, seconds] = process.argv.slice(2);
const receiptio = require(path.resolve(packages, 'node_modules/receiptio'));
const address = '127.0.0.91'; // of the loopback network, where nobody else has that port
const line = new tty.ReadStream(fs.openSync(fs.realpathSync(pty), fs.constants.O_RDWR | fs.constants.O_NOCTTY));

line.setRawMode(true);
const server = net.createServer(socket => {
    socket.on('data', bytes => line.write(bytes));
    line.on('data', bytes => socket.write(bytes));
    socket.on('error', () => {}); // it hangs up as it likes
});
server.listen(9100, address, async () => {
    console.log(await receiptio.print(fs.readFileSync(document, 'utf8'), `-d ${address} -c 42 -l en -t ${seconds}`));
    process.exit(0);
});
server.on('error', error => {
    console.log(error.message);
    process.exit(1);
});
