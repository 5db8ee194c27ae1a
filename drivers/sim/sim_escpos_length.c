/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long each command is, which is all it takes to stay in step with the sender: what is known but not drawn is
 * then skipped whole. Fixed ones are in a table: prefix, command, parameter bytes; the rest say their length
 * themselves.
 */
#include "drivers/sim/sim_escpos.h"

#include <string.h>

enum { ESC = 0x1B, FS = 0x1C, GS = 0x1D, DLE = 0x10, VARIES = 255, KEPT_BYTES_MAX = 8 * 1024 };

static const struct {
    uint8_t prefix, command, parameters;
} commands[] = {
    {ESC, 0x0C, 0},     {ESC, ' ', 1},       {ESC, '!', 1},      {ESC, '$', 2},     {ESC, '%', 1}, {ESC, '&', VARIES},
    {ESC, '(', VARIES}, {ESC, '*', VARIES},  {ESC, '-', 1},      {ESC, '2', 0},     {ESC, '3', 1}, {ESC, '=', 1},
    {ESC, '?', 1},      {ESC, '@', 0},       {ESC, 'D', VARIES}, {ESC, 'E', 1},     {ESC, 'G', 1}, {ESC, 'J', 1},
    {ESC, 'K', 1},      {ESC, 'L', 0},       {ESC, 'M', 1},      {ESC, 'R', 1},     {ESC, 'S', 0}, {ESC, 'T', 1},
    {ESC, 'U', 1},      {ESC, 'V', 1},       {ESC, 'W', 8},      {ESC, '\\', 2},    {ESC, 'a', 1}, {ESC, 'c', 2},
    {ESC, 'd', 1},      {ESC, 'e', 1},       {ESC, 'i', 0},      {ESC, 'm', 0},     {ESC, 'p', 3}, {ESC, 'r', 1},
    {ESC, 't', 1},      {ESC, 'u', 1},       {ESC, 'v', 0},      {ESC, '{', 1},     {FS, '!', 1},  {FS, '&', 0},
    {FS, '(', VARIES},  {FS, '-', 1},        {FS, '.', 0},       {FS, '2', 74},     {FS, '?', 2},  {FS, 'C', 1},
    {FS, 'S', 2},       {FS, 'W', 1},        {FS, 'p', 2},       {FS, 'q', VARIES}, {GS, '!', 1},  {GS, '$', 2},
    {GS, '(', VARIES},  {GS, '*', VARIES},   {GS, '/', 1},       {GS, '8', VARIES}, {GS, ':', 0},  {GS, 'B', 1},
    {GS, 'C', VARIES},  {GS, 'D', VARIES},   {GS, 'H', 1},       {GS, 'I', 1},      {GS, 'L', 2},  {GS, 'P', 2},
    {GS, 'Q', VARIES},  {GS, 'T', 1},        {GS, 'V', VARIES},  {GS, 'W', 2},      {GS, '\\', 2}, {GS, '^', 3},
    {GS, 'a', 1},       {GS, 'b', 1},        {GS, 'c', 0},       {GS, 'f', 1},      {GS, 'g', 4},  {GS, 'h', 1},
    {GS, 'k', VARIES},  {GS, 'r', 1},        {GS, 'v', VARIES},  {GS, 'w', 1},      {GS, 'z', 3},  {DLE, 0x04, 1},
    {DLE, 0x05, 1},     {DLE, 0x14, VARIES},
};

static const struct sim_length more = {.known = true};

static struct sim_length whole(size_t header)
{
    return (struct sim_length){.header = header, .known = true};
}

/* header bytes and then data that nobody looks at. */
static struct sim_length with_data(size_t header, size_t data)
{
    return (struct sim_length){.header = header, .data = data, .known = true};
}

static struct sim_length after_nul(const uint8_t *bytes, size_t len, size_t from, size_t len_max)
{
    const uint8_t *nul = len > from ? memchr(bytes + from, 0, len - from) : NULL;

    if (nul)
        return whole((size_t)(nul - bytes) + 1);
    return len >= len_max ? whole(len_max) : more; /* nobody sends that many: do not wait for ever */
}

static size_t le16(const uint8_t *bytes)
{
    return (size_t)bytes[0] | (size_t)bytes[1] << 8;
}

/* ESC & y c1 c2 [x d1...]: user-defined characters, each with its own width. */
static struct sim_length user_characters(const uint8_t *bytes, size_t len)
{
    size_t at = 5;

    if (len < 5)
        return more;
    for (int c = bytes[3]; c <= bytes[4]; c++) {
        if (len <= at)
            return more;
        at += 1 + (size_t)bytes[at] * bytes[2];
        if (at > KEPT_BYTES_MAX)
            return whole(5);
    }
    return len < at ? more : whole(at);
}

/* FS q n [xL xH yL yH d1...]: pictures kept by the printer, 8 * x * y bytes each. */
static struct sim_length stored_pictures(const uint8_t *bytes, size_t len)
{
    if (len < 3)
        return more;
    if (bytes[2] != 1) /* several at once: given up, counted as unknown */
        return (struct sim_length){.header = 3};
    return len < 7 ? more : with_data(7, le16(bytes + 3) * le16(bytes + 5) * 8);
}

static struct sim_length esc_length(const uint8_t *bytes, size_t len)
{
    switch (bytes[1]) {
    case '&':
        return user_characters(bytes, len);
    case '(':
        return len < 5 ? more : with_data(5, le16(bytes + 3));
    case '*':
        return len < 5 ? more : with_data(5, le16(bytes + 3) * (bytes[2] >= 32 ? 3 : 1));
    default: /* ESC D: at most 32 tab stops */
        return after_nul(bytes, len, 2, 2 + 33);
    }
}

/* GS k m d... NUL for m up to 6, GS k m n d... from 65 on. */
static struct sim_length bars_length(const uint8_t *bytes, size_t len)
{
    if (len < 3)
        return more;
    if (bytes[2] < 65)
        return after_nul(bytes, len, 3, 3 + 256);
    return len < 4 ? more : whole(4 + (size_t)bytes[3]);
}

static struct sim_length raster_length(const uint8_t *bytes, size_t len)
{
    size_t data;

    if (len < 8)
        return more;
    data = le16(bytes + 4) * le16(bytes + 6);
    return data <= KEPT_BYTES_MAX ? whole(8 + data) : with_data(8, data);
}

static struct sim_length counter_length(const uint8_t *bytes, size_t len)
{
    if (len < 3)
        return more;
    return whole(bytes[2] == '0' ? 5 : bytes[2] == '1' ? 9 : bytes[2] == '2' ? 5 : 3);
}

static struct sim_length gs_length(const uint8_t *bytes, size_t len)
{
    switch (bytes[1]) {
    case '(': /* GS ( k and GS ( H are obeyed, so kept whole */
        if (len < 5)
            return more;
        if ((bytes[2] == 'k' || bytes[2] == 'H') && le16(bytes + 3) <= KEPT_BYTES_MAX)
            return whole(5 + le16(bytes + 3));
        return with_data(5, le16(bytes + 3));
    case '*':
        return len < 4 ? more : with_data(4, (size_t)bytes[2] * bytes[3] * 8);
    case '8':
        return len < 7 ? more : with_data(7, le16(bytes + 3) | le16(bytes + 5) << 16);
    case 'C':
        return counter_length(bytes, len);
    case 'D': /* a Windows bitmap with its size in it */
        return len < 11 ? more : with_data(11, le16(bytes + 7) | le16(bytes + 9) << 16);
    case 'Q':
        return len < 8 ? more : with_data(8, le16(bytes + 4) * le16(bytes + 6));
    case 'V':
        return len < 3 ? more : whole(bytes[2] >= 65 ? 4 : 3);
    case 'v':
        return raster_length(bytes, len);
    default:
        return bars_length(bytes, len);
    }
}

static struct sim_length dle_dc4_length(const uint8_t *bytes, size_t len)
{
    if (len < 3)
        return more;
    return whole(bytes[2] == 8 ? 10 : 5);
}

struct sim_length sim_escpos_length(const uint8_t *bytes, size_t len)
{
    uint8_t prefix = bytes[0];

    if (prefix != ESC && prefix != FS && prefix != GS && prefix != DLE)
        return whole(1);
    if (len < 2)
        return more;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].prefix != prefix || commands[i].command != bytes[1])
            continue;
        if (commands[i].parameters != VARIES)
            return whole(2 + (size_t)commands[i].parameters);
        return prefix == ESC  ? esc_length(bytes, len)
               : prefix == GS ? gs_length(bytes, len)
               : prefix == FS ? bytes[1] == 'q' ? stored_pictures(bytes, len)
                                : len < 5       ? more
                                                : with_data(5, le16(bytes + 3))
                              : dle_dc4_length(bytes, len);
    }
    return (struct sim_length){.header = 2};
}
