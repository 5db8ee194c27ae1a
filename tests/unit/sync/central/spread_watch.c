/* SPDX-License-Identifier: Apache-2.0 */
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include "spread_watch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>
#include <sqlite3.h>

#include "sync/central/store_engine.h"

const struct spread_table spread_tables[] = {
    {"journal", "dev", SPREAD_TILL},
    {"carried", "dev", SPREAD_TILL},
    {"dead_letter", "dev", SPREAD_TILL},
    {"device", "dev", SPREAD_TILL},
    {"difference", "dev", SPREAD_TILL},
    {"floor_sale", "dev", SPREAD_TILL},
    {"hold", "dev", SPREAD_TILL},
    {"lease", "dev", SPREAD_TILL},
    {"coupon_claim", "dev", SPREAD_TILL},
    {"write_off", "dev", SPREAD_TILL},
    {"void_sale", "dev", SPREAD_TILL},
    {"unattached", "dev", SPREAD_TILL},
    {"sale", "dev", SPREAD_TILL},
    {"sale_return", "dev", SPREAD_TILL},
    {"notice", "dev", SPREAD_TILL},
    {"rollout_till", "dev", SPREAD_TILL},
    {"member", "id", SPREAD_MEMBER},
    {"member_form", "member", SPREAD_MEMBER},
    {"member_store", "member", SPREAD_MEMBER},
    {"member_till", "member", SPREAD_MEMBER},
    {"member_usage", "member", SPREAD_MEMBER},
    {"dated_lot", "member", SPREAD_MEMBER},
    {"posting", "member", SPREAD_MEMBER},
    {"overdraft", "member", SPREAD_MEMBER},
    {"ledger_account", "owner", SPREAD_OWNER},
    {"ledger_entry", "account", SPREAD_OTHER},
    {"identifier", "hash", SPREAD_OTHER},
    {"coupon", "code", SPREAD_OTHER},
    {"usage", "name", SPREAD_OTHER},
    {"blob", "sha256", SPREAD_OTHER},
    {"due", "name", SPREAD_OTHER},
    {"chain", "", SPREAD_SMALL},
    {"chain_key", "", SPREAD_SMALL},
    {"store", "", SPREAD_SMALL},
    {"store_circle", "", SPREAD_SMALL},
    {"till_code", "", SPREAD_SMALL},
    {"manifest", "", SPREAD_SMALL},
    {"point_rule", "", SPREAD_SMALL},
    {"consent", "", SPREAD_SMALL},
    {"meta", "", SPREAD_SMALL},
    {"change_counter", "", SPREAD_SMALL},
    {"central_process", "", SPREAD_SMALL},
    {"schema_version", "", SPREAD_SMALL},
    {"rollout", "", SPREAD_SMALL},
    {"trust_root", "", SPREAD_SMALL},
    {"trust_timestamp", "", SPREAD_SMALL},
    {NULL, NULL, SPREAD_SMALL},
};

enum { KEYS_MAX = 8, KEY_BYTES = 80, TABLES_MAX = 64, TOLD_BYTES = 4000, KINDS = SPREAD_OWNER + 1 };

/* The keys of one kind in the transaction at hand; more than KEYS_MAX are enough to know. */
struct keys {
    int count;
    char key[KEYS_MAX][KEY_BYTES];
};

static struct {
    bool active;
    char url[512]; /* "": SQLite */
    int column[TABLES_MAX], merged_column;
    struct keys keys[KINDS];
    bool merges;
    char told[TOLD_BYTES]; /* of transactions that were of two */
} watch;

static bool has(const struct keys *keys, const char *key)
{
    for (int i = 0; i < keys->count; i++)
        if (strcmp(keys->key[i], key) == 0)
            return true;
    return false;
}

static void add(enum spread_by by, const char *key)
{
    struct keys *keys = &watch.keys[by];

    if (key && key[0] && !has(keys, key) && keys->count < KEYS_MAX)
        snprintf(keys->key[keys->count++], KEY_BYTES, "%s", key);
}

static void forget(void *context)
{
    (void)context;
    memset(watch.keys, 0, sizeof(watch.keys));
    watch.merges = false;
}

static void tell(const char *what, const struct keys *keys)
{
    size_t len = strlen(watch.told);

    len += (size_t)snprintf(watch.told + len, sizeof(watch.told) - len, "\none transaction of several %s:", what);
    for (int i = 0; i < keys->count && len < sizeof(watch.told); i++)
        len += (size_t)snprintf(watch.told + len, sizeof(watch.told) - len, " %s", keys->key[i]);
}

/* ---- SQLite ---- */

static int on_commit(void *context)
{
    const struct keys *owners = &watch.keys[SPREAD_OWNER];

    if (watch.active && !watch.merges && strlen(watch.told) < TOLD_BYTES - 1000) {
        if (watch.keys[SPREAD_TILL].count > 1)
            tell("tills", &watch.keys[SPREAD_TILL]);
        if (watch.keys[SPREAD_MEMBER].count > 1)
            tell("members", &watch.keys[SPREAD_MEMBER]);
        for (int i = 0; i < owners->count; i++)
            if (!has(&watch.keys[SPREAD_TILL], owners->key[i]) && !has(&watch.keys[SPREAD_MEMBER], owners->key[i]))
                tell("owners", owners);
    }
    forget(context);
    return 0;
}

static void take(sqlite3 *db, int column, enum spread_by by, int (*get)(sqlite3 *, int, sqlite3_value **))
{
    sqlite3_value *value = NULL;

    if (get(db, column, &value) == SQLITE_OK && value)
        add(by, (const char *)sqlite3_value_text(value));
}

static void on_row(void *context, sqlite3 *db, int op, char const *schema, char const *table, sqlite3_int64 before,
                   sqlite3_int64 after)
{
    sqlite3_value *was = NULL, *is = NULL;

    (void)context, (void)schema, (void)before, (void)after;
    for (int i = 0; spread_tables[i].table; i++) {
        if (spread_tables[i].by > SPREAD_OWNER || strcmp(spread_tables[i].table, table) != 0)
            continue;
        if (op != SQLITE_INSERT)
            take(db, watch.column[i], spread_tables[i].by, sqlite3_preupdate_old);
        if (op != SQLITE_DELETE)
            take(db, watch.column[i], spread_tables[i].by, sqlite3_preupdate_new);
    }
    if (strcmp(table, "member") == 0 && op == SQLITE_UPDATE &&
        sqlite3_preupdate_old(db, watch.merged_column, &was) == SQLITE_OK &&
        sqlite3_preupdate_new(db, watch.merged_column, &is) == SQLITE_OK)
        watch.merges |= strcmp((const char *)sqlite3_value_text(was), (const char *)sqlite3_value_text(is)) != 0;
}

static int column_of(sqlite3 *db, const char *table, const char *column)
{
    sqlite3_stmt *stmt = NULL;
    int at = -1;

    cr_assert_eq(sqlite3_prepare_v2(db, "SELECT cid FROM pragma_table_info(?1) WHERE name = ?2", -1, &stmt, NULL),
                 SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, column, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        at = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    cr_assert_geq(at, 0, "%s has no column %s", table, column);
    return at;
}

static void hook(sqlite3 *db)
{
    for (int i = 0; spread_tables[i].table; i++)
        if (spread_tables[i].by <= SPREAD_OWNER)
            watch.column[i] = column_of(db, spread_tables[i].table, spread_tables[i].key);
    watch.merged_column = column_of(db, "member", "merged_into");
    sqlite3_preupdate_hook(db, on_row, NULL);
    sqlite3_commit_hook(db, on_commit, NULL);
    sqlite3_rollback_hook(db, forget, NULL);
}

/* ---- PostgreSQL ---- */

static PGresult *ask(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);

    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(conn));
    return result;
}

static void run(PGconn *conn, const char *sql)
{
    PQclear(ask(conn, sql));
}

static void make_trigger(PGconn *conn, const char *table, const char *column, int kind, const char *when)
{
    char sql[400];

    snprintf(sql, sizeof(sql),
             "CREATE TRIGGER watch_%s AFTER %s ON %s FOR EACH ROW EXECUTE FUNCTION watch('%d', '%s')", column, when,
             table, kind, column);
    run(conn, sql);
}

/* Rows of the journal are moved to the table of their month by a hand that is nobody's: only new ones are looked at.
 */
static void make_triggers(PGconn *conn)
{
    run(conn, "CREATE TABLE watched (tx BIGINT, kind INTEGER, key TEXT, PRIMARY KEY (tx, kind, key))");
    run(conn, "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
              " IF TG_OP <> 'INSERT' THEN EXECUTE format('INSERT INTO watched SELECT txid_current(), %L, ($1).%I"
              " WHERE ($1).%I <> '''' ON CONFLICT DO NOTHING', TG_ARGV[0], TG_ARGV[1], TG_ARGV[1]) USING OLD; END IF;"
              " IF TG_OP <> 'DELETE' THEN EXECUTE format('INSERT INTO watched SELECT txid_current(), %L, ($1).%I"
              " WHERE ($1).%I <> '''' ON CONFLICT DO NOTHING', TG_ARGV[0], TG_ARGV[1], TG_ARGV[1]) USING NEW; END IF;"
              " RETURN NULL; END $$");
    for (int i = 0; spread_tables[i].table; i++)
        if (spread_tables[i].by <= SPREAD_OWNER)
            make_trigger(conn, spread_tables[i].table, spread_tables[i].key, (int)spread_tables[i].by,
                         strcmp(spread_tables[i].table, "journal") == 0 ? "INSERT" : "INSERT OR UPDATE OR DELETE");
    make_trigger(conn, "member", "merged_into", KINDS, "UPDATE OF merged_into");
}

static void read_watched(PGconn *conn)
{
    PGresult *result =
        ask(conn, "SELECT 'tills or members', string_agg(key, ' ') FROM watched WHERE kind < 2 AND tx NOT IN"
                  " (SELECT tx FROM watched WHERE kind = 3) GROUP BY tx, kind HAVING COUNT(*) > 1"
                  " UNION ALL SELECT 'owners', o.key FROM watched o WHERE o.kind = 2 AND o.tx NOT IN"
                  " (SELECT tx FROM watched WHERE kind = 3) AND NOT EXISTS"
                  " (SELECT 1 FROM watched w WHERE w.tx = o.tx AND w.kind < 2 AND w.key = o.key) LIMIT 10");

    for (int i = 0; i < PQntuples(result); i++)
        snprintf(watch.told + strlen(watch.told), sizeof(watch.told) - strlen(watch.told),
                 "\none transaction of several %s: %.300s", PQgetvalue(result, i, 0), PQgetvalue(result, i, 1));
    PQclear(result);
}

/* ---- both ---- */

static void with_server(void (*act)(PGconn *conn))
{
    PGconn *conn = PQconnectdb(watch.url);

    cr_assert_eq(PQstatus(conn), CONNECTION_OK, "%s", PQerrorMessage(conn));
    act(conn);
    PQfinish(conn);
}

void spread_watch_make(struct store *store, const char *url)
{
    memset(&watch, 0, sizeof(watch));
    snprintf(watch.url, sizeof(watch.url), "%s", url);
    if (url[0])
        with_server(make_triggers);
    spread_watch_resume(store);
    watch.active = true;
}

void spread_watch_resume(struct store *store)
{
    forget(NULL);
    if (!watch.url[0])
        hook(store_sqlite_handle(store));
}

void spread_watch_end(void)
{
    if (watch.active && watch.url[0])
        with_server(read_watched);
    cr_expect_str_empty(watch.told, "%s", watch.told);
    watch.active = false;
}
