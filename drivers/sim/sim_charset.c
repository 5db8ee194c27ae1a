/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_charset.h"

#include <iconv.h>
#include <string.h>

/* Epson, ESC/POS command reference, ESC t; and the printed self-test page of an RP326. */
static const struct sim_profile profiles[] = {
    {.name = "epson-tm-t20iii",
     .model = "TM-T20III",
     .columns = 48,
     .pages = {[0] = "CP437",       [2] = "CP850",        [3] = "CP860",   [4] = "CP863",       [5] = "CP865",
               [11] = "CP851",      [13] = "CP857",       [14] = "CP737",  [15] = "ISO-8859-7", [16] = "CP1252",
               [17] = "CP866",      [18] = "CP852",       [19] = "CP858",  [21] = "CP874",      [33] = "CP775",
               [34] = "CP855",      [35] = "CP861",       [36] = "CP862",  [37] = "CP864",      [38] = "CP869",
               [39] = "ISO-8859-2", [40] = "ISO-8859-15", [44] = "CP1125", [45] = "CP1250",     [46] = "CP1251",
               [47] = "CP1253",     [48] = "CP1254",      [49] = "CP1255", [50] = "CP1256",     [51] = "CP1257",
               [52] = "CP1258",     [53] = "RK1048"}},
    {.name = "epson-tm-t88v",
     .model = "TM-T88V",
     .columns = 42,
     .pages = {[0] = "CP437",        [2] = "CP850",   [3] = "CP860",   [4] = "CP863",       [5] = "CP865",
               [11] = "CP851",       [13] = "CP857",  [14] = "CP737",  [15] = "ISO-8859-7", [16] = "CP1252",
               [17] = "CP866",       [18] = "CP852",  [19] = "CP858",  [33] = "CP775",      [34] = "CP855",
               [35] = "CP861",       [36] = "CP862",  [37] = "CP864",  [38] = "CP869",      [39] = "ISO-8859-2",
               [40] = "ISO-8859-15", [45] = "CP1250", [46] = "CP1251", [47] = "CP1253",     [48] = "CP1254",
               [49] = "CP1255",      [50] = "CP1256", [51] = "CP1257", [52] = "CP1258",     [53] = "RK1048"}},
    {.name = "rongta-rp326",
     .model = "RP326",
     .columns = 42,
     .chinese = true,
     .pages =
         {[0] = "CP437",       [2] = "CP850",       [3] = "CP860",       [4] = "CP863",       [5] = "CP865",
          [6] = "CP1251",      [7] = "CP866",       [15] = "CP862",      [16] = "CP1252",     [17] = "CP1253",
          [18] = "CP852",      [19] = "CP858",      [24] = "CP737",      [25] = "CP1257",     [28] = "CP855",
          [29] = "CP857",      [30] = "CP1250",     [31] = "CP775",      [32] = "CP1254",     [33] = "CP1255",
          [34] = "CP1256",     [35] = "CP1258",     [36] = "ISO-8859-2", [39] = "ISO-8859-5", [41] = "ISO-8859-7",
          [43] = "ISO-8859-9", [44] = "ISO-8859-15"}},
    {.name = "generic-58mm",
     .model = "POS58",
     .columns = 32,
     .chinese = true,
     .pages = {[0] = "CP437",
               [2] = "CP850",
               [3] = "CP860",
               [4] = "CP863",
               [5] = "CP865",
               [16] = "CP1252",
               [17] = "CP866",
               [18] = "CP852",
               [19] = "CP858"}},
    /* Star, Line Mode Command Specifications, ESC GS t. */
    {.name = "star-tsp600",
     .model = "TSP600",
     .columns = 42,
     .star = true,
     .pages = {[0] = "CP437",
               [1] = "CP437",
               [3] = "CP437",
               [4] = "CP858",
               [5] = "CP852",
               [6] = "CP860",
               [7] = "CP861",
               [8] = "CP863",
               [9] = "CP865",
               [10] = "CP866",
               [11] = "CP855",
               [12] = "CP857",
               [13] = "CP862",
               [14] = "CP864",
               [15] = "CP737",
               [17] = "CP869",
               [32] = "CP1252",
               [33] = "CP1250",
               [34] = "CP1251"}},
};

const struct sim_profile *sim_profile_find(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    return NULL;
}

const struct sim_profile *sim_profile_at(size_t index)
{
    return index < sizeof profiles / sizeof profiles[0] ? &profiles[index] : NULL;
}

static bool decode(const char *charset, const char *bytes, size_t len, uint32_t *out_code)
{
    iconv_t converter = iconv_open("UCS-4LE", charset);
    uint8_t out[16];
    char *in = (char *)(uintptr_t)bytes, *to = (char *)out; /* iconv's face lacks a const it keeps */
    size_t in_left = len, out_left = sizeof out;
    bool good;

    if (converter == (iconv_t)-1)
        return false;
    good = iconv(converter, &in, &in_left, &to, &out_left) != (size_t)-1 &&
           iconv(converter, NULL, NULL, &to, &out_left) != (size_t)-1 && in_left == 0 && sizeof out - out_left >= 4;
    (void)iconv_close(converter);
    if (good)
        *out_code = (uint32_t)out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16;
    return good;
}

bool sim_charset_decode_named(const char *charset, uint8_t byte, uint32_t *out_code)
{
    const char text[] = {(char)byte};

    return decode(charset, text, 1, out_code);
}

bool sim_charset_decode(const struct sim_profile *profile, uint8_t n, uint8_t byte, uint32_t *out_code)
{
    return profile->pages[n] && sim_charset_decode_named(profile->pages[n], byte, out_code);
}

bool sim_charset_decode_pair(uint8_t first, uint8_t second, uint32_t *out_code)
{
    const char text[] = {(char)first, (char)second};

    return decode("GB18030", text, 2, out_code);
}
