# What one types here. Cargo alone builds; everything else is for the tests.

.PHONY: help setup build test bench fuzz

help:             ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' Makefile

setup:            ## install what the tests need and this machine lacks
	tests/setup.sh

build:            ## the executable, target/release/toolface
	cargo build --release

test: setup       ## format, lints, and every test with real clients, databases and the conformance suite
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	TOOLFACE_TEST_ALL=1 cargo test

bench:            ## the figures of benches/README.md
	cargo bench

SECONDS ?= 60
fuzz:             ## every fuzz target for SECONDS=60; needs a nightly toolchain and cargo-fuzz
	fuzz/run.sh $(SECONDS)
