# SPDX-License-Identifier: Apache-2.0
# How vm.sh goes through its stages, each a function stage_NAME, and begins in the middle of them.

comes_before() { # STAGE OTHER
    case " $stages" in *" $1"*" $2"*) ;; *) return 1 ;; esac
}
run_stage() {
    run_stage_began=$(seconds_now)
    if [ -n "$keep" ] && [ "$1" != install ]; then step "Keeping the machine as it is before $1" keep_machine "$1"; fi
    "stage_$1"
    say "=== $1: $(($(seconds_now) - run_stage_began)) s"
}

build_packages() {
    sh "$root/packaging/deb.sh" "$work/first"
    build_later
}
begin_anew() {
    if [ -n "${LOYALD_DEBS:-}" ]; then
        cp -R "$LOYALD_DEBS/first" "$LOYALD_DEBS/later" "$work/"
    else
        step 'Building the packages and a later version' build_packages
    fi
    step 'A bare Debian 12' make_bare
    step 'A tree with a kernel' make_tree "$work/first"
    step 'A disk of it' furnish
    step 'A key for the repository' make_key
    step 'The repository' fill_repository "$work/first"
    step 'The programs of the central' unpack_for_host
    step 'The office, its repository and the devices' office
}

# The machine stands still meanwhile, with all of its disk written; the central, whose database is copied, is away.
keep_machine() {
    kept=$work/before.$1
    mkdir -p "$kept"
    guest sync
    monitor stop
    stop central
    cp -a --sparse=always "$work/disk" "$work/tpm" "$work/shop" "$work/repo" "$work/gnupg" "$kept/"
    printf 'central_port=%s repository_port=%s key=%s\n' "$central_port" "$repository_port" "$key" >"$kept/numbers"
    launch_central
    monitor cont
}
begin_with_kept() {
    kept=$in/before.$from
    cp -a --sparse=always "$kept"/* "$work/"
    cp -a "$in/first" "$in/later" "$in/host" "$work/"
    rm -f "$dir"/*.sock "$dir"/tty* "$dir"/log/*
    . "$work/numbers"
    export GNUPGHOME=$work/gnupg
    start_central && start_devices && serve
}
