#!/bin/sh
# The one door: ./do demo | build | test | bench | fmt | lint | install
# Installs what is missing from packaging/packages.txt (asks first on a terminal), builds, runs.
set -eu
cd "$(dirname "$0")"

sections_of() { # the packages of the sections named in $*
    awk -v wanted=" $* " '/^\[/ { gsub(/[][]/, ""); on = index(wanted, " " $0 " ") > 0; next }
        on && NF && !/^#/ { print $1 }' packaging/packages.txt
}

need() { # install what the sections need and the machine lacks
    missing=""
    for package in $(sections_of "$@"); do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ -t 0 ] && [ "${CI:-}" != true ]; then
        printf 'Missing Debian packages:%s\nInstall them now? [Y/n] ' "$missing"
        read -r answer
        case $answer in [nN]*) echo "Nothing was installed; stopping." >&2; exit 1 ;; esac
    fi
    root=""
    [ "$(id -u)" -eq 0 ] || root="sudo"
    $root apt-get update -qq
    # shellcheck disable=SC2086 # the list is words
    DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing \
        >/dev/null
}

configure() { # configure FOLDER PRESET
    [ -f "$1/build.ninja" ] || meson setup "$1" --native-file "presets/$2.ini" >"$1.log" 2>&1 || {
        cat "$1.log" >&2
        exit 1
    }
    rm -f "$1.log"
}

build() { # build FOLDER PRESET
    configure "$1" "$2"
    ninja -C "$1" -v >"$1/ninja.log" 2>&1 || { grep -v '^\[' "$1/ninja.log" >&2; exit 1; }
}

demo() {
    need build
    build build release
    ./build/mizan demo
}

run_tests() { # run_tests FOLDER: one closing line that every reader understands
    status=0
    # One more than there are processors: many tests wait more than they compute.
    meson test -C "$1" --no-rebuild --print-errorlogs --num-processes "$(($(nproc) + 1))" \
        --timeout-multiplier "${2:-1}" || status=1
    awk '/^Ok:/ { ok = $2 } /^(Fail|Expected Fail|Unexpected Pass|Timeout):/ { bad += $NF }
        /^Skipped:/ { skipped = $2 }
        END { printf "%d passed, %d failed, %d skipped\n", ok, bad, skipped }' \
        "$1/meson-logs/testlog.txt" | tee "$1/test-summary.txt"
    return $status
}

chaos() { # the whole promise; tests/chaos/README.md says how long each takes
    export MIZAN=build/mizan SHIM=build/mizan-shim TASK=build/tests/chaos/chaos_task
    status=0
    tests/chaos/run --jobs 10000 --kills 1000 --partners slurm || status=1
    tests/chaos/run --jobs 2000 --kills 100 --mean 2 --partners all --faults slurm || status=1
    tests/chaos/run --scenario all || status=1
    return $status
}

case "${1:-help}" in
demo) demo ;;
build) need build; build build release ;;
test)
    case "${2:-all}" in
    all) need build test slurm; build build release; run_tests build ;;
    asan) need build test slurm sanitize; build build-asan asan
        ASAN_OPTIONS=detect_leaks=0 MIZAN_SLOW=4 run_tests build-asan 4 ;;
    fuzz) need build sanitize; build build-fuzz fuzz; tests/fuzz/run "${3:-10}" ;;
    web) need build web; build build release; tests/web/run ;;
    chaos) need build slurm; build build release; chaos ;;
    clang) need build test slurm sanitize; build build-clang clang; run_tests build-clang ;;
    *) echo "./do test: all, asan, chaos, clang, fuzz [SECONDS], web" >&2; exit 2 ;;
    esac ;;
bench) need build test bench; build build release; shift; bench/run "$@" ;;
fmt) need lint; find src tests bench examples -name '*.[ch]' -exec clang-format -i {} + ;;
lint) need build lint
    find src tests bench examples -name '*.[ch]' -exec clang-format --dry-run --Werror {} +
    shellcheck -S warning ./do .ci/run bench/run tests/fuzz/run tests/web/run
    python3 tests/rooms.py . ;;
install) need build; build build release
    root=""; [ "$(id -u)" -eq 0 ] || root="sudo"
    $root meson install -C build --no-rebuild ;;
*)
    cat <<'HELP'
./do demo            install what is missing, build, show it all in a minute: mizan demo
./do build           build/mizan
./do test            every suite that needs no server; also: ./do test asan|chaos|clang|fuzz|web
./do bench           every claim about speed, one JSON line each
./do fmt | lint      layout of the code | style and shell checks
./do install         to /usr/local, with man pages
HELP
    ;;
esac
