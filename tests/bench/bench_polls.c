/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_polls - tills that wait in a long poll: what so many cost the central in memory, and how long a publish takes
 * to reach the last of them. Real TLS with a client certificate each connection, over loopback; the tills are another
 * process on the same cores, so the central alone is faster.
 *
 *   bench_polls [--polls N] [--tills N]     connections (10000), and the tills they are spread over (2000;
 *                                           of one till no more wait than POLLS_OF_TILL_MAX)
 *
 * Beside the time to wake all stands that of the least there can be: one answered request after another on a
 * connection that is there already, times their number.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/crypto.h"
#include "agent/base/log.h"
#include "agent/net/loop.h"
#include "sync/central/central.h"
#include "sync/central/device.h"
#include "sync/central/office.h"
#include "sync/central/till_server.h"
#include "sync/central/till_server_internal.h"
#include "sync/protocol/message_mac.h"
#include "tests/support/load_till.h"

enum { POLLS_MAX = 18000, TILLS_MAX = 4000, WAIT_S = 55, SPARE_FDS = 200, PATH_BYTES = 300, SINGLE = 200 };

#define IDLE_NS INT64_C(20000000000)

struct till {
    uint64_t dev;
    char dev_hex[HEX64_TEXT];
    char certificate[X509_PEM_BYTES_MAX];
    gnutls_certificate_credentials_t credentials;
    uint64_t n;
};

struct bench {
    char dir[PATH_BYTES];
    int polls, tills;
    struct central *central;
    struct loop *loop;
    struct till_server *server;
    struct till *till;
    char key_pem[PK_PEM_BYTES_MAX], cursor[80];
    int to_central[2], to_tills[2];
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_polls: %s\n", what);
    exit(1);
}

#define OK(call) must((call) == ST_OK, err.text[0] ? err.text : #call)

/* ---- the central ---- */

static void set_up(struct bench *bench)
{
    struct central_place place = {bench->dir, NULL};
    struct office_chain chain = {.id = "demo", .name = "Demo", .currency = "RUB", .language = "en"};
    struct till_server_options options = {.listen_host = "127.0.0.1", .connections_max = bench->polls + SPARE_FDS};
    struct errmsg err = ERRMSG_INIT;
    struct pk *key;

    OK(central_init(&place, "", clock_system(), &err));
    OK(central_open(&place, clock_system(), &bench->central, &err));
    OK(office_chain_create(bench->central, &chain, &err));
    OK(office_store_create(bench->central, "demo", "S12", "Store", "{}", &err));
    OK(pk_generate(&key, &err));
    OK(pk_private_pem(key, bench->key_pem, &err));
    for (int i = 0; i < bench->tills; i++) {
        bench->till[i].dev = 0xb000 + (uint64_t)i;
        hex_from_u64(bench->till[i].dev, bench->till[i].dev_hex);
        OK(load_till_enrol(bench->central, &(struct load_till){bench->till[i].dev_hex, "0000000000000001", "3"}, key,
                           bench->till[i].certificate, &err));
    }
    pk_destroy(key);
    OK(loop_create(&bench->loop, &err));
    options.loop = bench->loop;
    options.central = bench->central;
    OK(till_server_create(&options, &bench->server, &err));
}

static void write_cursor(struct bench *bench)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t last;

    OK(store_last_change(bench->central->store, &last, &err));
    (void)snprintf(bench->cursor, sizeof(bench->cursor), "%s.%" PRId64, bench->central->incarnation, last);
}

/* A manifest is there that each till is to hear of. */
static enum status publish(void *context, struct errmsg *err)
{
    const struct bench *bench = context;
    struct store *store = bench->central->store;
    char text[600];
    int64_t change;
    enum status st = store_next_change(store, &change, err);

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    if (st == ST_OK)
        st = STORE_RUN(store, STATEMENT_BLOB_PUT, err, V_TEXT("b"), V_BLOB(text, sizeof(text)));
    return st == ST_OK ? STORE_RUN(store, STATEMENT_MANIFEST_INSERT, err, V_TEXT("demo"), V_INT(1), V_INT(change),
                                   V_TEXT(text), V_TEXT("[]"), V_TEXT("b"), V_INT(0))
                       : st;
}

static int64_t memory_kb(const char *name)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[200];
    int64_t kb = 0;

    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtoll(line + strlen(name), NULL, 10);
    }
    if (file)
        (void)fclose(file);
    return kb;
}

/* Serves until the tills say so: the number they send. */
static int64_t serve_until_told(struct bench *bench)
{
    struct pollfd fd = {.fd = bench->to_central[0], .events = POLLIN};
    int64_t told = 0;

    while (poll(&fd, 1, 0) == 0)
        loop_step(bench->loop, 20);
    must(read(bench->to_central[0], &told, sizeof(told)) == (ssize_t)sizeof(told), "the tills went");
    return told;
}

/* ---- the tills ---- */

struct waiting {
    gnutls_session_t session;
    struct till *till;
    int fd;
    int64_t used_ns;
};

static void open_one(const struct bench *bench, struct waiting *one)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(till_server_port(bench->server))};
    int rc;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(one->fd >= 0 && connect(one->fd, (struct sockaddr *)&address, sizeof(address)) == 0, "no connection");
    must(gnutls_init(&one->session, GNUTLS_CLIENT | GNUTLS_NO_TICKETS) == 0 &&
             gnutls_set_default_priority(one->session) == 0 &&
             gnutls_credentials_set(one->session, GNUTLS_CRD_CERTIFICATE, one->till->credentials) == 0,
         "no TLS session");
    gnutls_transport_set_int(one->session, one->fd);
    do
        rc = gnutls_handshake(one->session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    must(rc == 0, gnutls_strerror(rc));
    one->used_ns = clock_measure_ns();
}

static void ask(const struct bench *bench, struct waiting *one, int wait_s)
{
    static const uint8_t key[CRYPTO_KEY_BYTES];
    struct operation_args args = {0};
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char mac_hex[2 * CRYPTO_MAC_BYTES + 1], text[1000];
    uint64_t n = ++one->till->n;
    int len;

    (void)snprintf(args.values[0], sizeof(args.values[0]), "%s", bench->cursor);
    (void)snprintf(args.values[1], sizeof(args.values[1]), "%d", wait_s);
    message_mac_request(one->till->dev, 1, n, OP_UPDATES, &args, &prefix);
    crypto_hmac(key, &(struct crypto_part){prefix.data, prefix.len}, 1, mac);
    hex_encode(mac, sizeof(mac), mac_hex);
    strbuf_free(&prefix);
    len = snprintf(text, sizeof(text),
                   "GET /v1/updates?cursor=%s&wait=%d HTTP/1.1\r\nHost: localhost\r\nLoyald-Dev: %s\r\n"
                   "Loyald-Epoch: 0000000000000001\r\nLoyald-N: %016" PRIx64 "\r\nLoyald-Mac: %s\r\n\r\n",
                   bench->cursor, wait_s, one->till->dev_hex, n, mac_hex);
    must(gnutls_record_send(one->session, text, (size_t)len) == len, "a request could not be sent");
}

/* Headers and the body they announce. */
static bool is_whole(const char *text, size_t len)
{
    const char *body = strstr(text, "\r\n\r\n"), *announced = strcasestr(text, "\r\nContent-Length:");

    return body && announced && len >= (size_t)(body + 4 - text) + strtoul(announced + 17, NULL, 10);
}

static void hear(struct waiting *one)
{
    char text[16 * 1024] = "";
    size_t len = 0;

    while (!is_whole(text, len)) {
        ssize_t got = gnutls_record_recv(one->session, text + len, sizeof(text) - 1 - len);

        if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
            continue;
        must(got > 0, "a connection was lost");
        len += (size_t)got;
        text[len] = '\0';
    }
    must(strncmp(text, "HTTP/1.1 200", 12) == 0, text);
    one->used_ns = clock_measure_ns();
}

static void tell(int fd, int64_t number)
{
    must(write(fd, &number, sizeof(number)) == (ssize_t)sizeof(number), "the other process went");
}

static int64_t told(int fd)
{
    int64_t number = 0;

    must(read(fd, &number, sizeof(number)) == (ssize_t)sizeof(number), "the other process went");
    return number;
}

/* Reads whatever is ready, until all were answered. */
static void hear_all(struct waiting *all, int count)
{
    struct pollfd *fds = calloc((size_t)count, sizeof(*fds));
    int left = count;

    must(fds != NULL, "no memory");
    for (int i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = all[i].fd, .events = POLLIN};
    while (left > 0) {
        must(poll(fds, (nfds_t)count, 60000) > 0, "nothing heard for a minute");
        for (int i = 0; i < count; i++) {
            if (fds[i].revents == 0)
                continue;
            hear(&all[i]);
            fds[i].fd = -1;
            left--;
        }
    }
    free(fds);
}

/* On a busy machine the first would be closed as idle before the last is there. */
static void keep_alive(const struct bench *bench, struct waiting *all, int count)
{
    for (int i = 0; i < count; i++) {
        if (clock_measure_ns() - all[i].used_ns < IDLE_NS)
            continue;
        ask(bench, &all[i], 0);
        hear(&all[i]);
    }
}

static void connect_all(struct bench *bench, struct waiting *all)
{
    for (int i = 0; i < bench->polls; i++) {
        all[i].till = &bench->till[i % bench->tills];
        open_one(bench, &all[i]);
        if (i % 250 == 0)
            keep_alive(bench, all, i);
    }
}

static void ask_single(const struct bench *bench, struct waiting *all)
{
    for (int i = 0; i < SINGLE; i++) {
        ask(bench, &all[i % bench->polls], 0);
        hear(&all[i % bench->polls]);
    }
}

static void be_tills(struct bench *bench)
{
    struct waiting *all = calloc((size_t)bench->polls, sizeof(*all));
    gnutls_datum_t key = {(unsigned char *)bench->key_pem, (unsigned)strlen(bench->key_pem)};
    int64_t began;

    must(all != NULL, "no memory");
    for (int i = 0; i < bench->tills; i++) {
        gnutls_datum_t pem = {(unsigned char *)bench->till[i].certificate,
                              (unsigned)strlen(bench->till[i].certificate)};

        must(gnutls_certificate_allocate_credentials(&bench->till[i].credentials) == 0 &&
                 gnutls_certificate_set_x509_key_mem(bench->till[i].credentials, &pem, &key, GNUTLS_X509_FMT_PEM) ==
                     0,
             "a certificate cannot be used");
    }
    connect_all(bench, all);
    ask_single(bench, all); /* the first of each till is more work: its key is taken down */
    began = clock_measure_ns();
    ask_single(bench, all);
    tell(bench->to_central[1], (clock_measure_ns() - began) / SINGLE);
    for (int i = 0; i < bench->polls; i++)
        ask(bench, &all[i], WAIT_S);
    tell(bench->to_central[1], 0);
    (void)told(bench->to_tills[0]);
    hear_all(all, bench->polls);
    tell(bench->to_central[1], 0);
    (void)told(bench->to_tills[0]);
    _exit(0);
}

/* ---- both ---- */

/* Those sent have been taken in when nothing more comes for a while. */
static void let_park(struct bench *bench)
{
    for (int64_t began = clock_measure_ns(); clock_measure_ns() - began < INT64_C(1000000000);) {
        int64_t before = clock_measure_ns();

        loop_step(bench->loop, 100);
        if (clock_measure_ns() - before < INT64_C(90000000))
            began = clock_measure_ns();
    }
}

static int64_t cpu_ms(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000) +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

static void measure(struct bench *bench)
{
    struct errmsg err = ERRMSG_INIT;
    int64_t empty_kb = memory_kb("VmRSS:"), began = clock_measure_ns(), single_ns, parked_kb, woken_ns, cpu;

    single_ns = serve_until_told(bench);
    printf("connected: %d in %" PRId64 " ms, each with a certificate\n", bench->polls,
           (clock_measure_ns() - began) / 1000000);
    (void)serve_until_told(bench);
    let_park(bench);
    parked_kb = memory_kb("VmRSS:");
    cpu = cpu_ms();
    began = clock_measure_ns();
    OK(store_transact(bench->central->store, publish, bench, &err));
    central_tell_changed(bench->central);
    tell(bench->to_tills[1], 0);
    (void)serve_until_told(bench);
    woken_ns = clock_measure_ns() - began;
    cpu = cpu_ms() - cpu;
    printf("parked:    %" PRId64 " MB, of which %" PRId64 " MB before the first came: %" PRId64 " KB a poll\n",
           parked_kb / 1024, empty_kb / 1024, (parked_kb - empty_kb) / bench->polls);
    printf("woken:     the last of them heard of the publish after %" PRId64 " ms, %" PRId64
           " ms CPU of the central; at most then %" PRId64 " MB\n",
           woken_ns / 1000000, cpu, memory_kb("VmHWM:") / 1024);
    printf("           %" PRId64 ".%02" PRId64 " times what as many single requests one after the other take\n",
           woken_ns / (single_ns * bench->polls), woken_ns * 100 / (single_ns * bench->polls) % 100);
    tell(bench->to_tills[1], 0);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"polls", required_argument, NULL, 'p'}, {"tills", required_argument, NULL, 't'}, {0}};
    struct bench bench = {.polls = 10000, .tills = 2000};
    struct rlimit files = {0};
    int option, status = 1;
    pid_t tills;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p')
            bench.polls = (int)strtol(optarg, NULL, 10);
        else if (option == 't')
            bench.tills = (int)strtol(optarg, NULL, 10);
        if (option == '?' || bench.polls < 1 || bench.polls > POLLS_MAX || bench.tills < 1 ||
            bench.tills > TILLS_MAX || bench.polls > bench.tills * POLLS_OF_TILL_MAX) {
            fprintf(stderr, "usage: bench_polls [--polls 1..%d] [--tills 1..%d], at most %d polls a till\n", POLLS_MAX,
                    TILLS_MAX, POLLS_OF_TILL_MAX);
            return 2;
        }
    }
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    must(files.rlim_cur >= (rlim_t)bench.polls + SPARE_FDS, "so many files may not be open: see ulimit -n");
    log_set_level(LOG_LEVEL_ERROR);
    (void)snprintf(bench.dir, sizeof(bench.dir), "/var/tmp/loyald-bench-XXXXXX");
    bench.till = calloc((size_t)bench.tills, sizeof(*bench.till));
    must(bench.till && mkdtemp(bench.dir) && pipe(bench.to_central) == 0 && pipe(bench.to_tills) == 0,
         "cannot begin");
    set_up(&bench);
    write_cursor(&bench);
    tills = fork();
    must(tills >= 0, "no second process");
    if (tills == 0)
        be_tills(&bench);
    measure(&bench);
    (void)waitpid(tills, &status, 0);
    till_server_destroy(bench.server);
    loop_destroy(bench.loop);
    central_close(bench.central);
    free(bench.till);
    printf("written to %s\n", bench.dir);
    return status == 0 ? 0 : 1;
}
