/* SPDX-License-Identifier: Apache-2.0 */
/* embedded - a file of the tree built into a program. Tables end with a NULL name. */
#ifndef LOYALD_BASE_EMBEDDED_H
#define LOYALD_BASE_EMBEDDED_H

struct embedded_file {
    const char *name;
    const char *text;
};

#endif
