// SPDX-License-Identifier: Apache-2.0
// Seventeen symbologies drawn by bwip-js and read by zxing, with the identifier and the bytes that a scanner would send,
// written as a capture (tests/devices/README.md).
//   node frames.mjs PACKAGES_DIR > frames.cap
import { oracles } from './packages.mjs';

const drawn = [
    ['ean13', '4006381333931'], ['ean8', '96385074'], ['upca', '036000291452'], ['upce', '01234565'],
    ['code128', 'LOY-00042/7'], ['gs1-128', '(10)AB(21)77'], ['itf14', '14006381333938'], ['code39', 'STORE 12'],
    ['rationalizedCodabar', 'A12345B'], ['qrcode', 'https://id.example/01/09506000134352?17=261231'],
    ['gs1qrcode', '(01)09506000134352(10)LOT1'], ['datamatrix', 'PLAIN DATA'],
    ['gs1datamatrix', '(01)09506000134352(8018)400638133393123454'], ['pdf417', 'LOYALD PDF'],
    ['databaromni', '(01)09506000134352'], ['databarexpanded', '(01)09506000134352(10)X1'], ['azteccode', 'AZTEC 1'],
];

const { draw, read } = await oracles(process.argv[2]);
console.log('# Drawn by bwip-js, read by zxing.\n! framing=cr code_ids=aim');
for (const [symbology, text] of drawn) {
    const found = await read(await draw(symbology, text));
    if (found.length !== 1)
        throw new Error(`${symbology}: zxing reads ${found.length} codes`);
    const bytes = Buffer.from(found[0].bytes), id = found[0].symbologyIdentifier;
    const frame = Buffer.concat([Buffer.from(id), bytes, Buffer.from('\r')]);
    const shown = [...bytes].map(b => b < 0x20 || b > 0x7e ? `\\x${b.toString(16).padStart(2, '0')}` : String.fromCharCode(b));
    console.log(`${frame.toString('hex').replace(/../g, '$& ').trim()}  # ${symbology}\n= scan ${id} ${shown.join('')}`);
}
