//! Addresses of an upstream's resources, as they are told here and back.
//!
//! Owns the rule: the connection's name comes first in the path, so that two upstreams may have the same addresses, and
//! each of ours leads to one of theirs. Addresses of the web stay: a client may follow them itself (MCP 2025-11-25,
//! resources, `https://`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What a name may keep in a path (RFC 3986, unreserved).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a `_meta` says which view draws a result (MCP Apps, its older form, and ChatGPT's).
const VIEW_KEYS: [&str; 2] = ["ui/resourceUri", "openai/outputTemplate"];

/// The addresses of one upstream.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    tag: String,
}

impl Addresses {
    /// Those of the upstream with this name.
    pub(super) fn of(connection: &str) -> Self {
        Self { tag: format!("{}/", utf8_percent_encode(connection, PLAIN)) }
    }

    /// Theirs as it is told here. `None` if it is no address.
    pub(super) fn outward(&self, theirs: &str) -> Option<String> {
        let (scheme, rest) = scheme(theirs)?;
        if is_web(scheme) {
            return Some(theirs.to_owned());
        }
        Some(match rest.strip_prefix("//") {
            Some(rest) => format!("{scheme}://{}{rest}", self.tag),
            None => format!("{scheme}:{}{rest}", self.tag),
        })
    }

    /// Ours as the upstream knows it. `None` if it is none of theirs, or one of the web.
    pub(super) fn inward(&self, ours: &str) -> Option<String> {
        let (scheme, rest) = scheme(ours)?;
        let (slashes, rest) = rest.strip_prefix("//").map_or(("", rest), |rest| ("//", rest));
        let rest = rest.strip_prefix(&self.tag).filter(|_| !is_web(scheme))?;
        Some(format!("{scheme}:{slashes}{rest}"))
    }

    /// Turns one member of an object.
    pub(super) fn turn(&self, object: &mut Value, member: &str) {
        if let Some(address) = object.get_mut(member)
            && let Some(ours) = address.as_str().and_then(|theirs| self.outward(theirs))
        {
            *address = Value::String(ours);
        }
    }

    /// Turns the addresses of views in a `_meta`.
    pub(super) fn turn_meta(&self, owner: &mut Value) {
        let Some(meta) = owner.get_mut("_meta") else { return };
        VIEW_KEYS.iter().for_each(|key| self.turn(meta, key));
        if let Some(ui) = meta.get_mut("ui") {
            self.turn(ui, "resourceUri");
        }
    }

    /// Turns the addresses in what a request was answered with: a tool's result, contents, the messages of a prompt.
    pub(super) fn turn_result(&self, result: &mut Value) {
        self.turn_meta(result);
        for contents in list(result, "contents") {
            self.turn(contents, "uri");
        }
        for block in list(result, "content") {
            self.turn_block(block);
        }
        for message in list(result, "messages") {
            if let Some(block) = message.get_mut("content") {
                self.turn_block(block);
            }
        }
    }

    fn turn_block(&self, block: &mut Value) {
        match block.get("type").and_then(Value::as_str) {
            Some("resource_link") => self.turn(block, "uri"),
            Some("resource") => {
                if let Some(resource) = block.get_mut("resource") {
                    self.turn(resource, "uri");
                }
            }
            _ => {}
        }
    }
}

fn list<'v>(value: &'v mut Value, member: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(member).and_then(Value::as_array_mut).into_iter().flatten()
}

/// RFC 3986, 3.1.
fn scheme(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once(':')?;
    let sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    sound.then_some((scheme, rest))
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_there_and_back() {
        let up = Addresses::of("git hub/x");
        for (theirs, ours) in [
            ("ui://clock/app.html", "ui://git%20hub%2Fx/clock/app.html"),
            ("file:///a/b", "file://git%20hub%2Fx//a/b"),
            ("demo://item/{id}", "demo://git%20hub%2Fx/item/{id}"),
            ("urn:isbn:1", "urn:git%20hub%2Fx/isbn:1"),
        ] {
            assert_eq!(up.outward(theirs).as_deref(), Some(ours));
            assert_eq!(up.inward(ours).as_deref(), Some(theirs));
            assert_eq!(Addresses::of("other").inward(ours), None);
        }
        assert_eq!(up.outward("https://example.com/x").as_deref(), Some("https://example.com/x"));
        assert_eq!((up.outward("no address"), up.inward("https://git%20hub%2Fx/")), (None, None));
    }

    #[test]
    fn everything_that_points_somewhere_is_turned() {
        let up = Addresses::of("up");
        let mut result = json!({
            "_meta": {"ui": {"resourceUri": "ui://a"}, "ui/resourceUri": "ui://a", "openai/outputTemplate": "ui://a"},
            "content": [
                {"type": "resource_link", "uri": "x://1"},
                {"type": "resource", "resource": {"uri": "x://2", "text": "x://3"}},
                {"type": "text", "text": "x://4"},
            ],
            "contents": [{"uri": "x://5"}],
            "messages": [{"content": {"type": "resource", "resource": {"uri": "x://6"}}}],
            "structuredContent": {"uri": "x://7"},
        });
        up.turn_result(&mut result);
        let turned = json!({
            "_meta": {
                "ui": {"resourceUri": "ui://up/a"}, "ui/resourceUri": "ui://up/a", "openai/outputTemplate": "ui://up/a"
            },
            "content": [
                {"type": "resource_link", "uri": "x://up/1"},
                {"type": "resource", "resource": {"uri": "x://up/2", "text": "x://3"}},
                {"type": "text", "text": "x://4"},
            ],
            "contents": [{"uri": "x://up/5"}],
            "messages": [{"content": {"type": "resource", "resource": {"uri": "x://up/6"}}}],
            "structuredContent": {"uri": "x://7"},
        });
        assert_eq!(result, turned);
    }

    proptest! {
        #[test]
        fn one_to_one(a in "[a-z]{1,4}:(//)?[ -~]{0,12}", name in "[ -~]{1,8}", other in "[ -~]{1,8}") {
            let up = Addresses::of(&name);
            let ours = up.outward(&a).unwrap();
            prop_assert_eq!(up.inward(&ours), Some(a.clone()));
            if name != other {
                prop_assert_ne!(Addresses::of(&other).inward(&ours), Some(a));
            }
        }
    }
}
