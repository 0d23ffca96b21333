//! Tests of the real executable, all in one binary. What a test needs stands in `support`; cases are data in
//! `tests/fixtures` where there are many of one kind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that fails, fails"
)]
#![allow(
    unreachable_pub,
    dead_code,
    reason = "modules of one binary; not every test uses all of the support"
)]

mod abuse;
mod agents;
mod call;
mod cli;
mod clients;
mod command;
mod conformance;
mod connect;
mod databases;
mod dialogue;
mod doctor;
mod e2e;
mod examples;
mod gateway;
mod gateway_oauth;
mod http;
mod import;
mod installed;
mod load;
mod passing;
mod projects;
mod properties;
mod reload;
mod render;
mod resources;
mod routes;
mod sessions;
mod sources;
mod starter;
mod stdio;
mod studio;
mod support;
mod tidy;
mod views;
