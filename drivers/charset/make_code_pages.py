#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes code_pages.c: python3 drivers/charset/make_code_pages.py > drivers/charset/code_pages.c

Run once by hand when a page is added; the build does not need it. The tables are Python's own codecs; the tests compare
them with glibc's iconv, which is another source.
"""
PAGES = [437, 737, 775, 850, 852, 855, 857, 858, 866, 1125, 1250, 1251, 1252, 1253, 1254, 1257]

print("""/* SPDX-License-Identifier: Apache-2.0 */
/* Made by make_code_pages.py: what the bytes 80 to FF mean in each page; 0 means nothing. ASCII is the same in all. */
#include "drivers/charset/code_pages.h"

/* clang-format off */
const struct code_page code_pages[] = {""")
for page in PAGES:
    codes = []
    for byte in range(0x80, 0x100):
        try:
            code = ord(bytes([byte]).decode(f"cp{page}"))
        except UnicodeDecodeError:
            code = 0
        codes.append(0 if 0x80 <= code < 0xA0 else code)
    print(f"    {{{page}, {{")
    for row in range(0, 128, 16):
        print("        " + ", ".join(f"0x{code:04X}" for code in codes[row:row + 16]) + ",")
    print("    }},")
print("    {0, {0}},\n};\n/* clang-format on */")
