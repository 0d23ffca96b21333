#!/bin/sh
# Installs what the tests need besides Cargo, where it is missing: npm and Python packages into this folder, web and
# .venv, database servers and a browser from the system's packages. Run again, it does nothing. The servers are only
# started by the tests, with data of their own.
set -eu
cd "$(dirname "$0")/.."

missing=
want() { # the package $1, unless the command after it succeeds
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}
want build-essential command -v cc
want python3-venv python3 -c 'import ensurepip, venv'
want chromium sh -c 'command -v chromium || command -v chromium-browser'
want postgresql sh -c 'ls /usr/lib/postgresql/*/bin/initdb'
want mariadb-server sh -c 'PATH=$PATH:/usr/sbin; command -v mariadbd && command -v mariadb-install-db'
if [ -n "$missing" ]; then
	root=
	[ "$(id -u)" = 0 ] || root=sudo
	export DEBIAN_FRONTEND=noninteractive
	$root apt-get update -q
	# shellcheck disable=SC2086 # a list of packages
	$root apt-get install -qy --no-install-recommends $missing
fi

# The stamps are newer than what they were made from.
fresh() { [ -e "$1" ] && [ -z "$(find "$2" -newer "$1")" ]; }

packages() {
	fresh "$1/node_modules/.ready" "$1/package-lock.json" && return
	npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
	touch "$1/node_modules/.ready"
}
packages tests/agents
packages tests/clients
packages tests/e2e
packages web
# The suite and the inspector need Node 22.19; an older machine gets one from npm, for the tests alone.
if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 19) ? 0 : 1)'; then
	packages tests/clients/node
fi

if ! fresh .venv/ready tests/clients/requirements.txt || ! fresh .venv/ready tests/agents/requirements.txt; then
	python3 -m venv --clear .venv
	.venv/bin/pip install -q --disable-pip-version-check -r tests/clients/requirements.txt -r tests/agents/requirements.txt
	touch .venv/ready
fi
