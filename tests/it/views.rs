//! The pages of widgets as hosts are told of them and read them. How they draw is tested in `tests/e2e`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Project, Server, StdioClient, run, widget};

const MIME: &str = "text/html;profile=mcp-app";

/// Two tools with a widget each: the button of the first leads to the second.
fn project() -> Project {
    let card = |text: &str| {
        let tree = json!({"type": "Card", "children": [{"type": "Markdown", "value": text}, {"type": "Button",
            "label": "Go", "onClickAction": {"type": "go", "payload": {"n": "1"}}}]});
        widget(&tree.to_string(), &json!({"type": "object", "properties": {}}))
    };
    let tool = |widget: &str, rest: &str| {
        format!(
            "description = 'x'\nwidget = '{widget}'\nwidget_id = 'wig_{widget}'\nsource = {{ data = {{}} }}\n{rest}"
        )
    };
    Project::new()
        .file("toolface.toml", "[server]\nname = 'desk'\n[studio]\nenabled = false\n[view]\ninvoking = 'Working on it'\n")
        .file("widgets/first.widget", card("![a](https://images.example.com/a.png)"))
        .file("widgets/second.widget", card("![b](https://md.example.net/b.png)"))
        .file(
            "tools/first.toml",
            tool(
                "first",
                "[view]\nborder = false\ninvoking = 'Opening'\nimage_domains = ['https://*.example.com']\n[actions.go]\ntool = 'second'\n",
            ),
        )
        .file(
            "tools/second.toml",
            tool(
                "second",
                "[input]\nn = { type = 'number' }\non = { type = 'boolean', required = false }\nday = { type = 'string', format = 'date', required = false }\nnote = { type = 'string', required = false }\n[view]\nimage_domains = ['https://md.example.net']\ndomain = 'desk.example.com'\n[actions.go]\ntool = 'first'\n",
            ),
        )
}

/// What `toolface check` prints.
fn check(project: &Project) -> String {
    run(project.path(), &["check"]).stdout
}

fn by_name(list: &Value) -> BTreeMap<String, Value> {
    let entries = list.as_array().expect("a list").iter();
    entries.map(|e| (e["name"].as_str().expect("a name").to_owned(), e.clone())).collect()
}

/// What the page is told, out of its HTML.
fn told(html: &str) -> Value {
    let (_, rest) = html.split_once(r#"<script type="application/json" id="toolface">"#).expect("a place");
    serde_json::from_str(rest.split_once("</script>").expect("an end").0).expect("JSON")
}

#[test]
fn hosts_are_told_of_pages_at_every_revision() {
    let project = project();
    let server = Server::start(project.path());
    let session = server.session("2025-11-25", true);
    let mut stdio = StdioClient::initialized(project.path(), "2025-06-18", true);
    let modern = server.modern("tools/list", json!({}))["result"]["tools"].clone();
    for tools in [
        session.request("tools/list", json!({}))["result"]["tools"].clone(),
        stdio.request("tools/list", json!({}))["result"]["tools"].clone(),
    ] {
        for (name, tool) in by_name(&tools) {
            assert_eq!(tool["_meta"]["ui"], by_name(&modern)[&name]["_meta"]["ui"], "{name}");
        }
    }
    let first = by_name(&modern)["first"]["_meta"].clone();
    let uri = first["ui"]["resourceUri"].as_str().expect("an address").to_owned();
    assert!(uri.starts_with("ui://desk/first/") && uri.ends_with(".html"), "{uri}");
    for alias in ["ui/resourceUri", "openai/outputTemplate"] {
        assert_eq!(first[alias], uri.as_str(), "{alias}");
    }
    assert_eq!(first["ui"]["visibility"], json!(["model", "app"]));
    assert_eq!(first["openai/toolInvocation/invoking"], "Opening");
    assert_eq!(by_name(&modern)["second"]["_meta"]["openai/toolInvocation/invoking"], "Working on it");
    assert_eq!(by_name(&modern)["toolface_render"]["_meta"]["ui"]["visibility"], json!(["app"]));

    let listed = by_name(&server.modern("resources/list", json!({}))["result"]["resources"]);
    let page = &listed["first"];
    assert_eq!(page["mimeType"], MIME);
    for address in [uri.as_str(), "ui://desk/first/00ff.html"] {
        for read in [
            server.modern("resources/read", json!({ "uri": address })),
            session.request("resources/read", json!({ "uri": address })),
            stdio.request("resources/read", json!({ "uri": address })),
        ] {
            let content = &read["result"]["contents"][0];
            assert_eq!(content["mimeType"], MIME, "{read:#}");
            assert_eq!(content["_meta"], page["_meta"], "the list and the read tell different things");
            assert_eq!(told(content["text"].as_str().expect("HTML"))["widget"]["name"], "first");
        }
    }
    assert_eq!(page["_meta"]["ui"]["prefersBorder"], false);
}

#[test]
fn a_page_is_let_do_what_its_actions_lead_to() {
    let server = Server::start(project().path());
    let listed = by_name(&server.modern("resources/list", json!({}))["result"]["resources"]);
    let csp = &listed["first"]["_meta"]["ui"]["csp"];
    assert_eq!(csp["resourceDomains"], json!(["https://*.example.com", "https://md.example.net"]));
    assert_eq!(csp["connectDomains"], json!([]));
    assert_eq!(listed["second"]["_meta"]["ui"]["domain"], "desk.example.com");
    assert_eq!(listed["first"]["_meta"]["ui"].get("domain"), None);

    let read = server.modern("resources/read", json!({ "uri": listed["first"]["uri"] }));
    let told = told(read["result"]["contents"][0]["text"].as_str().expect("HTML"));
    assert_eq!(told["tools"]["first"]["opens"], true);
    assert_eq!(told["tools"]["second"]["opens"], false);
    assert_eq!(
        told["tools"]["first"]["actions"]["go"]["accepts"],
        json!({"n": "number", "on": "boolean", "day": "filled", "note": "text"})
    );
}

#[test]
fn check_knows_where_pictures_may_come_from() {
    let fine = run(project().path(), &["check", "--strict"]);
    assert_eq!(fine.code, 0, "{}{}", fine.stdout, fine.stderr);
    let project = project();
    let tool = std::fs::read_to_string(project.path().join("tools/second.toml")).expect("a tool");
    project.write("tools/second.toml", tool.replace("https://md.example.net", "https://other.example.net"));
    let told = check(&project);
    assert!(told.contains("a picture comes from https://md.example.net, which is not declared"), "{told}");
}

#[test]
fn settings_of_views_that_hosts_would_refuse_are_faults() {
    for (line, says) in [
        ("domain = ''", "domain"),
        ("domain = 'shop example'", "domain"),
        ("image_domains = ['https://images.example.com/a.png']", "is no origin"),
        ("image_domains = ['https://bücher.example']", "xn--"),
        ("connect_domains = ['*']", "is no origin"),
        ("invoking = ''", "invoking"),
    ] {
        let project = project();
        project.write("toolface.toml", format!("[view]\n{line}\n"));
        let told = check(&project);
        assert!(told.contains("error[") && told.contains(says), "{line}: {told}");
        assert!(told.contains("toolface.toml:2"), "{line}: {told}");
    }
    let project = project();
    let pong = "description = 'x'\n[source]\nresult = { content = [{ type = 'text', text = 'pong' }] }\n[view]\nborder = true\n";
    project.write("tools/pong.toml", pong);
    let told = check(&project);
    assert!(told.contains("warning[unused-view]") && told.contains("tools/pong.toml:4"), "{told}");
}
