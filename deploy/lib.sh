# What the commands of this folder share. Source it; it changes nothing by itself.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n==> %s\n' "$*"; }
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# What it takes to build the program, and to start a node.
build_packages=(libcurl4-openssl-dev libjemalloc-dev librabbitmq-dev libssl-dev pkg-config)
node_packages=(openssl python3 rabbitmq-server)

# install_missing PACKAGE...: Debian packages that are not there yet.
install_missing() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    [ "$(id -u)" -eq 0 ] || fail "these Debian packages are missing, and installing them needs root: ${missing[*]}"
    say "installing ${missing[*]}"
    # Installing rabbitmq-server would start the system's own broker on all interfaces, and keep it.
    local policy=/usr/sbin/policy-rc.d ours=0 result
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && ours=1
    fi
    {
        apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
    } >"$state/apt.log" 2>&1
    result=$?
    [ $ours -eq 0 ] || rm -f "$policy"
    [ $result -eq 0 ] || {
        tail -n 20 "$state/apt.log" >&2
        fail "apt-get could not install ${missing[*]}"
    }
}

# start_broker DIRECTORY: a private RabbitMQ node on loopback with all its state below DIRECTORY. One that ran there
# before comes back with its data, on its ports; DIRECTORY/extra.conf, where there is one, is added to its settings.
# Sets amqp_port and amqps_port; the node's pid is in DIRECTORY/pid, and DIRECTORY/tls/ca.pem signed its certificate
# for localhost and 127.0.0.1. Who shows a certificate of that authority may log in as the user in its common name.
start_broker() {
    local home=$1 bin ports epmd_port distribution_port
    bin=$(rabbitmq_bin) || exit 1
    mkdir -p "$home"
    # Not those of a node that ran here before.
    rm -f "$home/pid" "$home/console.log"
    if [ ! -f "$home/ports" ]; then
        make_certificates "$home/tls"
        # Its own as long as tests run: while the node starts, or is down, it does not hold them.
        ports=($("$root/deploy/free-ports" 4)) || fail "no ports were found for the node"
        printf '%s=%s\n' amqp_port "${ports[0]}" amqps_port "${ports[1]}" epmd_port "${ports[2]}" \
            distribution_port "${ports[3]}" >"$home/ports.new" && mv "$home/ports.new" "$home/ports"
    fi
    . "$home/ports"
    cat >"$home/rabbitmq.conf" <<EOF
listeners.tcp.1 = 127.0.0.1:$amqp_port
listeners.ssl.1 = 127.0.0.1:$amqps_port
ssl_options.cacertfile = $home/tls/ca.pem
ssl_options.certfile = $home/tls/localhost.pem
ssl_options.keyfile = $home/tls/localhost.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = AMQPLAIN
auth_mechanisms.3 = EXTERNAL
ssl_cert_login_from = common_name
loopback_users.guest = true
log.console = false
log.file.level = info
disk_free_limit.absolute = 50MB
EOF
    echo '[rabbitmq_auth_mechanism_ssl].' >"$home/enabled_plugins"
    (
        [ ! -f "$home/extra.conf" ] || cat "$home/extra.conf" >>"$home/rabbitmq.conf"
        export HOME=$home ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd_port
        export RABBITMQ_NODENAME=adf-trigger-$amqp_port@localhost RABBITMQ_DIST_PORT=$distribution_port
        export RABBITMQ_MNESIA_BASE=$home/mnesia RABBITMQ_LOG_BASE=$home/log ERL_CRASH_DUMP=$home/erl_crash.dump
        export RABBITMQ_CONFIG_FILE=$home/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$home/enabled_plugins
        export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
        # Makes the start script become the Erlang machine instead of its parent, so that a signal hits the node.
        export RUNNING_UNDER_SYSTEMD=true
        export -p >"$home/environment"
        # The node outlives this script: whoever waits for the end of an open file of ours must not wait for it.
        close_inherited
        # Written before it is started, for whoever has to end it may come between any two steps.
        echo "$BASHPID" >"$home/pid"
        # Started from a thread that has signals blocked, as those of a Swift test have, it would never see SIGTERM.
        exec setsid env --default-signal "$bin/rabbitmq-server" >"$home/console.log" 2>&1 </dev/null
    ) &
    # By its own word, for somebody else may listen there. Some seconds, on a machine that does nothing else.
    wait_for_line "$home/console.log" 'Starting broker\.\.\. completed' 180 $! || {
        # The directory may be gone when this is read.
        tail -n 20 "$home/console.log" "$home"/log/*.log >&2
        fail "the RabbitMQ node did not start; its logs are below $home"
    }
}

# make_certificates DIRECTORY: keys and certificates, each NAME.key and NAME.pem:
#   ca, stranger       authorities; nobody trusts the second
#   localhost          of a server at localhost and 127.0.0.1, signed by ca like all but the last
#   elsewhere          of a server at broker.test
#   expired, early     of a server at localhost, valid in 2020 alone and from 2100 on
#   guest              of a client, the user guest; guest-encrypted.key is its key under the passphrase "open sesame"
#   intruder           of a client guest, signed by stranger
make_certificates() {
    mkdir -p "$1"
    (
        set -e
        cd "$1"
        : >issued
        cat >authority.conf <<END
[ca]
default_ca = authority
[authority]
database = issued
serial = serial
new_certs_dir = .
default_md = sha256
policy = names
unique_subject = no
[names]
commonName = supplied
END
        for name in ca stranger; do
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=adf-trigger $name" -keyout $name.key -out $name.pem
        done
        # certify NAME COMMON_NAME EXTENSION AUTHORITY [START END]: by `openssl ca`, because no other command of
        # OpenSSL 3.0 takes dates.
        certify() {
            local validity=(-days 2)
            [ $# -lt 6 ] || validity=(-startdate "$5" -enddate "$6")
            openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$1.csr"
            echo "$3" >"$1.ext"
            openssl ca -batch -notext -config authority.conf -create_serial -cert "$4.pem" -keyfile "$4.key" \
                -extfile "$1.ext" -in "$1.csr" -out "$1.pem" "${validity[@]}"
        }
        certify localhost localhost subjectAltName=DNS:localhost,IP:127.0.0.1 ca
        certify elsewhere broker.test subjectAltName=DNS:broker.test ca
        certify expired localhost subjectAltName=DNS:localhost ca 20200101000000Z 20200102000000Z
        certify early localhost subjectAltName=DNS:localhost ca 21000101000000Z 21000102000000Z
        certify guest guest extendedKeyUsage=clientAuth ca
        certify intruder guest extendedKeyUsage=clientAuth stranger
        openssl pkey -in guest.key -aes256 -passout 'pass:open sesame' -out guest-encrypted.key
    ) >"$1/openssl.log" 2>&1
    # Not `( … ) || fail`, which would switch off set -e in there.
    [ $? -eq 0 ] || fail "certificates could not be made; see $1/openssl.log"
}

# stop_broker DIRECTORY: ends the node started there, and its port mapper.
stop_broker() {
    local home=$1 pid
    [ -f "$home/environment" ] || return 0
    if pid=$(cat "$home/pid" 2>/dev/null); then
        kill -TERM "$pid" 2>/dev/null
        # One that was halted takes the first signal only now.
        kill -CONT "$pid" 2>/dev/null
        wait_for_end "$pid" 20
    fi
    kill_broker "$home"
    end_port_mapper "$home"
    rm -f "$home/environment"
}

# kill_broker DIRECTORY: ends the node as a power cut would. Its port mapper stays, for the node to come back or for
# stop_broker.
kill_broker() {
    local pid
    pid=$(cat "$1/pid" 2>/dev/null) || return 0
    ! is_running "$pid" || kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null
    wait_for_end "$pid" 20
    rm -f "$1/pid"
}

# end_port_mapper DIRECTORY: it is this node's alone, by its own port, and refuses to go while a node is registered,
# which one that was killed is until the mapper sees it.
end_port_mapper() {
    local answer deadline=$((SECONDS + 5))
    while [ $SECONDS -lt $deadline ]; do
        answer=$(. "$1/environment" && epmd -port "$ERL_EPMD_PORT" -kill 2>&1)
        [[ $answer == *'not allowed'* ]] || break
        sleep 0.1
    done
}

# rabbitmq_bin: where RabbitMQ's own scripts are. Those on PATH change to the rabbitmq user and the system's folders.
rabbitmq_bin() {
    local server
    server=$(dpkg -L rabbitmq-server | grep -m 1 'lib/rabbitmq/bin/rabbitmq-server$') ||
        fail "the package rabbitmq-server has no start script where it is expected"
    dirname "$server"
}

# close_inherited: closes every descriptor but the first three, in a subshell that is about to become something else.
close_inherited() {
    local descriptor
    for descriptor in /proc/"$BASHPID"/fd/*; do
        descriptor=${descriptor##*/}
        [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"
    done
}

# is_running PID: false also for one that has ended and that nobody has asked about yet, which is all that some first
# processes of containers ever leave of their orphans.
is_running() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    case ${stat##*) } in [ZX]*)
        # Until its last thread is gone, the sockets of one whose first has ended are open.
        set -- "/proc/$1/task"/*
        [ $# -gt 1 ]
        ;;
    esac
}

# wait_for_end PID SECONDS
wait_for_end() {
    local deadline=$((SECONDS + $2))
    while is_running "$1"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

# wait_for_line FILE TEXT SECONDS PID: until the text stands in the file; fails at once when PID is gone.
wait_for_line() {
    local deadline=$((SECONDS + $3))
    until grep -qs -- "$2" "$1"; do
        is_running "$4" || return 1
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

# The package traits of a build; all commands of one script must use the same, or each builds everything anew.
traits=()

# use_crash_points: workers that can be told to die at a step, for the tests.
use_crash_points() { traits=(--traits CrashPoints); }

# build [ARGUMENT...]: a debug build that keeps to the boundaries of the manifest.
build() {
    local worker
    swift build "${traits[@]}" --explicit-target-dependency-import-check error "$@" >"$state/build.log" 2>&1 || {
        grep -E 'error:' "$state/build.log" | sort -u >&2
        return 1
    }
    worker=$(swift build "${traits[@]}" --show-bin-path "$@")/adf-trigger
    # What the tests alone may have must not be in what everybody else gets.
    if [ ${#traits[@]} -eq 0 ] && [ -f "$worker" ] && grep -q ADF_TRIGGER_CRASH_AT "$worker"; then
        fail "a build without traits has the crash points of the tests in it"
    fi
}

# What the tests need of Debian.
test_packages=("${build_packages[@]}" "${node_packages[@]}" amqp-tools gcc python3-pika python3-venv spin)

# start_test_broker DIRECTORY: a node for the tests, and where they find it and the command for nodes of their own.
start_test_broker() {
    start_broker "$1"
    export ADF_TRIGGER_TEST_AMQP_URL=amqp://guest:guest@127.0.0.1:$amqp_port
    export ADF_TRIGGER_TEST_AMQPS_PORT=$amqps_port ADF_TRIGGER_TEST_TLS_DIRECTORY=$1/tls
    # For the tests that kill and halt a node, which is therefore one of their own.
    export ADF_TRIGGER_TEST_BROKER_COMMAND=$root/deploy/broker
    [ -x "$ADF_TRIGGER_TEST_BROKER_COMMAND" ] || fail "deploy/broker is missing, or can't be run"
}

# make_test_python DIRECTORY: a virtual environment with the Python packages that the tests pin, and where the tests find
# it. One that was made from the same pins and the same Python is used again.
make_test_python() {
    local requirements=$root/Tests/ServiceTests/python/requirements.txt stamp
    stamp=$(/usr/bin/python3 -VV && sha256sum <"$requirements") || fail "$requirements can't be read"
    if [ "$(cat "$1/stamp" 2>/dev/null)" != "$stamp" ]; then
        say "installing the Python packages of the tests"
        rm -rf "$1"
        # Without dependencies, so that nothing comes that is not pinned; the check says where something is missing.
        {
            /usr/bin/python3 -m venv "$1" &&
                "$1/bin/python" -m pip --disable-pip-version-check --no-input install --no-deps --only-binary :all: \
                    --requirement "$requirements" &&
                "$1/bin/python" -m pip --disable-pip-version-check check
        } >"$state/pip.log" 2>&1 || {
            tail -n 20 "$state/pip.log" >&2
            fail "the Python packages of the tests could not be installed"
        }
        # Written last: an environment that was left half-made has none.
        printf '%s\n' "$stamp" >"$1/stamp"
    fi
    export ADF_TRIGGER_TEST_PYTHON=$1/bin/python
}

# run_tests ARGUMENT...: what was built; a test that is skipped is one that failed.
run_tests() {
    local result
    # All at once the tests hold more than a thousand descriptors, and at 1365 Foundation's Process, which lists them
    # when it starts a program, reads beyond what one readdir gave it.
    export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=16
    swift test "${traits[@]}" --skip-build "$@" 2>&1 | tee -a "$state/test.log"
    result=${PIPESTATUS[0]}
    if grep -E '(Test|Suite) .* skipped' "$state/test.log"; then fail "tests were skipped; none may be"; fi
    [ "$result" -eq 0 ] || {
        # Last, because the end is all that some logs keep.
        say "what failed"
        grep -aE -A 30 '^✘|^error:|: error:' "$state/test.log" | grep -avE '^(◇|✔|--)'
    }
    return "$result"
}

# check_documentation MODULE...: that every symbol a module's catalogue and comments name is there, and every parameter
# that is described with others.
check_documentation() {
    local module build symbols=$state/symbols
    build=$(swift build "${traits[@]}" --show-bin-path)
    for module in "$@"; do
        rm -rf "$symbols" && mkdir -p "$symbols"
        swift symbolgraph-extract -module-name "$module" -I "$build/Modules" -target "$(uname -m)-unknown-linux-gnu" \
            -output-dir "$symbols" -minimum-access-level public \
            -Xcc -fmodule-map-file="$root/Sources/CIOLoop/module.modulemap" \
            -Xcc -fmodule-map-file="$root/Sources/CRabbitMQ/module.modulemap" \
            -Xcc -fmodule-map-file="$build/CNIOAtomics.build/module.modulemap" >"$state/symbols.log" 2>&1 ||
            fail "the symbols of $module can't be read; see $state/symbols.log"
        docc convert "Sources/$module/$module.docc" --additional-symbol-graph-dir "$symbols" --warnings-as-errors \
            --fallback-display-name "$module" --fallback-bundle-identifier "adf-trigger.$module" \
            --output-path "$state/documentation" >"$state/documentation.log" 2>&1 ||
            fail "the documentation of $module has faults: $(grep -A 1 '^error' "$state/documentation.log")"
    done
}
