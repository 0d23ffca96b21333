//! What the page of a view loads from elsewhere, as far as it can be read without running it.
//!
//! Owns which tags, styles and words of a script load something, and what the lists of a policy (`_meta.ui.csp`)
//! allow. Rather overlooks a place than names one that nothing is loaded from: links, text, comments and data are none.

use std::collections::BTreeSet;

use html5gum::{DefaultEmitter, Token, Tokenizer};
use serde_json::Value;

/// The list of a policy that must name an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    /// Scripts, styles, fonts, pictures and sound.
    Resource,
    /// What scripts ask while they run.
    Connect,
    /// Pages inside the page.
    Frame,
}

impl List {
    /// Its name in `_meta.ui.csp`.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Resource => "resourceDomains",
            Self::Connect => "connectDomains",
            Self::Frame => "frameDomains",
        }
    }
}

/// Origins with the list that must name them.
pub(super) type Loads = BTreeSet<(List, String)>;

/// The attributes that load. `srcset` and `style`, which hold more than an address, and `link` are seen to besides.
const LOADING: [(&str, &str, List); 14] = [
    ("script", "src", List::Resource),
    ("img", "src", List::Resource),
    ("source", "src", List::Resource),
    ("video", "src", List::Resource),
    ("video", "poster", List::Resource),
    ("audio", "src", List::Resource),
    ("track", "src", List::Resource),
    ("input", "src", List::Resource),
    ("image", "href", List::Resource),
    ("image", "xlink:href", List::Resource),
    ("use", "href", List::Resource),
    ("use", "xlink:href", List::Resource),
    ("iframe", "src", List::Frame),
    ("frame", "src", List::Frame),
];

/// What a `link` is to the page if its address is loaded.
const LOADING_RELS: [&str; 7] =
    ["stylesheet", "icon", "apple-touch-icon", "preload", "modulepreload", "prefetch", "manifest"];

/// Words of a script that are followed by an address. `from` belongs to an import or export.
const WORDS: [(&str, List); 5] = [
    ("import", List::Resource),
    ("from", List::Resource),
    ("fetch", List::Connect),
    ("EventSource", List::Connect),
    ("WebSocket", List::Connect),
];

/// The origins a page loads from.
pub(super) fn loads(html: &str) -> Loads {
    let mut emitter = DefaultEmitter::default();
    // What a script or a style says is no tag of the page.
    emitter.naively_switch_states(true);
    let mut loads = Loads::new();
    let mut inside = Inside::Text;
    let mut text = String::new();
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::String(part) => {
                if inside != Inside::Text {
                    text.push_str(&String::from_utf8_lossy(&part));
                }
            }
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name);
                let attribute = |key: &str| {
                    tag.attributes.get(key.as_bytes()).map(|value| String::from_utf8_lossy(value))
                };
                inside = begun(&name, attribute, &mut loads);
                text.clear();
            }
            Token::EndTag(_) => {
                match inside {
                    Inside::Style => style(&text, &mut loads),
                    Inside::Script => script(&text, &mut loads),
                    Inside::Text => {}
                }
                inside = Inside::Text;
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    loads
}

/// What the text after a tag is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Text,
    Style,
    Script,
}

/// Looks at a tag that begins.
fn begun<'t>(
    name: &str,
    attribute: impl Fn(&str) -> Option<std::borrow::Cow<'t, str>>,
    loads: &mut Loads,
) -> Inside {
    if let Some(text) = attribute("style") {
        style(&text, loads);
    }
    let kind = attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
    // Any other type is data, which nobody runs.
    let runs = kind.is_empty() || kind == "module" || kind.ends_with("javascript");
    if name == "script" && !runs {
        return Inside::Text;
    }
    for (_, key, list) in LOADING.into_iter().filter(|(tag, ..)| *tag == name) {
        loads.extend(attribute(key).and_then(|value| Some((list, origin(&value)?))));
    }
    if ["img", "source"].contains(&name)
        && let Some(set) = attribute("srcset")
    {
        loads.extend(set.split(',').filter_map(|one| Some((List::Resource, origin(one)?))));
    }
    let rel = attribute("rel").unwrap_or_default().to_ascii_lowercase();
    if name == "link" && rel.split_ascii_whitespace().any(|rel| LOADING_RELS.contains(&rel)) {
        loads.extend(attribute("href").and_then(|value| Some((List::Resource, origin(&value)?))));
    }
    match name {
        "style" => Inside::Style,
        "script" => Inside::Script,
        _ => Inside::Text,
    }
}

/// Looks at a style: `url(…)` and `@import "…"`.
fn style(text: &str, loads: &mut Loads) {
    let text = text.to_ascii_lowercase();
    // Outside of comments.
    let mut parts = text.split("/*");
    let first = parts.next().into_iter();
    let text: String = first.chain(parts.filter_map(|part| Some(part.split_once("*/")?.1))).collect();
    for word in ["url(", "@import"] {
        for (at, _) in text.match_indices(word) {
            let (before, after) = text.split_at_checked(at).unwrap_or_default();
            let after = after.strip_prefix(word).unwrap_or_default().trim_start();
            let is_name = before.rsplit([';', '}']).next().is_some_and(|said| said.contains("@namespace"));
            let value = after.strip_prefix(['"', '\'']);
            // What `@import` says with `url(…)` is found as that.
            let value = if word == "url(" { value.or(Some(after)) } else { value };
            let address = value.and_then(|value| value.split(['"', '\'', ')']).next());
            loads.extend(address.filter(|_| !is_name).and_then(|a| Some((List::Resource, origin(a)?))));
        }
    }
}

/// Looks at a script: words that are followed by an address in quotes.
fn script(text: &str, loads: &mut Loads) {
    for (word, list) in WORDS {
        for (at, _) in text.match_indices(word) {
            let (before, after) = text.split_at_checked(at).unwrap_or_default();
            let after = after.strip_prefix(word).unwrap_or_default().trim_start();
            let quoted = match (word, after.strip_prefix('(')) {
                ("from", None) | ("import", None) => Some(after),
                ("from", Some(_)) => None,
                (_, inner) => inner.map(str::trim_start),
            };
            let quote = quoted.and_then(|q| q.chars().next()).filter(|c| ['"', '\'', '`'].contains(c));
            let Some((quoted, quote)) = quoted.zip(quote) else { continue };
            let address = quoted.split(quote).nth(1).unwrap_or_default();
            if is_code(before, word) {
                loads.extend(origin(address).map(|origin| (list, origin)));
            }
        }
    }
}

/// Whether a word after this text is one of the language, not part of a name, a comment or a string.
fn is_code(before: &str, word: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
    let is_in_block = (line.starts_with("/*") || line.starts_with('*')) && !line.contains("*/");
    if line.starts_with("//") || line.contains("// ") || is_in_block {
        return false;
    }
    let is_apart = match before.chars().next_back() {
        Some('.') if word == "fetch" => {
            ["window.", "globalThis.", "self."].iter().any(|owner| before.ends_with(owner))
        }
        Some(last) => !(last.is_alphanumeric() || ['_', '$', '.', '#', '"', '\'', '`'].contains(&last)),
        None => true,
    };
    let statement = before.rsplit([';', '"', '\'', '`']).next().unwrap_or_default();
    is_apart && (word != "from" || ["import", "export"].iter().any(|begin| statement.contains(begin)))
}

/// `scheme://host:port` of an address elsewhere. One without a scheme has that of the page, which hosts serve by https.
fn origin(address: &str) -> Option<String> {
    let address = address.trim_start().to_ascii_lowercase();
    let (scheme, rest) = match address.strip_prefix("//") {
        Some(rest) => ("https", rest),
        None => address.split_once("://")?,
    };
    let host = rest.split(['/', '?', '#', '\\']).next()?.split_ascii_whitespace().next()?;
    let is_host = host.chars().all(|c| c.is_alphanumeric() || ['.', '-', '_', ':', '[', ']'].contains(&c));
    (is_host && ["http", "https", "ws", "wss"].contains(&scheme)).then(|| format!("{scheme}://{host}"))
}

/// Whether a policy's list names an origin: itself, `*.` before the rest of its host, its scheme alone, or `*`.
pub(super) fn names(list: Option<&Value>, origin: &str) -> bool {
    let (scheme, host) = origin.split_once("://").unwrap_or_default();
    let entries = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    entries.map(str::to_ascii_lowercase).any(|entry| {
        let (wanted, rest) = entry.split_once("://").unwrap_or((scheme, &entry));
        let rest = rest.split('/').next().unwrap_or_default();
        let is_under = rest.strip_prefix('*').is_some_and(|end| end.starts_with('.') && host.ends_with(end));
        // After the rules of CSP, what may come by http may come by https.
        let is_scheme = wanted == scheme || (wanted, scheme) == ("http", "https");
        entry == "*" || entry.strip_suffix(':') == Some(scheme) || (is_scheme && (rest == host || is_under))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(html: &str) -> Vec<String> {
        loads(html).into_iter().map(|(list, origin)| format!("{} {origin}", list.key())).collect()
    }

    #[test]
    fn what_loads_is_found_however_it_is_written() {
        let resource = ["resourceDomains https://a.example"];
        for html in [
            "<script type=module src=\"https://a.example/m.js\"></script>",
            "<SCRIPT SRC=https://A.example/x.js></SCRIPT>",
            "<script\n  src = '//a.example/x.js'></script>",
            "<img alt='a > b' src=https://a.example/i.png>",
            "<img srcset='/x.png 1x, https://a.example/y.png 2x'>",
            "<link rel=stylesheet href=https://a.example/x.css>",
            "<link href=\"https://a.example/x.js\" REL='modulepreload'>",
            "<style>@import url(https://a.example/x.css);</style>",
            "<style>@IMPORT 'https://a.example/x.css';</style>",
            "<style>p { background: /* a */ url( \"//a.example/x.png\" ) }</style>",
            "<p style='background:url(https://a.example/x.png)'>",
            "<script>import \"https://a.example/x.js\"</script>",
            "<script>\nimport { a,\n  b } from 'https://a.example/x.js';</script>",
            "<script>/*! a licence */import*as a from\"https://a.example/x.js\"</script>",
            "<script>const m = await import(`https://a.example/x.js`)</script>",
            "<svg><image href='https://a.example/x.png'/></svg>",
        ] {
            assert_eq!(found(html), resource, "{html}");
        }
        for (html, list) in [
            ("<iframe src=https://a.example/></iframe>", "frameDomains https://a.example"),
            ("<script>fetch(\"https://a.example:8443/x\")</script>", "connectDomains https://a.example:8443"),
            ("<script>window.fetch( '//a.example')</script>", "connectDomains https://a.example"),
            ("<script>new WebSocket('wss://a.example/s')</script>", "connectDomains wss://a.example"),
        ] {
            assert_eq!(found(html), [list], "{html}");
        }
    }

    #[test]
    fn links_text_comments_and_data_load_nothing() {
        for html in [
            "<a href=\"https://b.example\">https://b.example</a> src=https://b.example fetch('https://b.example')",
            "<!-- <script src=https://b.example/x.js></script> -->",
            "<script>const t = '<img src=\"https://c.example/i.png\">', ns = 'http://www.w3.org/2000/svg'</script>",
            "<script>// fetch('https://b.example')\na(); // fetch('https://b.example')\n/* import 'https://b.example'\n * import 'https://b.example' */</script>",
            "<script>api.fetch('https://b.example'); prefetch('https://b.example'); fetch(url); fetch('/x')</script>",
            "<script>say(\"loads from 'https://b.example'\"); say('fetch(\"https://b.example\")')</script>",
            "<script>fetch(`https://${host}/x`)</script>",
            "<script type=application/json>{\"a\": \"import 'https://b.example'\"}</script>",
            "<style>/* url(https://b.example) */ @namespace svg url(http://www.w3.org/2000/svg); p { src: url(#a) }</style>",
            "<link rel=canonical href=https://b.example><link rel=preconnect href=https://b.example>",
            "<img src=\"data:image/png,\"><img src=x.png><script",
            "<textarea><img src=https://b.example/x.png></textarea>",
        ] {
            assert_eq!(found(html), Vec::<String>::new(), "{html}");
        }
    }

    #[test]
    fn a_policy_names_an_origin_whole_or_with_a_star() {
        let list =
            json!(["https://a.example", "https://*.b.example/", "c.example", "HTTP://D.example:81", "wss:"]);
        for (origin, named) in [
            ("https://a.example", true),
            ("http://a.example", false),
            ("https://a.example:81", false),
            ("https://a.exampl", false),
            ("https://x.b.example", true),
            ("https://b.example", false),
            ("https://c.example", true),
            ("https://d.example:81", true),
            ("wss://e.example", true),
        ] {
            assert_eq!(names(Some(&list), origin), named, "{origin}");
        }
        assert!(!names(None, "https://a.example") && names(Some(&json!(["*"])), "https://a.example"));
    }
}
