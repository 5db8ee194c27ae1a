/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_csv - reads a table from a CSV file, plain or gzip'd, row by row; columns go by name. Inside drivers/sim.
 *
 * RFC 4180: comma, quotes doubled inside quotes; a row is one line of the file.
 */
#ifndef LOYALD_SIM_SIM_CSV_H
#define LOYALD_SIM_SIM_CSV_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdint.h>

enum { SIM_CSV_ROW_BYTES_MAX = 16 * 1024, SIM_CSV_COLUMNS_MAX = 64 };

struct sim_csv {
    void *file;
    char path[256];
    int64_t row; /* read last, the header being 1 */
    char header[SIM_CSV_ROW_BYTES_MAX], bytes[SIM_CSV_ROW_BYTES_MAX];
    const char *names[SIM_CSV_COLUMNS_MAX];
    const char *fields[SIM_CSV_COLUMNS_MAX];
    int name_count, field_count;
};

/* Opens DIR/NAME (dir NULL: NAME) and reads the header. */
enum status sim_csv_open(struct sim_csv *csv, const char *dir, const char *name, struct errmsg *err);
void sim_csv_close(struct sim_csv *csv);
/* The place of a column; ST_INVALID, in words, when there is none of that name. */
enum status sim_csv_column(const struct sim_csv *csv, const char *name, int *out_column, struct errmsg *err);
/* ST_NOT_FOUND after the last row; ST_INVALID for one that is too long or has not the header's columns. */
enum status sim_csv_next(struct sim_csv *csv, struct errmsg *err);

#endif
