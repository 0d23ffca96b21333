//! Questions of the server as a whole: is it there, what does it speak, does it list its tools.

use std::collections::BTreeSet;

use super::{Answer, listed};
use crate::doctor::facts::{Facts, Seen, Trouble, TroubleKind};

/// The revisions that are tried.
const LEGACY: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";

pub(super) fn reachable(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    if let Some(line) = facts.seen().find_map(|seen| seen.stray.as_ref()) {
        answer.warn(
            "stdout-stray",
            "",
            format!("on standard output, which is for messages alone, it printed: {line}"),
            "let its log go to standard error; some clients end the connection at such a line",
        );
    }
    let (Err(legacy), Err(modern)) = (&facts.legacy, &facts.modern) else { return answer };
    // Of two troubles that one is told which says more than that a revision is not spoken.
    let trouble = if legacy.kind == TroubleKind::Refused { modern } else { legacy };
    let (id, cure) = cure_of(trouble.kind);
    answer.fault(id, "", &trouble.message, cure);
    answer
}

/// What a trouble with a connection is called, and what helps.
fn cure_of(kind: TroubleKind) -> (&'static str, &'static str) {
    match kind {
        TroubleKind::Unreachable => (
            "unreachable",
            "start the server; compare address, port and path (often /mcp), or the program and its whole path",
        ),
        TroubleKind::Silent => (
            "no-answer",
            "look at the server's own log for what it waits for; a program must answer on standard output, a line per \
             message; --timeout gives it longer",
        ),
        TroubleKind::Garbage => (
            "not-mcp",
            "is this the address of the MCP endpoint? A program must print nothing but messages on standard output: \
             let its log go to standard error",
        ),
        TroubleKind::Gone => (
            "server-died",
            "run the same command in a terminal; what it says last is the reason. Whole paths, and the variables it \
             needs, must be in the command",
        ),
        TroubleKind::Refused => ("refused", "it speaks neither revision; update the server"),
        TroubleKind::Locked => {
            ("auth-required", "give the token: --header 'Authorization: Bearer {env:TOKEN}'")
        }
        TroubleKind::Large => ("flood", "it sends more than any client reads; look at its log"),
        TroubleKind::Broken => (
            "broken-transport",
            "look at the status: 403 means that Host or Origin is not allowed there, 404 another path, 3xx another \
             address",
        ),
    }
}

pub(super) fn revisions(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    for (revision, opened) in [(LEGACY, &facts.legacy), (MODERN, &facts.modern)] {
        match opened {
            Ok(hello) if hello.revision == revision => answer.note(revision),
            Ok(hello) => answer.note(format!("{revision}: it agrees on {} instead", hello.revision)),
            Err(Trouble { kind: TroubleKind::Refused, .. }) => {
                answer.note(format!("{revision} is not spoken; clients use the other"));
            }
            Err(Trouble { kind: TroubleKind::Silent, message }) => answer.warn(
                "revision-silent",
                revision,
                message,
                "answer what is not known with an error; clients that try this revision first wait in vain",
            ),
            Err(trouble) => answer.fault(
                "revision-broken",
                revision,
                &trouble.message,
                "a client that tries this revision first gets no further; refuse it with an error of the protocol",
            ),
        }
    }
    answer
}

pub(super) fn tools(facts: &Facts) -> Answer {
    let mut answer = Answer::default();
    for seen in facts.seen() {
        match &seen.tools {
            Err(trouble) => answer.fault(
                "tools-unlisted",
                "",
                format!("tools/list has no answer: {}", trouble.message),
                "look at the server's log; `toolface check` tells what is wrong with a project",
            ),
            Ok(tools) if tools.is_empty() => {
                answer.fault(
                    "tools-none",
                    "",
                    "it lists no tools",
                    "is it the right project, and the right route?",
                );
            }
            Ok(tools) => {
                for tool in tools.iter().filter(|tool| tool.name().is_empty()) {
                    let shown: String = tool.0.to_string().chars().take(80).collect();
                    answer.fault("tool-nameless", "", format!("a tool has no name: {shown}"), "give it one");
                }
            }
        }
    }
    if let (Some(host), Some(terminal)) = (&facts.host, &facts.terminal) {
        let names = |seen: &'_ Seen| -> Option<BTreeSet<String>> {
            Some(seen.tools.as_ref().ok()?.iter().map(|tool| tool.name().to_owned()).collect())
        };
        if let (Some(one), Some(other)) = (names(host), names(terminal)) {
            let differing: Vec<&str> = one.symmetric_difference(&other).map(String::as_str).collect();
            if !differing.is_empty() {
                answer.warn(
                    "tools-vary",
                    "",
                    format!("{} are listed to some clients only", listed(differing)),
                    "list the same tools at every revision and to every client; hosts cache lists",
                );
            }
        }
    }
    answer.note(format!("{} tools", facts.tools().len()));
    answer
}
