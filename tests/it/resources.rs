//! Resources, prompts and completion, as a project writes them.

use serde_json::{Value, json};

use crate::support::{Project, Server, StdioClient};

const SETTINGS: &str = r##"
[server]
name = "test"

[[resources]]
uri = "docs://opening"
name = "opening"
mime_type = "text/markdown"
text = "# Opening hours"

[[resources]]
uri = "docs://logo"
name = "logo"
file = "logo.bin"

[[resource_templates]]
uri_template = "docs://{topic}/summary"
name = "summary"
text = "About {{ topic }}."
values = { topic = ["bikes", "bells", "bags"] }

[prompts.offer]
description = "Writes an offer"
arguments = [{ name = "item", required = true, values = ["bike", "bell"] }, { name = "tone" }]
messages = [
  { role = "user", text = "Offer {{ item }}{% if tone %} in a {{ tone }} tone{% endif %}." },
  { role = "assistant", content = { type = "text", text = "Gladly: {{ item }}" } },
]
"##;

fn project() -> Project {
    Project::new().file("toolface.toml", SETTINGS).file("logo.bin", b"\x00\xff\x01")
}

#[test]
fn resources_are_read_whole() {
    let server = Server::start(project().path());
    let read = |uri: &str| server.modern("resources/read", json!({ "uri": uri }));
    assert_eq!(
        read("docs://opening")["result"]["contents"],
        json!([{"uri": "docs://opening", "mimeType": "text/markdown", "text": "# Opening hours"}])
    );
    assert_eq!(read("docs://logo")["result"]["contents"][0]["blob"], "AP8B");
    assert_eq!(read("docs://bikes/summary")["result"]["contents"][0]["text"], "About bikes.");
    for uri in ["docs://none", "docs://a/b/summary", "docs:///summary", "file:///etc/passwd"] {
        assert_eq!(read(uri)["error"]["code"], -32602, "{uri}");
    }
    let listed = server.modern("resources/list", json!({}))["result"]["resources"].clone();
    let uris: Vec<&str> =
        listed.as_array().expect("resources").iter().filter_map(|r| r["uri"].as_str()).collect();
    assert_eq!(uris, ["docs://logo", "docs://opening", "toolface://manifest"]);
    let templates =
        server.modern("resources/templates/list", json!({}))["result"]["resourceTemplates"].clone();
    assert_eq!(templates[0]["uriTemplate"], "docs://{topic}/summary");
}

#[test]
fn prompts_are_filled_in() {
    let mut client = StdioClient::initialized(project().path(), "2025-11-25", true);
    let mut get =
        |arguments: Value| client.request("prompts/get", json!({"name": "offer", "arguments": arguments}));
    let filled = get(json!({"item": "a {{ bell }}", "tone": "kind"}));
    let said: Vec<&str> = filled["result"]["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|m| m["content"]["text"].as_str())
        .collect();
    assert_eq!(
        said,
        ["Offer a {{ bell }} in a kind tone.", "Gladly: a {{ bell }}"],
        "what is filled in is no template"
    );
    assert_eq!(get(json!({"item": "x"}))["result"]["messages"][0]["content"]["text"], "Offer x.");
    assert_eq!(get(json!({}))["error"]["code"], -32602);
}

#[test]
fn values_are_completed() {
    let server = Server::start(project().path());
    let complete = |reference: Value, name: &str, value: &str| {
        let params = json!({"ref": reference, "argument": {"name": name, "value": value}});
        server.modern("completion/complete", params)["result"]["completion"]["values"].clone()
    };
    let template = json!({"type": "ref/resource", "uri": "docs://{topic}/summary"});
    assert_eq!(complete(template.clone(), "topic", "b"), json!(["bikes", "bells", "bags"]));
    assert_eq!(complete(template, "topic", "be"), json!(["bells"]));
    assert_eq!(complete(json!({"type": "ref/prompt", "name": "offer"}), "item", "bi"), json!(["bike"]));
    assert_eq!(complete(json!({"type": "ref/prompt", "name": "none"}), "item", ""), json!([]));
}
