# SPDX-License-Identifier: Apache-2.0
# A PostgreSQL server of a test's own: one cluster in a folder, a Unix socket and no port, fsync as it comes. Sourced; POSIX sh.
#
# cluster_find             sets cluster_bin; fails where PostgreSQL is not installed
# cluster_make DIR         makes it in DIR/pg, which must not be there, and starts it; cluster_url is the database to use. Its owner is
#                          loyal, or cluster_owner
# cluster_start cluster_stop cluster_kill   all of one cluster; kill is a power cut of it: SIGKILL to the postmaster
# A server does not run as root: then it is user postgres.

cluster_find() {
    for cluster_bin in "${LOYALD_POSTGRES:-}" /usr/lib/postgresql/1[4-9]/bin /usr/lib/postgresql/2*/bin; do
        [ -x "$cluster_bin/initdb" ] && [ -x "$cluster_bin/pg_ctl" ] && return 0
    done
    return 1
}

cluster_as() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && exec setpriv --reuid postgres --regid postgres --init-groups "$@")
    else
        "$@"
    fi
}

cluster_start() {
    cluster_as "$cluster_bin/pg_ctl" -D "$cluster_dir/data" -l "$cluster_dir/log" -w -t 30 start >/dev/null
}

# The server ends connections that are open.
cluster_stop() {
    cluster_as "$cluster_bin/pg_ctl" -D "$cluster_dir/data" -m fast -w -t 30 stop >/dev/null
}

cluster_pid() { head -n 1 "$cluster_dir/data/postmaster.pid"; }

# The postmaster dies at once; its children see it and end themselves without a word.
cluster_kill() {
    cluster_kill_pid=$(cluster_pid)
    kill -KILL "$cluster_kill_pid"
    while kill -0 "$cluster_kill_pid" 2>/dev/null; do sleep 0.05; done
}

cluster_sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$cluster_url" -c "$1"; }

cluster_make() {
    cluster_dir=$1/pg
    mkdir "$cluster_dir" && chmod 711 "$1" || return 1
    [ "$(id -u)" -ne 0 ] || chown postgres "$cluster_dir"
    cluster_as "$cluster_bin/initdb" -D "$cluster_dir/data" -U "${cluster_owner:-loyal}" -A trust -E UTF8 --locale C >"$1/initdb.log" 2>&1 || {
        cat "$1/initdb.log"
        return 1
    }
    # What a machine shared with other tests can bear; all that makes a commit durable stays as it comes.
    printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$cluster_dir'" 'max_connections = 30' \
        'shared_buffers = 64MB' 'max_wal_size = 256MB' 'log_min_messages = warning' >"$1/settings"
    cluster_as sh -c 'cat >>"$1"' sh "$cluster_dir/data/postgresql.conf" <"$1/settings"
    cluster_start || {
        cat "$cluster_dir/log"
        return 1
    }
    cluster_url="postgres://loyal@/postgres?host=$cluster_dir"
}
