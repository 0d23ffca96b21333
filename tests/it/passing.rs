//! What passes through of an upstream: under which names, unchanged besides, and back.
#![cfg(unix)]

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::gateway::{ask, bound, command, everything, line, listed, refusal, title, until};
use crate::installed::python;
use crate::support::{Output, Project, Server, StdioClient, toolface};

/// A project of which nothing but a connection is written.
fn gateway(connection: &str) -> Project {
    let settings = format!("[server]\nname = 'gate'\n[connections.up]\nkind = 'mcp'\n{connection}\n");
    Project::empty().file("toolface.toml", settings)
}

fn through(server: &Server, method: &str, params: Value) -> Value {
    let answer = server.modern(method, params);
    assert!(answer["result"].is_object(), "{method}: {answer:#}");
    answer["result"].clone()
}

fn names(list: &Value, member: &str) -> Vec<String> {
    let all = list.as_array().expect("a list");
    all.iter().map(|one| one[member].as_str().expect("a name").to_owned()).collect()
}

fn words(output: &Output) -> String {
    format!("{}{}", output.stdout, output.stderr)
}

pub fn command_of(parts: &[String]) -> String {
    format!("command = {}", serde_json::to_string(parts).expect("JSON"))
}

/// The parts of a command line.
pub fn parts(command: &Command) -> Vec<String> {
    let all = std::iter::once(command.get_program()).chain(command.get_args());
    all.map(|part| part.to_string_lossy().into_owned()).collect()
}

/// A client of the server itself, which can be asked all there is: some servers offer more then.
fn direct(parts: &[String]) -> StdioClient {
    let mut direct = Command::new(&parts[0]);
    direct.args(&parts[1..]);
    let mut direct = StdioClient::spawn(direct);
    let about = json!({"name": "test", "version": "1"});
    let all = json!({"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}, "context": {}}, "roots": {}});
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": all, "clientInfo": about});
    assert!(direct.request("initialize", hello)["result"].is_object());
    direct.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    direct
}

#[test]
fn all_of_a_server_of_others_passes_through_as_it_is() {
    let Some(parts) = everything() else { return };
    let mut direct = direct(&parts);
    let project = gateway(&format!("{}\nexpose = 'all'", command_of(&parts)));
    let checked = command(&project, &["check"]);
    assert!(checked.code == 0 && !words(&checked).contains("warning"), "{checked:?}");
    let server = Server::start(project.path());
    for (method, member, name) in [
        ("tools/list", "tools", "name"),
        ("prompts/list", "prompts", "name"),
        ("resources/list", "resources", "uri"),
        ("resources/templates/list", "resourceTemplates", "uriTemplate"),
    ] {
        let theirs = direct.request(method, json!({}))["result"][member].clone();
        let ours = through(&server, method, json!({}))[member].clone();
        for mut their in theirs.as_array().expect("a list").clone() {
            let their_name = their[name].as_str().expect("a name").to_owned();
            let expected = match name {
                "name" => format!("up_{their_name}"),
                _ => their_name.replacen("://", "://up/", 1),
            };
            their[name] = json!(expected);
            // It is about tasks, which are not passed on.
            their.as_object_mut().expect("an object").remove("execution");
            let our = ours.as_array().expect("a list").iter().find(|our| our[name] == json!(expected));
            assert_eq!(our, Some(&their), "{expected} in {:?}", names(&ours, name));
        }
    }

    let echo = ask(&server, "up_echo", json!({"message": "hi"}));
    assert_eq!(echo["content"][0]["text"], "Echo: hi");
    let image = ask(&server, "up_get-tiny-image", json!({}));
    assert_eq!(image["content"][1]["type"], "image", "{image:#}");
    assert!(ask(&server, "up_get-sum", json!({"a": "x"}))["isError"] == true, "it is checked there");
    let links = ask(&server, "up_get-resource-links", json!({"count": 2}));
    let link = links["content"][1]["uri"].as_str().expect("a link").to_owned();
    assert!(link.starts_with("demo://up/resource/dynamic/"), "{links:#}");
    let read = through(&server, "resources/read", json!({"uri": link}));
    assert_eq!(read["contents"][0]["uri"], link.as_str(), "{read:#}");
    let unknown = server.modern("resources/read", json!({"uri": "demo://up/nothing/here"}));
    assert!(unknown["error"]["message"].to_string().contains("demo://nothing/here"), "{unknown:#}");

    let prompt = json!({"name": "up_args-prompt", "arguments": {"city": "Oslo", "state": "Norway"}});
    let prompt = through(&server, "prompts/get", prompt);
    assert!(prompt["messages"].to_string().contains("Oslo, Norway"), "{prompt:#}");
    let unknown = server.modern("prompts/get", json!({"name": "up_nothing"}));
    assert!(unknown["error"]["message"].to_string().contains("Unknown prompt: up_nothing"), "{unknown:#}");
    let params = json!({
        "ref": {"type": "ref/prompt", "name": "up_completable-prompt"},
        "argument": {"name": "department", "value": "E"},
    });
    let completed = through(&server, "completion/complete", params);
    assert_eq!(completed["completion"]["values"], json!(["Engineering"]), "{completed:#}");
    let params = json!({
        "ref": {"type": "ref/resource", "uri": "demo://up/resource/dynamic/text/{resourceId}"},
        "argument": {"name": "resourceId", "value": "7"},
    });
    let completed = through(&server, "completion/complete", params);
    assert_eq!(completed["completion"]["values"], json!(["7"]), "{completed:#}");
}

#[test]
fn what_is_bound_does_not_pass_through_and_routes_have_what_does() {
    let Some(command) = line("upstream.py", &[]) else { return };
    let project = bound(&format!("command = {command}\nexpose = 'all'\nprefix = ''"), &["hello"]);
    project.write(
        "toolface.toml",
        std::fs::read_to_string(project.path().join("toolface.toml")).expect("settings")
            + "[routes.few]\ntools = ['hello', 'plain']\n",
    );
    let server = Server::start(project.path());
    let tools = names(&through(&server, "tools/list", json!({}))["tools"], "name");
    assert_eq!(tools.iter().filter(|name| *name == "hello").count(), 1, "{tools:?}");
    assert!(tools.contains(&"plain".to_owned()), "{tools:?}");
    assert_eq!(title(&ask(&server, "hello", json!({"name": "A", "greeting": "Hi"}))), "Hi, A");
    let plain = ask(&server, "plain", json!({}));
    assert_eq!(plain["content"][0]["text"], "just **words**", "{plain:#}");
    let refused = ask(&server, "refuse", json!({}));
    assert_eq!(refusal(&refused), "There is no city Oslu. Use Oslo or Rome.");

    let few = server.modern_at("/mcp/few", true, "tools/list", json!({}))["result"]["tools"].clone();
    assert_eq!(names(&few, "name")[..2], ["hello", "plain"], "{few:#}");
    assert!(!few.to_string().contains("refuse"), "{few:#}");
    let plain = json!({"name": "plain", "arguments": {}});
    let plain = server.modern_at("/mcp/few", true, "tools/call", plain);
    assert_eq!(plain["result"]["content"][0]["text"], "just **words**", "{plain:#}");
    let json = json!({"name": "json", "arguments": {}});
    assert!(server.modern_at("/mcp/few", true, "tools/call", json)["error"].is_object());
    // A session of an older client gets the same.
    let session = server.session("2025-11-25", false);
    assert_eq!(session.call("plain", json!({}))["content"][0]["text"], "just **words**");
}

#[test]
fn names_that_are_taken_are_told_with_a_cure() {
    let Some(command) = line("upstream.py", &[]) else { return };
    let own =
        "widget = 'card'\nwidget_id = 'wig_1'\ndescription = 'Ours.'\nsource = { data = { title = 'x' } }\n";
    let project = bound(&format!("command = {command}\nexpose = 'all'\nprefix = ''"), &[]);
    project.write("tools/plain.toml", own);
    let checked = crate::gateway::command(&project, &["check"]);
    assert_ne!(checked.code, 0);
    let told = words(&checked);
    assert!(
        told.contains("the tool `plain` of the MCP server `up` has the name of tools/plain.toml"),
        "{told}"
    );
    assert!(told.contains("prefix = \"up_\"") && told.contains("toolface.toml"), "{told}");

    // Two upstreams, and prompts and addresses.
    let asking = line("asking.py", &[]).expect("as above");
    let two = format!(
        "[server]\nname = 'gate'\n[connections.a]\nkind = 'mcp'\ncommand = {asking}\nexpose = 'all'\nprefix = 'x_'\n\
         [connections.b]\nkind = 'mcp'\ncommand = {asking}\nexpose = 'all'\nprefix = 'x_'\n\
         [prompts.x_greeting]\ndescription = 'Ours.'\nmessages = [{{ role = 'user', text = 'Hi' }}]\n\
         [[resources]]\nuri = 'asking://a/who'\nname = 'who'\ntext = 'ours'\n"
    );
    let project = Project::empty().file("toolface.toml", two);
    let told = words(&crate::gateway::command(&project, &["check"]));
    for part in [
        "the tool `x_name` of the MCP server `b` has the name of a tool of the MCP server `a`",
        "the prompt `x_greeting` of the MCP server `a` has the name of toolface.toml",
        "the resource `asking://a/who` of the MCP server `a` has the name of toolface.toml",
        "give the connection another name",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    let other = std::fs::read_to_string(project.path().join("toolface.toml")).expect("settings");
    let other = other.replacen("prefix = 'x_'", "prefix = 'y_'", 1).replace("asking://a/who", "own://who");
    let other = other.replace("prompts.x_greeting", "prompts.greeting");
    project.write("toolface.toml", other);
    let checked = crate::gateway::command(&project, &["check"]);
    assert_eq!(checked.code, 0, "{}", words(&checked));
    let server = Server::start(project.path());
    let resources = names(&through(&server, "resources/list", json!({}))["resources"], "uri");
    for uri in ["asking://a/who", "asking://b/who", "own://who"] {
        assert!(resources.contains(&uri.to_owned()), "{resources:?}");
    }
}

#[test]
fn views_of_the_upstream_are_drawn_and_call_its_tools() {
    let demo = Project::demo_alone();
    let first = Server::start(demo.path());
    let project = gateway(&format!("url = 'http://{}/mcp'\nexpose = 'all'", first.at));
    let server = Server::start(project.path());
    let theirs = listed(&first, "get_order");
    let uri = theirs["_meta"]["ui"]["resourceUri"].as_str().expect("a view").to_owned();
    let tool = listed(&server, "up_get_order");
    let ours = tool["_meta"]["ui"]["resourceUri"].as_str().expect("a view").to_owned();
    assert_eq!(ours, uri.replacen("ui://", "ui://up/", 1));
    let meta = tool["_meta"].to_string();
    assert!(!meta.contains(&format!("\"{uri}\"")), "some key still leads elsewhere: {meta}");
    let page = through(&server, "resources/read", json!({"uri": ours}));
    let direct = through(&first, "resources/read", json!({"uri": uri}));
    assert_eq!(page["contents"][0]["text"], direct["contents"][0]["text"]);
    assert_eq!(page["contents"][0]["_meta"], direct["contents"][0]["_meta"]);
    assert_eq!(page["contents"][0]["mimeType"], "text/html;profile=mcp-app");
    let result = ask(&server, "up_get_order", json!({"order_id": "1001"}));
    let expected = ask(&first, "get_order", json!({"order_id": "1001"}));
    assert_eq!(result["structuredContent"], expected["structuredContent"]);
    assert_eq!(result["_meta"]["dev.toolface/widget"], expected["_meta"]["dev.toolface/widget"]);
    // As its view calls it, which knows nothing of prefixes.
    let data = expected["structuredContent"]["data"].clone();
    let drawn = ask(&server, "toolface_render", json!({"widget": "order-card", "data": data}));
    assert_eq!(drawn["_meta"]["dev.toolface/widget"]["type"], "order-card", "{drawn:#}");
    // On the tool's own route, too.
    let route = |method: &str, params: Value| server.modern_at("/mcp/up_get_order", true, method, params);
    let page = route("resources/read", json!({"uri": ours}));
    assert!(page["result"]["contents"][0]["text"].is_string(), "{page:#}");
    let tracked = json!({"name": "track_package", "arguments": {"tracking_number": "SW-4471-2290"}});
    let tracked = route("tools/call", tracked);
    assert!(tracked["result"]["structuredContent"].is_object(), "{tracked:#}");
}

#[test]
fn views_of_two_servers_call_their_own_tools_or_none() {
    let demo = Project::demo_alone();
    let first = Server::start(demo.path());
    let second = bound("command = ['true']", &[]);
    let tool = "description = 'Ours.'\nwidget = 'card'\nwidget_id = 'wig_1'\nsource = { data = { title = 'second' } }\n";
    second.write("toolface.toml", "[server]\nname = 'second'\n[studio]\nenabled = false\n");
    second.write("tools/get_order.toml", tool);
    let other = Server::start(second.path());
    let settings = format!(
        "url = 'http://{}/mcp'\nexpose = 'all'\n[connections.two]\nkind = 'mcp'\nurl = 'http://{}/mcp'\nexpose = 'all'",
        first.at, other.at
    );
    let project = gateway(&settings);
    let checked = command(&project, &["check"]);
    let told = words(&checked);
    assert!(
        checked.code == 0 && told.contains("unclear-name") && told.contains("may call `get_order`"),
        "{told}"
    );
    let server = Server::start(project.path());
    // Which widgets each has tells them apart.
    let drawn = ask(&server, "toolface_render", json!({"widget": "card", "data": {"title": "x"}}));
    assert_eq!(drawn["_meta"]["dev.toolface/widget"]["type"], "card", "{drawn:#}");
    // Both take anything: neither is guessed.
    let both = server.modern("tools/call", json!({"name": "get_order", "arguments": {"order_id": "1001"}}));
    let result = &both["result"];
    assert!(both["error"].is_object() || result["structuredContent"].is_object(), "{both:#}");
}

#[test]
fn odd_entries_of_an_upstream_are_left_out_and_told() {
    let Some(line) = line("asking.py", &["--odd"]) else { return };
    let project = gateway(&format!("command = {line}\nexpose = 'all'"));
    let checked = command(&project, &["check"]);
    let told = words(&checked);
    assert!(checked.code == 0 && told.len() < 6000, "{told}");
    for part in [
        "`a b` of the MCP server `up` does not pass through: this cannot name",
        "`schema2`",
        "no schema of an object",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    let server = Server::start(project.path());
    server.log.wait_for("listed twice");
    let tools = names(&through(&server, "tools/list", json!({}))["tools"], "name");
    assert_eq!(tools.iter().filter(|name| *name == "up_name").count(), 1, "{tools:?}");
    assert!(!tools.iter().any(|name| name.contains("schema")), "{tools:?}");
    let resources = names(&through(&server, "resources/list", json!({}))["resources"], "uri");
    assert_eq!(resources.iter().filter(|uri| *uri == "asking://up/who").count(), 1, "{resources:?}");
    assert!(!resources.contains(&"no address".to_owned()), "{resources:?}");
}

#[test]
fn an_upstream_that_comes_late_is_there_when_it_comes() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let project = gateway(&format!("url = 'http://127.0.0.1:{port}/mcp'\nexpose = 'all'"));
    let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("settings");
    project.write("toolface.toml", settings + "[routes.some]\ntools = ['up_get_order']\n");
    let checked = command(&project, &["check"]);
    assert!(checked.code == 0 && words(&checked).contains("cannot be reached"), "{}", words(&checked));
    assert!(words(&checked).contains("refused"), "the reason is not told: {}", words(&checked));
    let server = Server::start(project.path());
    let demo = Project::demo_alone();
    let mut command = toolface(demo.path());
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    let _late = Server::spawn(command);
    let mut tools = Vec::new();
    until("its tools are not listed", || {
        tools = names(&through(&server, "tools/list", json!({}))["tools"], "name");
        tools.contains(&"up_get_order".to_owned())
    });
    let some = server.modern_at("/mcp/some", true, "tools/list", json!({}))["result"]["tools"].clone();
    assert_eq!(names(&some, "name"), ["up_get_order"]);
}

#[test]
fn what_an_upstream_changes_is_told_to_clients_whatever_its_revision() {
    // 2025-11-25, unasked.
    let Some(command) = line("upstream.py", &[]) else { return };
    let project = gateway(&format!("command = {command}\nexpose = 'all'"));
    let mut client = StdioClient::initialized(project.path(), "2025-11-25", false);
    assert_eq!(client.call("up_change", json!({}))["structuredContent"]["title"], "changed");
    until("the change is not told", || client.receive()["method"] == "notifications/tools/list_changed");
    let tools = client.request("tools/list", json!({}))["result"]["tools"].clone();
    assert!(tools.to_string().contains("Greets somebody in another way."), "{tools:#}");

    // 2026-07-28, on a subscription.
    let demo = Project::demo_alone();
    let first = Server::start(demo.path());
    let project = gateway(&format!("url = 'http://{}/mcp'\nexpose = 'all'", first.at));
    let mut client = StdioClient::initialized(project.path(), "2025-11-25", false);
    let stock = |client: &mut StdioClient| {
        let tools = client.request("tools/list", json!({}))["result"]["tools"].clone();
        tools
            .as_array()
            .and_then(|all| all.iter().find(|one| one["name"] == "up_get_stock").cloned())
            .expect("it")
    };
    let before = stock(&mut client);
    let text = std::fs::read_to_string(demo.path().join("tools/get_stock.toml")).expect("a tool");
    demo.write("tools/get_stock.toml", text.replacen("title = \"", "title = \"Really: ", 1));
    until("the change is not told", || client.receive()["method"] == "notifications/tools/list_changed");
    let after = stock(&mut client);
    assert_eq!(
        after["title"],
        format!("Really: {}", before["title"].as_str().expect("a title")),
        "{after:#}"
    );
}

#[test]
fn an_upstream_that_does_not_answer_any_more_is_begun_anew() {
    let Some(command) = line("upstream.py", &[]) else { return };
    let project = bound(&format!("command = {command}\nhealth_ms = 300"), &["pid"]);
    let server = Server::start(project.path());
    let first = title(&ask(&server, "pid", json!({}))).to_owned();
    std::thread::sleep(Duration::from_millis(1000));
    assert_eq!(title(&ask(&server, "pid", json!({}))), first, "one that answers is left alone");
    assert!(Command::new("kill").args(["-STOP", &first]).status().expect("kill").success());
    server.log.wait_for("does not answer any more");
    let mut result = Value::Null;
    until("it does not come back", || {
        result = ask(&server, "pid", json!({}));
        result["isError"] != true && title(&result) != first
    });
    // The old one is not left behind.
    until("the old one is still there", || !std::path::Path::new(&format!("/proc/{first}")).exists());
}

#[test]
fn a_prefix_must_be_one() {
    for (connection, told) in [
        ("command = ['x']\nprefix = 'a_'", "nothing does"),
        ("command = ['x']\nexpose = 'all'\nprefix = 'a b'", "cannot be the beginning"),
        ("command = ['x']\nexpose = 'some'", "expose"),
    ] {
        let checked = command(&gateway(connection), &["check"]);
        assert!(checked.code != 0 && words(&checked).contains(told), "{connection}: {}", words(&checked));
    }
}

#[test]
fn files_and_views_of_others_pass_through() {
    let Some(mut parts) = everything() else { return };
    parts[1] = parts[1].replace("server-everything", "server-filesystem");
    let folder = Project::empty().file("hello.txt", "words of the file");
    let folder = folder.path().canonicalize().expect("a folder");
    parts.push(folder.display().to_string());
    let Some(clock) = python("foreign.py") else { return };
    let both = format!(
        "{}\nexpose = 'all'\n[connections.clock]\nkind = 'mcp'\n{}\nexpose = 'all'",
        command_of(&parts),
        command_of(&self::parts(&clock))
    );
    let server = Server::start(gateway(&both).path());
    let file = folder.join("hello.txt").display().to_string();
    let read = ask(&server, "up_read_text_file", json!({"path": file}));
    assert!(read["content"].to_string().contains("words of the file"), "{read:#}");
    assert!(
        refusal(&ask(&server, "up_read_text_file", json!({"path": "/etc/hostname"}))).contains("outside")
    );

    let hour = listed(&server, "clock_hour");
    assert_eq!(hour["_meta"]["ui"]["resourceUri"], "ui://clock/clock/face.html", "{hour:#}");
    let page = through(&server, "resources/read", json!({"uri": "ui://clock/clock/face.html"}));
    let contents = &page["contents"][0];
    assert!(contents["text"].to_string().contains("<title>Clock</title>"), "{page:#}");
    assert_eq!(
        contents["_meta"]["ui"]["csp"]["resourceDomains"],
        json!(["https://cdn.example.com"]),
        "{page:#}"
    );
    assert_eq!(ask(&server, "clock_hour", json!({"city": "Oslo"}))["structuredContent"]["hour"], 12);
    assert_eq!(
        ask(&server, "hour", json!({"city": "Oslo"}))["structuredContent"]["hour"],
        12,
        "as its view calls it"
    );
}

#[test]
fn a_secret_that_an_upstream_tells_is_not_told_on() {
    let upstream = crate::support::Upstream::start(|asked, stream| {
        let mut lines = asked.headers.iter();
        let token = lines.find(|line| line.to_lowercase().starts_with("authorization")).cloned();
        let challenge = format!("www-authenticate: Bearer realm=\"{}\"\r\n", token.unwrap_or_default());
        crate::support::reply(stream, "401 Unauthorized", &challenge, "");
    });
    let settings = format!(
        "url = 'http://{}/mcp'\nheaders = {{ Authorization = 'Bearer topsecret123' }}\nexpose = 'all'",
        upstream.at
    );
    let checked = command(&gateway(&settings), &["check"]);
    let told = words(&checked);
    assert!(told.contains("cannot be reached") && told.contains("•••"), "{told}");
    assert!(!told.contains("topsecret123"), "{told}");
}
