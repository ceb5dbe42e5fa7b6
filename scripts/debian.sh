#!/bin/sh
# The programs some tests need and PyPI does not have: root gets them installed, anybody else is told, and those tests skip.
# In CI a program that is missing afterwards is a failure: there nothing may skip unnoticed.
set -eu

# package:command (a dash where it brings no command of its own)
WANTED="chromium:chromium ffmpeg:ffmpeg vlc-bin:cvlc vlc-plugin-base:- mpv:mpv nginx-light:nginx iproute2:ip util-linux:setpriv
gupnp-tools:gssdp-discover fonts-dejavu-core:- fonts-noto-color-emoji:- systemd:systemd-analyze haproxy:haproxy caddy:caddy
keepalived:keepalived"

missing() {
    for pair in $WANTED; do
        package=${pair%:*} command=${pair#*:}
        case $command in
        -) command -v dpkg-query >/dev/null || continue
           [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] && continue ;;
        *) PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null && continue ;;
        esac
        printf '%s ' "$package"
    done
}

install() {
    # A test needs the programs, not the services their packages would start.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    options="-qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300"
    # shellcheck disable=SC2086 # lists of words
    apt-get $options update && apt-get $options install -y --no-install-recommends $1
}

packages=$(missing)
[ -n "$packages" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing $packages…"
    log=$(mktemp)
    install "$packages" >"$log" 2>&1 || tail -n 20 "$log"
    rm -f "$log"
    packages=$(missing)
fi
if [ -n "$packages" ]; then
    echo "Some tests need programs this machine does not have, and skip. On Debian and Ubuntu: sudo apt-get install $packages"
    [ -z "${CI:-}" ] || exit 1
fi
