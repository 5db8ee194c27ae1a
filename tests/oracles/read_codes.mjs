// SPDX-License-Identifier: Apache-2.0
// What zxing reads off a picture, in the words of zbarimg: FORMAT:TEXT, one a line.
//   node read_codes.mjs PACKAGES_DIR PICTURE.png
import { readFileSync } from 'node:fs';
import { oracles } from './packages.mjs';

const names = {
    EAN13: 'EAN-13', EAN8: 'EAN-8', UPCA: 'EAN-13', Code128: 'CODE-128', Code39: 'CODE-39', Code93: 'CODE-93', ITF: 'I2/5', ITF14: 'I2/5', Codabar: 'Codabar',
    QRCode: 'QR-Code',
};
const { read } = await oracles(process.argv[2]);

for (const found of await read(readFileSync(process.argv[3])))
    console.log(`${names[found.format] ?? found.format}:${Buffer.from(found.bytes).toString('utf8')}`);
