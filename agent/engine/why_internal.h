/* SPDX-License-Identifier: Apache-2.0 */
/* why_internal - what the files of why share (why.h). */
#ifndef LOYALD_ENGINE_WHY_INTERNAL_H
#define LOYALD_ENGINE_WHY_INTERNAL_H

#include "agent/engine/sale.h"
#include "agent/engine/why.h"

enum { WHY_SENTENCE_BYTES_MAX = 16 * 1024, WHY_NAMES_MAX = 6 /* of a list; the rest is "..." */ };

struct why {
    const struct bundle *bundle;
    const struct engine_sale *sale;
    const struct engine_result *result;
    const char *language;
    bool russian;
    const struct engine_trace *trace; /* of the promotion that is told of */
    const struct promotion *promotion;
    struct strbuf *out;
};

/* The sentence in the language asked for; both take the same arguments in the same order. */
#define WHY_SAY(why, english, in_russian, ...)                                                                       \
    strbuf_printf((why)->out, (why)->russian ? (in_russian) : (english), __VA_ARGS__)

/* The words after the title, one function for each group of reasons; false when the reason is not theirs. */
bool why_say_place_and_time(struct why *why); /* why_time.c */
bool why_say_member(struct why *why);         /* why_member.c */
bool why_say_basket(struct why *why);         /* why_basket.c */

/* Whole and fraction, as money, points and weights are read: 1999 with 2 digits is 19.99. */
void why_put_amount(struct strbuf *out, int64_t value, int digits);
void why_put_names(struct strbuf *out, const struct text_list *names);
void why_put_title(const struct why *why, const char *promotion);

#endif
