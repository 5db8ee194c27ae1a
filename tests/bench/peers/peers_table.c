/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers_table - reads what the engines of the comparison printed, makes sure that all did the same work, and prints
 * the table. The first file is ours: the others' times are told as multiples of it.
 *
 *   peers_table PROMOTIONS BASKETS NAME[@TIMES]=FILE...
 *
 * TIMES is how many times our median the other's is aimed to be.
 * A basket's time is the best of its passes, for every engine alike: what it takes on a quiet machine, warm. Exit 1
 * when a result is missing or differs: then no time is printed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASKETS_MAX = 10000, RUNS_MAX = 16, LINE_BYTES = 256 };

struct run {
    char name[64];
    char result[96]; /* as printed: texts are equal when results are */
    int64_t best_ns[BASKETS_MAX];
    int64_t load_ns, rss_kb;
    int64_t p50_ns, p99_ns;
    long aim; /* 0: none */
};

static struct run runs[RUNS_MAX];

static int ns_cmp(const void *a, const void *b)
{
    int64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static bool read_line(struct run *run, const char *line, int basket_count)
{
    int64_t ns;
    int basket;

    if (sscanf(line, "time %d %" SCNd64, &basket, &ns) == 2) {
        if (basket < 0 || basket >= basket_count || ns < 0)
            return false;
        if (run->best_ns[basket] < 0 || ns < run->best_ns[basket])
            run->best_ns[basket] = ns;
    } else if (strncmp(line, "result ", 7) == 0) {
        (void)snprintf(run->result, sizeof run->result, "%.*s", (int)strcspn(line + 7, "\r\n"), line + 7);
    } else {
        (void)sscanf(line, "load %" SCNd64, &run->load_ns);
        (void)sscanf(line, "rss %" SCNd64, &run->rss_kb);
    }
    return true;
}

/* False, having said why, when the file does not hold a whole run. */
static bool read_run(struct run *run, const char *name, const char *path, int basket_count)
{
    FILE *file = fopen(path, "r");
    char line[LINE_BYTES];
    bool good = file != NULL;

    (void)snprintf(run->name, sizeof run->name, "%s", name);
    for (int i = 0; i < basket_count; i++)
        run->best_ns[i] = -1;
    while (good && fgets(line, sizeof line, file))
        good = read_line(run, line, basket_count);
    if (file)
        fclose(file);
    for (int i = 0; good && i < basket_count; i++)
        good = run->best_ns[i] >= 0;
    if (!good || !run->result[0]) {
        fprintf(stderr, "peers_table: %s: no whole run in %s\n", name, path);
        return false;
    }
    qsort(run->best_ns, (size_t)basket_count, sizeof *run->best_ns, ns_cmp);
    run->p50_ns = run->best_ns[basket_count / 2];
    run->p99_ns = run->best_ns[basket_count * 99 / 100];
    return true;
}

/* Three figures or so, in the unit that reads best; what an engine does not tell is a dash. */
static void print_time(int64_t ns)
{
    if (ns == 0)
        printf(" - |");
    else if (ns < 100000)
        printf(" %" PRId64 ".%02" PRId64 " us |", ns / 1000, ns % 1000 / 10);
    else if (ns < 1000000)
        printf(" %" PRId64 " us |", ns / 1000);
    else
        printf(" %" PRId64 ".%02" PRId64 " ms |", ns / 1000000, ns % 1000000 / 10000);
}

static void print_ratio(int64_t theirs, int64_t ours)
{
    int64_t hundredths = ours > 0 ? theirs * 100 / ours : 0;

    if (hundredths < 1000)
        printf(" %" PRId64 ".%02" PRId64 " |", hundredths / 100, hundredths % 100);
    else
        printf(" %" PRId64 " |", hundredths / 100);
}

static void print_aim(const struct run *run)
{
    if (run->aim > 0)
        printf(" %ld: %s |", run->aim, run->p50_ns / run->aim >= runs[0].p50_ns ? "met" : "missed");
    else
        printf(" |");
}

static void print_run(const struct run *run)
{
    printf("| %s |", run->name);
    print_time(run->p50_ns);
    print_time(run->p99_ns);
    print_ratio(run->p50_ns, runs[0].p50_ns);
    print_aim(run);
    print_ratio(run->p99_ns, runs[0].p99_ns);
    print_time(run->load_ns);
    printf(" %" PRId64 " MB |\n", (run->rss_kb + 512) / 1024);
}

static bool read_all(int argc, char **argv, int basket_count)
{
    for (int i = 0; i < argc; i++) {
        char *equals = strrchr(argv[i], '='), *at;

        if (!equals) {
            fprintf(stderr, "peers_table: \"%s\" is not NAME=FILE\n", argv[i]);
            return false;
        }
        *equals = '\0';
        at = strrchr(argv[i], '@');
        if (at && at > argv[i] && at[1] >= '0' && at[1] <= '9') { /* a package's name may begin with one */
            runs[i].aim = strtol(at + 1, NULL, 10);
            *at = '\0';
        }
        if (!read_run(&runs[i], argv[i], equals + 1, basket_count))
            return false;
        if (strcmp(runs[i].result, runs[0].result) != 0) {
            fprintf(stderr, "peers_table: %s computed \"%s\", %s \"%s\": no times compared\n", runs[i].name,
                    runs[i].result, runs[0].name, runs[0].result);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    long baskets = argc > 3 ? strtol(argv[2], NULL, 10) : 0;
    int64_t sum, lines, hash;

    if (argc < 4 || argc - 3 > RUNS_MAX || baskets < 1 || baskets > BASKETS_MAX) {
        fprintf(stderr, "usage: peers_table PROMOTIONS BASKETS NAME=FILE..., to %d baskets, %d files\n", BASKETS_MAX,
                RUNS_MAX);
        return 2;
    }
    if (!read_all(argc - 3, argv + 3, (int)baskets))
        return 1;
    if (sscanf(runs[0].result, "%" SCNd64 " %" SCNd64 " %" SCNd64, &sum, &lines, &hash) != 3)
        return 1;
    printf("%s promotions, %ld baskets; all: sum=%" PRId64 " lines=%" PRId64 " hash=%" PRId64 "\n\n", argv[1],
           baskets, sum, lines, hash);
    printf("| engine | p50 | p99 | p50 : ours | aimed at | p99 : ours | load | peak memory |\n"
           "|---|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < argc - 3; i++)
        print_run(&runs[i]);
    putchar('\n');
    return 0;
}
