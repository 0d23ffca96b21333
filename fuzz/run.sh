#!/bin/sh
# Fuzzes every target for $1 seconds each, from seeds out of this repository. Stops at the first fault; what caused it
# is left in artifacts/. FUZZ_TARGET_DIR is where it is built.
set -eu
cd "$(dirname "$0")"
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
	echo "needed: rustup toolchain install nightly, cargo install cargo-fuzz" >&2
	exit 1
fi
python3 seeds.py
for target in widget project template tree; do
	cargo +nightly fuzz run --fuzz-dir . --target-dir "${FUZZ_TARGET_DIR:-target}" "$target" -- \
		-max_total_time="${1:-60}" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1
done
