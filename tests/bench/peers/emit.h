/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit - the work of bench_basket as the other engines of the comparison read it. Everything goes to out; a caller
 * that wants to know whether it arrived asks ferror.
 */
#ifndef LOYALD_BENCH_PEERS_EMIT_H
#define LOYALD_BENCH_PEERS_EMIT_H

#include "tests/bench/bench_basket.h"

#include <stdio.h>

/* Facts that clips.clp loads. */
void emit_clips_promotions(const struct bench_work *work, FILE *out);
void emit_clips_baskets(const struct bench_work *work, FILE *out);
/* Plain JSON for the engines that run in Node. */
void emit_json(const struct bench_work *work, FILE *out);

#endif
