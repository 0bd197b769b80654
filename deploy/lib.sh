# What deploy/demo and deploy/test share. Source it; it changes nothing by itself.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n==> %s\n' "$*"; }
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

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

# Debian's own python3, which has Debian's python3-pika; another one may come first on PATH.
# free_port: a loopback port nobody listens on.
free_port() {
    /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_broker DIRECTORY: a private RabbitMQ node on loopback with all its state below DIRECTORY.
# Sets amqp_port and amqps_port; the node's pid is in DIRECTORY/pid, and DIRECTORY/tls/ca.pem signed its certificate
# for localhost and 127.0.0.1. Who shows a certificate of that authority may log in as the user in its common name.
start_broker() {
    local home=$1 server
    # The one on PATH changes to the rabbitmq user and the system's own folders; this one does not.
    server=$(dpkg -L rabbitmq-server | grep -m 1 'lib/rabbitmq/bin/rabbitmq-server$') ||
        fail "the package rabbitmq-server has no start script where it is expected"
    mkdir -p "$home"
    make_certificates "$home/tls"
    amqp_port=$(free_port)
    amqps_port=$(free_port)
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
        export HOME=$home ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT RABBITMQ_NODENAME RABBITMQ_DIST_PORT
        ERL_EPMD_PORT=$(free_port)
        RABBITMQ_DIST_PORT=$(free_port)
        RABBITMQ_NODENAME=adf-trigger-$amqp_port@localhost
        export RABBITMQ_MNESIA_BASE=$home/mnesia RABBITMQ_LOG_BASE=$home/log
        export RABBITMQ_CONFIG_FILE=$home/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$home/enabled_plugins
        export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
        export -p >"$home/environment"
        exec setsid "$server" >"$home/console.log" 2>&1 </dev/null
    ) &
    echo $! >"$home/pid"
    wait_for_port "$amqp_port" 60 "$(cat "$home/pid")" || {
        tail -n 20 "$home/console.log" >&2
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
    [ -f "$home/pid" ] || return 0
    pid=$(cat "$home/pid")
    kill -TERM "$pid" 2>/dev/null
    wait_for_end "$pid" 20 || kill -KILL -- "-$pid" 2>/dev/null
    # The port mapper is this node's alone, by its own port; it refuses to go while a node is registered.
    (. "$home/environment" && epmd -port "$ERL_EPMD_PORT" -kill) >/dev/null 2>&1
    rm -f "$home/pid"
}

# wait_for_port PORT SECONDS PID: until somebody listens there; fails at once when PID is gone.
wait_for_port() {
    local deadline=$((SECONDS + $2))
    until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
        kill -0 "$3" 2>/dev/null || return 1
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.2
    done
}

# wait_for_end PID SECONDS
wait_for_end() {
    local deadline=$((SECONDS + $2))
    while kill -0 "$1" 2>/dev/null; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

# wait_for_line FILE TEXT SECONDS PID: until the text stands in the file; fails at once when PID is gone.
wait_for_line() {
    local deadline=$((SECONDS + $3))
    until grep -qs -- "$2" "$1"; do
        kill -0 "$4" 2>/dev/null || return 1
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

# build [ARGUMENT...]: a debug build that keeps to the boundaries of the manifest.
build() {
    swift build --explicit-target-dependency-import-check error "$@" >"$state/build.log" 2>&1 || {
        grep -E 'error:' "$state/build.log" | sort -u >&2
        return 1
    }
}
