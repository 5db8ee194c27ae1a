/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scanner/code_ids.h"

#include "agent/codes/check_digit.h"
#include "agent/codes/gtin.h"

#include <stdbool.h>
#include <string.h>

/* Zebra DS457 and DS2208 product reference guides, appendix "Symbol code identifiers". */
static const struct code_id_table zebra = {
    {{"A", "]E"},  {"B", "]A0"},   {"C", "]F0"},   {"D", "]C0"},   {"E", "]G0"},   {"F", "]I0"},  {"G", "]S0"},
     {"H", "]H0"}, {"J", "]M0"},   {"K", "]C1"},   {"L", "]E"},    {"R", "]e0"},   {"T", "]e1"},  {"X", "]L0"},
     {"z", "]z0"}, {"P00", "]d1"}, {"P01", "]Q1"}, {"P02", "]U0"}, {"P0G", "]d2"}, {"P0Q", "]Q3"}},
    20,
};

/* Honeywell Xenon 1900 and Granit user's guides, appendix "Symbology charts". */
static const struct code_id_table honeywell = {
    {{"d", "]E0"}, {"D", "]E4"}, {"c", "]E0"}, {"E", "]E"},  {"j", "]C0"}, {"I", "]C1"}, {"b", "]A0"},
     {"a", "]F0"}, {"e", "]I0"}, {"i", "]G0"}, {"h", "]H3"}, {"g", "]M0"}, {"s", "]Q1"}, {"w", "]d1"},
     {"r", "]L0"}, {"R", "]L0"}, {"z", "]z0"}, {"y", "]e0"}, {"{", "]e0"}, {"}", "]e0"}, {"x", "]U0"}},
    21,
};

/* Datalogic product reference guides (Gryphon, PowerScan), appendix "Code ID", European set. */
static const struct code_id_table datalogic = {
    {{"A", "]E4"},
     {"B", "]E0"},
     {"C", "]E0"},
     {"D", "]E"},
     {"T", "]C0"},
     {"k", "]C1"},
     {"V", "]A0"},
     {"R", "]F0"},
     {"N", "]I0"},
     {"U", "]G0"},
     {"b", "]H0"},
     {"Z", "]M0"},
     {"u", "]e0"},
     {"t", "]e0"},
     {"v", "]e0"},
     {"r", "]L0"},
     {"w", "]d1"},
     {"y", "]Q1"},
     {"z", "]z0"}},
    19,
};

const struct code_id_table *code_ids_of(enum scanner_code_ids scheme)
{
    switch (scheme) {
    case SCANNER_CODE_IDS_ZEBRA:
        return &zebra;
    case SCANNER_CODE_IDS_HONEYWELL:
        return &honeywell;
    case SCANNER_CODE_IDS_DATALOGIC:
        return &datalogic;
    case SCANNER_CODE_IDS_NONE:
    case SCANNER_CODE_IDS_AIM:
    case SCANNER_CODE_IDS_CUSTOM:
        break;
    }
    return NULL;
}

static bool parse_entry(const char *text, size_t len, struct code_id *out_id)
{
    const char *equals = memchr(text + (len > 0), '=', len - (len > 0)); /* "=" itself may be the letter */
    size_t letters = equals ? (size_t)(equals - text) : 0;
    size_t rest = equals ? len - letters - 1 : 0;

    if (letters == 0 || letters > CODE_ID_BYTES_MAX || rest < 2 || rest > 3 || equals[1] != ']')
        return false;
    memcpy(out_id->letters, text, letters);
    out_id->letters[letters] = '\0';
    memcpy(out_id->symbology, equals + 1, rest);
    out_id->symbology[rest] = '\0';
    return rest == 3 || out_id->symbology[1] == 'E';
}

enum status code_ids_parse(const char *text, struct code_id_table *out_table, struct errmsg *err)
{
    struct code_id_table table = {.count = 0};

    while (*text) {
        size_t len = strcspn(text, ",");

        if (table.count == CODE_IDS_MAX || !parse_entry(text, len, &table.ids[table.count])) {
            errmsg_set(err,
                       "code_id_table: \"%.*s\": write LETTERS=AIM, parted by commas, as in d=]E0,j=]C0; at most %d",
                       (int)len, text, CODE_IDS_MAX);
            return ST_INVALID;
        }
        table.count++;
        text += len + (text[len] == ',');
    }
    if (table.count == 0) {
        errmsg_set(err, "code_id_table: is empty; code_ids = custom wants one, as in d=]E0,j=]C0");
        return ST_INVALID;
    }
    *out_table = table;
    return ST_OK;
}

static void set(struct code_id_text *out, const char *symbology, const char *text, size_t len)
{
    memcpy(out->symbology, symbology, strlen(symbology) + 1);
    out->text = text;
    out->len = len;
}

void code_ids_settle_ean(const char *text, size_t len, bool upc_e, struct code_id_text *out_text)
{
    char upc_a[UPC_A_TEXT];
    bool expands = gtin_expand_upc_e(text, len, upc_a);

    /* Eight digits may be an EAN-8 or a whole UPC-E; both are true of one in a hundred. EAN-8 that begin with 0 are a
     * shop's own and never begin like a UPC-E that checks, in any shop that also sells goods with UPC-E. */
    if (expands && (upc_e || len < 8 || text[0] == '0' || !check_mod10(text, len))) {
        out_text->upc[0] = '0';
        memcpy(out_text->upc + 1, upc_a, UPC_A_TEXT);
        set(out_text, "]E0", out_text->upc, 13);
        return;
    }
    set(out_text, len == 8 ? "]E4" : "]E0", text, len);
    if (len == 14 || len == 15 || len == 17 || len == 18)
        set(out_text, "]E3", text, len);
}

void code_ids_take(const struct code_id_table *table, const char *text, size_t len, struct code_id_text *out_text)
{
    const struct code_id *best = NULL;

    for (size_t i = 0; i < table->count; i++) {
        size_t letters = strlen(table->ids[i].letters);

        if (len > letters && memcmp(text, table->ids[i].letters, letters) == 0 &&
            (!best || letters > strlen(best->letters)))
            best = &table->ids[i];
    }
    if (!best) {
        set(out_text, "", text, len);
        return;
    }
    text += strlen(best->letters);
    len -= strlen(best->letters);
    if (strlen(best->symbology) == 2)
        code_ids_settle_ean(text, len, best->letters[0] == 'E' || best->letters[0] == 'D', out_text);
    else
        set(out_text, best->symbology, text, len);
}
