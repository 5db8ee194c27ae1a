/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors - reads the text cases of this folder (README.md says how they are written) and compares what came out with
 * what they expect. Every difference is printed with its case, so one run shows all of them. Used by the programs
 * that run the cases through the library, the command line, the till and the central.
 */
#ifndef LOYALD_TESTS_VECTORS_VECTORS_H
#define LOYALD_TESTS_VECTORS_VECTORS_H

#include <cjson/cJSON.h>
#include <stddef.h>

enum vector_section {
    VECTOR_CASE,
    VECTOR_WHY,
    VECTOR_BUNDLE,
    VECTOR_SALE,
    VECTOR_EXPECT,
    VECTOR_FAULT,
    VECTOR_RETURN,
    VECTOR_REFUND,
    VECTOR_SECTIONS
};
enum { VECTOR_BYTES_MAX = 4 * 1024 * 1024 };

struct vector {
    const char *file;
    int number;                      /* from 1, over all files */
    char *sections[VECTOR_SECTIONS]; /* NULL: not there; views, valid during the visit */
};

/* Visits the cases of all files in the order of their names. Ends the test when a file cannot be understood. */
typedef void vector_visitor(void *context, const struct vector *vector);
void vectors_each(vector_visitor *visitor, void *context);

/* Returns owned the case's bundle with what it leaves out taken from the default bundle; text that is no JSON as it
 * is. version above 0 replaces the bundle's own. */
char *vector_bundle(const struct vector *vector, int version);

void vector_complain(const struct vector *vector, const char *at, const char *text);
/* What wanted names must be in got and equal; an array must be as long. Answers the number of differences. */
int vector_differs(const struct vector *vector, const cJSON *wanted, const cJSON *got, const char *at);

/* {"error":{"code","message","at"}}, as the command line writes it. */
cJSON *vector_error(const char *code, const char *message, const char *at);

/* What a return that leaves them out is of: the case's sale, its result (either may be NULL), what went back before. */
void vector_complete_return(cJSON *request, const cJSON *sale, const cJSON *result, const cJSON *earlier);

#endif
