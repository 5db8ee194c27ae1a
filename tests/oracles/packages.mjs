// SPDX-License-Identifier: Apache-2.0
// bwip-js and zxing as they lie in a folder of packages: nothing is loaded from elsewhere.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

export async function oracles(folder) {
    const modules = resolve(folder, 'node_modules');
    const bwip = createRequire(`${modules}/`)('bwip-js');
    const zxing = await import(`${modules}/zxing-wasm/dist/es/reader/index.js`);

    zxing.prepareZXingModule({ overrides: { wasmBinary: readFileSync(`${modules}/zxing-wasm/dist/reader/zxing_reader.wasm`) } });
    return {
        draw: (bcid, text) =>
            bwip.toBuffer({ bcid, text, scale: 3, paddingwidth: 12, paddingheight: 12, backgroundcolor: 'FFFFFF' }),
        read: png => zxing.readBarcodes(new Uint8Array(png), { tryHarder: true, maxNumberOfSymbols: 20 }),
    };
}
