/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay - runs a fuzz target over every file of its corpus folder, in name order, without libFuzzer; and over every
 * prefix of the small ones, since a cut input is the commonest fault on a wire.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_BYTES_MAX = 1024 * 1024, PREFIX_BYTES_MAX = 2048 };

static size_t run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *whole = malloc(FILE_BYTES_MAX);
    size_t len, runs = 1;

    if (!file || !whole) {
        perror(path);
        exit(1);
    }
    len = fread(whole, 1, FILE_BYTES_MAX, file);
    (void)fclose(file);
    /* Each input in memory of exactly its size, so that the sanitizers see a read past its end. */
    for (size_t cut = len <= PREFIX_BYTES_MAX ? 0 : len; cut <= len; cut++, runs++) {
        uint8_t *copy = malloc(cut ? cut : 1);

        if (!copy)
            exit(1);
        memcpy(copy, whole, cut);
        (void)LLVMFuzzerTestOneInput(copy, cut);
        free(copy);
    }
    free(whole);
    return runs;
}

int main(int argc, char **argv)
{
    struct dirent **names = NULL;
    size_t runs = 0;
    int count = argc == 2 ? scandir(argv[1], &names, NULL, alphasort) : -1;

    if (count < 0) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    for (int i = 0; i < count; i++) {
        char path[4096];

        if (names[i]->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", argv[1], names[i]->d_name);
            runs += run_file(path);
        }
        free(names[i]);
    }
    free(names);
    printf("%zu inputs replayed\n", runs);
    return runs > 0 ? 0 : 1;
}
