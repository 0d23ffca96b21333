//! The page of each widget, as hosts of MCP Apps load it.
//!
//! Owns its address, its content and what hosts are told about it. The page itself is built from `web/view` and is the
//! same for all widgets; here it gets what differs: the widget's name, where actions lead, what is shown before any
//! script runs. Pages are made once per catalog. Knows nothing of the protocol around them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::catalog::arguments::Accepted;
use crate::catalog::{Answer, Catalog, Tool};
use crate::config::server::View;
use crate::config::tool::Visibility;

/// The MIME type of a page (MCP Apps 2026-01-26).
pub const MIME_TYPE: &str = "text/html;profile=mcp-app";

/// The page before it gets what differs.
const PAGE: &str = include_str!("../web/dist/view.html");

/// The page, cut at the places of its title, of what it is told, and of what is shown first.
static PARTS: LazyLock<[&str; 4]> = LazyLock::new(|| {
    let (head, rest) = PAGE.split_once("Toolface</title>").unwrap_or((PAGE, ""));
    let (between, rest) = rest.split_once("<!--toolface:data-->").unwrap_or((rest, ""));
    let (script, tail) = rest.split_once("<!--toolface:skeleton-->").unwrap_or((rest, ""));
    [head, between, script, tail]
});

/// Of the whole page before it gets what differs, so that the addresses of many pages are soon made.
static DIGEST: LazyLock<[u8; 32]> = LazyLock::new(|| Sha256::digest(PAGE.as_bytes()).into());

/// The page of one widget.
#[derive(Debug)]
pub struct Page {
    /// `ui://<server>/<widget>/<hash>.html`. The hash changes with the content, because hosts cache by address.
    pub uri: String,
    /// The widget's name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it shows.
    pub description: String,
    /// Bytes of the whole page.
    pub size: usize,
    /// What the page gets.
    own: Own,
    /// `_meta` of the resource, the same in a list and in a read.
    pub meta: Value,
}

impl Page {
    /// The whole page. Made when it is read, because all but a little is the same in each, and there may be many.
    pub fn html(&self) -> String {
        self.own.pieces().concat()
    }
}

/// The pages of a catalog by widget: one for each that is the main widget of a tool the model may call. Variants are
/// drawn by that page too, because a host loads it before it knows the result, and so are the answers of tools that
/// only widgets call.
///
/// `reports`: the page is asked to tell how it fares.
pub fn pages(catalog: &Catalog, reports: bool) -> BTreeMap<String, Page> {
    let mut makers: BTreeMap<&str, Vec<&Tool>> = BTreeMap::new();
    for tool in catalog.tools.values().filter(|tool| catalog.visibility(tool).contains(&Visibility::Model)) {
        if let Answer::Widget { main, .. } = &tool.answer {
            makers.entry(&main.widget.name).or_default().push(tool);
        }
    }
    let made =
        |(widget, tools): (&str, Vec<&Tool>)| (widget.to_owned(), page(catalog, widget, &tools, reports));
    makers.into_iter().map(made).collect()
}

/// The page of a widget as it is tried: for every tool that can answer in it, also one that only widgets call.
pub fn tried(catalog: &Catalog, widget: &str) -> Page {
    let answers = |tool: &&Tool| tool.answer.bindings().any(|binding| binding.widget.name == widget);
    let tools: Vec<&Tool> = catalog.tools.values().map(AsRef::as_ref).filter(answers).collect();
    page(catalog, widget, &tools, true)
}

/// The widget whose page an address is, whatever hash it has: addresses of earlier days lead to the page of today.
pub fn widget_of<'u>(uri: &'u str, server: &str) -> Option<&'u str> {
    let (widget, file) =
        uri.strip_prefix("ui://")?.strip_prefix(server)?.strip_prefix('/')?.split_once('/')?;
    let hash = file.strip_suffix(".html")?;
    (!hash.is_empty() && hash.bytes().all(|b| b.is_ascii_hexdigit())).then_some(widget)
}

/// What hosts are told about a tool that answers in a widget: where its page is, what to say while it runs. All
/// spellings that hosts read stand beside each other.
pub fn tool_meta(catalog: &Catalog, tool: &Tool, page: Option<&Page>) -> Map<String, Value> {
    let visibility = catalog.visibility(tool);
    let mut meta = Map::new();
    let mut ui = Map::new();
    if let Some(page) = page {
        ui.insert("resourceUri".to_owned(), json!(page.uri));
        meta.insert("ui/resourceUri".to_owned(), json!(page.uri));
        meta.insert("openai/outputTemplate".to_owned(), json!(page.uri));
        let texts = [
            ("invoking", said(catalog, tool, |v| &v.invoking)),
            ("invoked", said(catalog, tool, |v| &v.invoked)),
        ];
        for (key, text) in texts {
            meta.extend(text.map(|text| (format!("openai/toolInvocation/{key}"), json!(text))));
        }
    }
    if page.is_some() || visibility != [Visibility::Model, Visibility::App] {
        ui.insert("visibility".to_owned(), json!(visibility));
        meta.insert("openai/widgetAccessible".to_owned(), json!(visibility.contains(&Visibility::App)));
        meta.insert("ui".to_owned(), Value::Object(ui));
    }
    meta
}

fn said<'c>(
    catalog: &'c Catalog,
    tool: &'c Tool,
    text: impl Fn(&View) -> &Option<String>,
) -> Option<&'c String> {
    text(&tool.view).as_ref().or(text(&catalog.view).as_ref())
}

fn page(catalog: &Catalog, widget: &str, tools: &[&Tool], reports: bool) -> Page {
    let about = catalog.widgets.get(widget);
    let title = about.map_or(widget, |w| w.title.as_str());
    let border = tools.iter().find_map(|tool| tool.view.border).or(catalog.view.border);
    let reached = reached(catalog, tools);
    let opens = |name: &str| tools.iter().any(|opener| opener.name == name);
    let told = reached.iter().map(|(name, tool)| ((*name).to_owned(), known(catalog, tool, opens(name))));
    let mut data = json!({
        "version": 1,
        "widget": {"name": widget, "title": title},
        "tools": told.collect::<Map<_, _>>(),
        "border": border,
    });
    if let (true, Some(data)) = (reports, data.as_object_mut()) {
        data.insert("report".to_owned(), true.into());
    }
    let own = Own::new(title, &data);
    let hash = own.hash();
    let listed = tools.iter().map(|tool| format!("`{}`", tool.name)).collect::<Vec<_>>().join(", ");
    let description = format!("Draws the results of {listed} as {title}.");
    Page {
        uri: format!("ui://{}/{widget}/{hash}.html", catalog.server.name),
        name: widget.to_owned(),
        title: title.to_owned(),
        meta: resource_meta(catalog, tools, &reached, border, &description),
        description,
        size: own.pieces().iter().map(|piece| piece.len()).sum(),
        own,
    }
}

/// The tools whose results a page draws: those of its widget, and those their actions lead to, because their answers
/// replace the tree in place.
fn reached<'c>(catalog: &'c Catalog, tools: &[&'c Tool]) -> BTreeMap<&'c str, &'c Tool> {
    let mut waiting: Vec<&Tool> = tools.to_vec();
    let mut reached = BTreeMap::new();
    while let Some(tool) = waiting.pop() {
        if reached.insert(tool.name.as_str(), tool).is_none() {
            let targets = tool.actions.values().filter_map(|action| catalog.tools.get(&action.tool));
            waiting.extend(targets.map(AsRef::as_ref));
        }
    }
    reached
}

/// What a page must know of a tool. `opens`: a host opens the page for it.
fn known(catalog: &Catalog, tool: &Tool, opens: bool) -> Value {
    let actions = tool.actions.iter().map(|(kind, action)| {
        let target = catalog.tools.get(&action.tool);
        let accepts: BTreeMap<&str, Accepted> = target.iter().flat_map(|t| t.arguments.accepted()).collect();
        (kind.clone(), json!({"tool": action.tool, "arguments": action.arguments, "accepts": accepts}))
    });
    json!({
        "opens": opens,
        "invoking": said(catalog, tool, |v| &v.invoking),
        "invoked": said(catalog, tool, |v| &v.invoked),
        "readOnly": tool.annotations.read_only,
        "actions": actions.collect::<Map<_, _>>(),
    })
}

/// What differs from page to page, as it stands in the HTML.
#[derive(Debug)]
struct Own {
    title: String,
    json: String,
}

impl Own {
    /// JSON inside a script element ends at nothing but `</script`, so no `<` is left.
    fn new(title: &str, data: &Value) -> Self {
        Self { title: escaped(title), json: data.to_string().replace('<', "\\u003c") }
    }

    /// The page, in its order.
    fn pieces(&self) -> [&str; 12] {
        let [head, between, script, tail] = *PARTS;
        let (title, json) = (self.title.as_str(), self.json.as_str());
        let open = "<script type=\"application/json\" id=\"toolface\">";
        [
            head,
            title,
            "</title>",
            between,
            open,
            json,
            "</script>",
            script,
            SKELETON_START,
            title,
            SKELETON_END,
            tail,
        ]
    }

    fn hash(&self) -> String {
        let all = Sha256::new().chain_update(*DIGEST).chain_update(SKELETON_START).chain_update(SKELETON_END);
        let digest = all.chain_update(&self.title).chain_update([0]).chain_update(&self.json).finalize();
        digest.iter().take(8).fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        })
    }
}

const SKELETON_START: &str = r#"<style>.tf-skeleton{font:14px/1.5 system-ui,sans-serif;padding:16px;opacity:.7}.tf-skeleton p{margin:0 0 12px}.tf-skeleton i{display:block;height:12px;margin:8px 0;border-radius:6px;background:currentColor;opacity:.12}</style><div class="tf-skeleton" role="status" aria-busy="true"><p>"#;
const SKELETON_END: &str = r#"</p><i></i><i style="width:80%"></i><i style="width:55%"></i></div>"#;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn resource_meta(
    catalog: &Catalog,
    tools: &[&Tool],
    reached: &BTreeMap<&str, &Tool>,
    border: Option<bool>,
    description: &str,
) -> Value {
    let union = |domains: fn(&View) -> &Vec<String>| -> BTreeSet<&String> {
        let own = reached.values().flat_map(|tool| domains(&tool.view));
        domains(&catalog.view).iter().chain(own).collect()
    };
    let images = union(|view| &view.image_domains);
    let connect = union(|view| &view.connect_domains);
    let domain = tools.iter().find_map(|tool| tool.view.domain.as_ref()).or(catalog.view.domain.as_ref());
    let mut ui = json!({"csp": {"connectDomains": connect, "resourceDomains": images}});
    let mut meta = json!({
        "openai/widgetCSP": {"connect_domains": connect, "resource_domains": images},
        "openai/widgetDescription": description,
    });
    let mut both = |key: &str, alias: &str, value: Value| {
        for (place, key) in [(&mut ui, key), (&mut meta, alias)] {
            if let Some(place) = place.as_object_mut() {
                place.insert(key.to_owned(), value.clone());
            }
        }
    };
    if let Some(border) = border {
        both("prefersBorder", "openai/widgetPrefersBorder", json!(border));
    }
    if let Some(domain) = domain {
        both("domain", "openai/widgetDomain", json!(domain));
    }
    if let Some(meta) = meta.as_object_mut() {
        meta.insert("ui".to_owned(), ui);
    }
    meta
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_addresses_lead_to_the_page_of_today() {
        assert_eq!(widget_of("ui://shop/order-card/0123456789abcdef.html", "shop"), Some("order-card"));
        assert_eq!(widget_of("ui://shop/order-card/ff.html", "shop"), Some("order-card"));
        for other in [
            "ui://other/order-card/ff.html",
            "ui://shop/order-card/ff.htm",
            "ui://shop/order-card/../x.html",
            "ui://shop/order-card/.html",
            "ui://shop/order-card",
            "file://shop/order-card/ff.html",
        ] {
            assert_eq!(widget_of(other, "shop"), None, "{other}");
        }
    }

    #[test]
    fn nothing_written_into_the_page_ends_its_place() {
        let evil = "</script><script>alert(1)</script><!--";
        let html = Own::new(evil, &json!({"widget": {"title": evil}})).pieces().concat();
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(html.contains("\\u003c/script>"));
        assert!(html.contains("<title>&lt;/script&gt;"));
    }
}
