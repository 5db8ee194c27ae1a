/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters of other alphabets in Latin ones, each by itself: a slip is read from left to right, and what stands before
 * or behind a letter is not looked at. So Arabic and Hebrew words lose the vowels that are not written, and a Thai
 * vowel stands where it is written, before its consonant.
 */
#include "drivers/charset/transliterate.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* From U+0391 and U+03B1: ELOT 743, without the rules for pairs. */
static const char greek[][3] = {"A", "V", "G", "D", "E", "Z", "I", "TH", "I", "K",  "L",  "M", "N",
                                "X", "O", "P", "R", "",  "S", "T", "Y",  "F", "CH", "PS", "O"};
static const char greek_small[][3] = {"a", "v", "g", "d", "e", "z", "i", "th", "i", "k",  "l",  "m", "n",
                                      "x", "o", "p", "r", "s", "s", "t", "y",  "f", "ch", "ps", "o"};

/* From U+0410 and U+0430: as in travel documents (ICAO Doc 9303 part 3), but for the signs, which are left out there.
 */
static const char russian[][5] = {"A",  "B",  "V",  "G",    "D", "E", "ZH", "Z", "I",  "I", "K",
                                  "L",  "M",  "N",  "O",    "P", "R", "S",  "T", "U",  "F", "KH",
                                  "TS", "CH", "SH", "SHCH", "'", "Y", "'",  "E", "IU", "IA"};
static const char russian_small[][5] = {"a",  "b",  "v",  "g",    "d", "e", "zh", "z", "i",  "i", "k",
                                        "l",  "m",  "n",  "o",    "p", "r", "s",  "t", "u",  "f", "kh",
                                        "ts", "ch", "sh", "shch", "'", "y", "'",  "e", "iu", "ia"};

/* From U+0531 and U+0561: BGN/PCGN 1981, without the rules for pairs. */
static const char armenian[][4] = {"A",  "B",  "G", "D",  "E",  "Z",  "E",   "Y", "T'", "ZH", "I", "L",   "KH",
                                   "TS", "K",  "H", "DZ", "GH", "CH", "M",   "Y", "N",  "SH", "O", "CH'", "P",
                                   "J",  "RR", "S", "V",  "T",  "R",  "TS'", "W", "P'", "K'", "O", "F"};
static const char armenian_small[][4] = {"a",  "b",  "g", "d",  "e",  "z",  "e",   "y", "t'", "zh", "i", "l",   "kh",
                                         "ts", "k",  "h", "dz", "gh", "ch", "m",   "y", "n",  "sh", "o", "ch'", "p",
                                         "j",  "rr", "s", "v",  "t",  "r",  "ts'", "w", "p'", "k'", "o", "f",   "ev"};

/* From U+05D0: the Academy of the Hebrew Language, 2006, simple form; alef as a, so that a word can be said. */
static const char hebrew[][3] = {"a", "b", "g", "d", "h", "v", "z", "h",  "t",  "y", "k", "k",  "l", "m",
                                 "m", "n", "n", "s", "'", "f", "p", "ts", "ts", "k", "r", "sh", "t"};

/* From U+0621: BGN/PCGN 1956 without its dots and strokes; then what Persian, Kazakh and Uyghur have beyond. */
static const char arabic[][3] = {"'",  "a", "a",  "w", "i", "y", "a",  "b", "a", "t", "th", "j", "h",
                                 "kh", "d", "dh", "r", "z", "s", "sh", "s", "d", "t", "z",  "'", "gh"};
static const char arabic_more[][3] = {"f", "q", "k", "l", "m", "n", "h", "w", "a", "y"}; /* from U+0641 */

/* From U+0E01: the Royal Institute's general system, 1999, each letter as at the beginning of a syllable. */
static const char thai[][4] = {
    "k", "kh", "kh", "kh", "kh", "kh", "ng", "ch", "ch", "ch", "s",  "ch", "y",  "d", "t", "th", "th",  "th", "n",
    "d", "t",  "th", "th", "th", "n",  "b",  "p",  "ph", "f",  "ph", "f",  "ph", "m", "y", "r",  "rue", "l",  "lue",
    "w", "s",  "s",  "s",  "h",  "l",  "o",  "h",  ".",  "a",  "a",  "a",  "am", "i", "i", "ue", "ue",  "u",  "u"};
static const char thai_before[][3] = {"e", "ae", "o", "ai", "ai", "a"}; /* from U+0E40 */

/* From U+10D0, and U+1C90 in capitals: the Georgian national system, 2002. */
static const char georgian[][4] = {"a",  "b",  "g",  "d",  "e",  "v",  "z",   "t",   "i",  "k'", "l",
                                   "m",  "n",  "o",  "p'", "zh", "r",  "s",   "t'",  "u",  "p",  "k",
                                   "gh", "q'", "sh", "ch", "ts", "dz", "ts'", "ch'", "kh", "j",  "h"};

static const char digits[][2] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

#define ROW(first, table)                                                                                            \
    {                                                                                                                \
        first, COUNT(table), sizeof((table)[0]), (table)[0]                                                          \
    }
static const struct {
    uint32_t first;
    size_t count, bytes; /* of each text */
    const char *texts;
} scripts[] = {
    ROW(0x0391, greek),       ROW(0x03B1, greek_small),    ROW(0x0410, russian),  ROW(0x0430, russian_small),
    ROW(0x0531, armenian),    ROW(0x0561, armenian_small), ROW(0x05D0, hebrew),   ROW(0x0621, arabic),
    ROW(0x0641, arabic_more), ROW(0x0660, digits),         ROW(0x06F0, digits),   ROW(0x0E01, thai),
    ROW(0x0E40, thai_before), ROW(0x0E50, digits),         ROW(0x10D0, georgian), ROW(0x1C90, georgian),
};

/* What stands apart, sorted by code: letters with accents, letters and signs beyond an alphabet. */
static const struct {
    uint32_t code;
    const char *text;
} others[] = {
    {0x0386, "A"}, {0x0388, "E"},  {0x0389, "I"},   {0x038A, "I"},  {0x038C, "O"}, {0x038E, "Y"},  {0x038F, "O"},
    {0x0390, "i"}, {0x03AA, "I"},  {0x03AB, "Y"},   {0x03AC, "a"},  {0x03AD, "e"}, {0x03AE, "i"},  {0x03AF, "i"},
    {0x03B0, "y"}, {0x03CA, "i"},  {0x03CB, "y"},   {0x03CC, "o"},  {0x03CD, "y"}, {0x03CE, "o"},  {0x055A, "'"},
    {0x0589, ":"}, {0x05BE, "-"},  {0x05F3, "'"},   {0x05F4, "\""}, {0x060C, ","}, {0x061B, ";"},  {0x061F, "?"},
    {0x066A, "%"}, {0x066B, ","},  {0x0671, "a"},   {0x0679, "t"},  {0x067E, "p"}, {0x0686, "ch"}, {0x0688, "d"},
    {0x0691, "r"}, {0x0698, "zh"}, {0x06A9, "k"},   {0x06AD, "ng"}, {0x06AF, "g"}, {0x06BA, "n"},  {0x06BE, "h"},
    {0x06C1, "h"}, {0x06C6, "o"},  {0x06C7, "u"},   {0x06C8, "u"},  {0x06CB, "v"}, {0x06CC, "y"},  {0x06D0, "e"},
    {0x06D2, "e"}, {0x06D5, "e"},  {0x0E3F, "THB"}, {0x0E4D, "m"},
};

const char *transliterate_latin(uint32_t code)
{
    for (size_t i = 0; i < COUNT(scripts) && code >= scripts[i].first; i++) {
        if (code - scripts[i].first < scripts[i].count) {
            const char *text = scripts[i].texts + (code - scripts[i].first) * scripts[i].bytes;

            return *text ? text : NULL;
        }
    }
    for (size_t i = 0; i < COUNT(others) && code >= others[i].code; i++) {
        if (others[i].code == code)
            return others[i].text;
    }
    return NULL;
}

bool transliterate_is_mark(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } marks[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C2},
        {0x05C4, 0x05C5}, {0x05C7, 0x05C7}, {0x0610, 0x061A}, {0x0640, 0x0640}, {0x064B, 0x065F},
        {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x06E7, 0x06E8}, {0x06EA, 0x06ED},
        {0x0E3A, 0x0E3A}, {0x0E47, 0x0E4C}, {0x0E4E, 0x0E4E}, {0x20D0, 0x20F0}, {0xFE20, 0xFE2F},
    };

    for (size_t i = 0; i < COUNT(marks) && code >= marks[i].first; i++) {
        if (code <= marks[i].last)
            return true;
    }
    return false;
}
