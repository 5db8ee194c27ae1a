# SPDX-License-Identifier: Apache-2.0
# What the benches of whole programs share, for `. command.sh` at their beginning: options as variables, a folder of their own that goes with
# them, the demo's shop. Wants in options the names of those that the script has beside --bin, --bench and --folder; its usage is the
# comment in its head that begins with its name.
bench_name=$(basename "$0")
demo=$root/packaging/demo
bin=$root/build/release/bin
bench=$root/build/release/bench
folder=/var/tmp
while [ $# -gt 1 ]; do
    case " $(printf -- '--%s ' $options bin bench folder)" in
    *" $1 "*) eval "${1#--}=\$2" ;;
    *) break ;;
    esac
    shift 2
done
[ $# -eq 0 ] || { sed -n "s/^#   $bench_name/usage: $bench_name/p" "$0" >&2; exit 2; }
dir=$(mktemp -d "$folder/loyald-${bench_name%.sh}.XXXXXX")
language=en
mkdir "$dir/log"
. "$demo/shop.sh"
trap 'shop_end; rm -rf "$dir" "${fast:-$dir/fast}"' EXIT
trap 'exit 1' INT TERM
give_up() {
    echo "$bench_name: $*" >&2
    tail -n 5 "$dir"/log/*.log >&2
    exit 1
}
# go_first NAME...: with --first, these programs run from here on before whatever else the machine does.
go_first() {
    [ -n "${first:-}" ] || return 0
    for first_name in "$@"; do chrt -a -r -p 5 "$(pid_of "$first_name")" >/dev/null || give_up 'chrt: --first takes root'; done
}
