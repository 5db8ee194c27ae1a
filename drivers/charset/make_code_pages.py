#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes code_pages.c: python3 drivers/charset/make_code_pages.py > drivers/charset/code_pages.c

Run once by hand when a page is added; the build does not need it. The tables are Python's own codecs; the tests compare
them with glibc's iconv, which is another source.
"""
# Numbers as Microsoft gives them, 28590 + n being ISO 8859-n; RK1048 has none there and is 1048. Hebrew, Arabic, Thai and
# Vietnamese are left out: their letters join, combine or run to the left, which no table of bytes can do.
PAGES = [437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 863, 865, 866, 869, 1048, 1125, 1250, 1251, 1252, 1253, 1254,
         1257, 28592, 28595, 28597, 28599, 28605]

print("""/* SPDX-License-Identifier: Apache-2.0 */
/* Made by make_code_pages.py: what the bytes 80 to FF mean in each page; 0 means nothing. ASCII is the same in all. */
#include "drivers/charset/code_pages.h"

/* clang-format off */
const struct code_page code_pages[] = {""")
def codec(page):
    return "kz1048" if page == 1048 else f"iso8859-{page - 28590}" if page > 28590 else f"cp{page}"


for page in PAGES:
    codes = []
    for byte in range(0x80, 0x100):
        try:
            code = ord(bytes([byte]).decode(codec(page)))
        except UnicodeDecodeError:
            code = 0
        codes.append(0 if 0x80 <= code < 0xA0 else code)
    print(f"    {{{page}, {{")
    for row in range(0, 128, 16):
        print("        " + ", ".join(f"0x{code:04X}" for code in codes[row:row + 16]) + ",")
    print("    }},")
print("    {0, {0}},\n};\n/* clang-format on */")
