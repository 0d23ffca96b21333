//! What a call comes to, by the contract: both envelopes, clients with and without views, every revision, and each
//! way in which data can fit its widget or not.

use serde_json::{Value, json};

use crate::examples;
use crate::support::{Output, Project, Server, StdioClient, root, run, widget};

/// The key under which the widget travels.
const WIDGET: &str = "dev.toolface/widget";

/// A widget that shows `title`, and, if it is there, `note`.
fn card() -> String {
    let template = r#"{"type":"Card","children":[{"type":"Title","value":{{ title | tojson }}}{% if note %},{"type":"Text","value":{{ note | tojson }}}{% endif %}]}"#;
    let schema = json!({
        "type": "object",
        "properties": {
            "title": {"type": "string"}, "note": {"type": ["string", "null"]}, "kind": {"type": "string", "default": "plain"},
        },
        "required": ["title"],
        "additionalProperties": false,
    });
    widget(template, &schema)
}

/// A project whose one tool, `greet`, is bound to [`card`].
fn greeting(tool: &str) -> Project {
    let tool = format!("description = 'Greets.'\nwidget = 'card'\nwidget_id = 'wig_card0001'\n{tool}");
    Project::new().file("widgets/card.widget", card()).file("tools/greet.toml", tool)
}

fn greet(project: &Project, arguments: &Value, form: &str) -> Output {
    run(project.path(), &["call", "greet", "--args", &arguments.to_string(), "--as", form])
}

fn text(result: &Value, at: usize) -> &str {
    result["content"][at]["text"].as_str().expect("a text")
}

#[test]
fn a_result_is_the_same_over_both_transports_at_all_revisions() {
    let project = Project::demo_alone();
    let server = Server::start(project.path());
    let arguments = json!({"order_id": "1001"});
    let modern = server.call("get_order", arguments.clone());
    assert_eq!(modern["structuredContent"]["widget_type"], "order-card");
    let over_stdio = StdioClient::start(project.path()).modern(
        true,
        "tools/call",
        json!({"name": "get_order", "arguments": arguments}),
    );
    assert_eq!(over_stdio["result"], modern);
    for revision in ["2025-06-18", "2025-11-25"] {
        for draws in [true, false] {
            let http = server.session(revision, draws).call("get_order", arguments.clone());
            assert_eq!(http["structuredContent"], modern["structuredContent"]);
            assert_eq!(http["_meta"][WIDGET], modern["_meta"][WIDGET]);
            assert_eq!(http["content"].as_array().expect("content").len(), if draws { 1 } else { 2 });
            let stdio = StdioClient::initialized(project.path(), revision, draws)
                .call("get_order", arguments.clone());
            assert_eq!(stdio, http);
        }
    }
}

#[test]
fn each_part_of_a_result_is_enough_alone() {
    let server = Server::start(root());
    let asked = json!({"name": "get_order", "arguments": {"order_id": "1001"}});
    for draws in [true, false] {
        let result = server.modern_as(draws, "tools/call", asked.clone())["result"].clone();
        assert_eq!(result["isError"], false);
        assert_eq!(result["resultType"], "complete");
        assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "shop");
        let envelope = &result["structuredContent"];
        let keys: Vec<&str> = envelope.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["widget_id", "widget_type", "data"]);
        assert_eq!(serde_json::from_str::<Value>(text(&result, 0)).expect("JSON"), *envelope);
        let about = result["_meta"][WIDGET].as_object().expect("the widget");
        let keys: Vec<&str> = about.keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "type", "name", "tree", "copyText", "degraded"]);
        assert_eq!(about["id"], envelope["widget_id"]);
        assert_eq!(about["tree"]["type"], "Card");
        assert_eq!(about["copyText"], "Order 1001 is shipped: Arriving Thu, Nov 26. Total $227.90.");
        let content = result["content"].as_array().expect("content");
        assert_eq!(content.len(), if draws { 1 } else { 2 }, "readable text is for those who draw nothing");
        if !draws {
            assert_eq!(content[1]["annotations"]["audience"], json!(["user"]));
            assert!(
                text(&result, 1).contains("- **Track package** → `track_package`"),
                "{}",
                text(&result, 1)
            );
        }
    }
    // Older clients get none of what is new.
    let old = server.session("2025-06-18", true).call("get_order", asked["arguments"].clone());
    assert_eq!(
        (&old["resultType"], &old["_meta"]["io.modelcontextprotocol/serverInfo"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn the_envelope_can_be_nested() {
    let greeting = |tool: &str| {
        let project = greeting(&format!("{tool}\n[source.data]\ntitle = 'Hello'"));
        project.file("toolface.toml", "[server]\nname = 'test'\n[envelope]\nformat = 'nested'\n")
    };
    let data = json!({"title": "Hello", "kind": "plain", "note": null});
    let nested = greet(&greeting(""), &json!({}), "envelope").json();
    assert_eq!(nested, json!({"widget": {"id": "wig_card0001", "type": "card"}, "data": data}));
    let flat = greet(&greeting("envelope = 'flat'"), &json!({}), "envelope").json();
    assert_eq!(flat, json!({"widget_id": "wig_card0001", "widget_type": "card", "data": data}));
}

#[test]
fn what_is_answered_is_what_the_output_schema_says() {
    for format in ["flat", "nested"] {
        let project = Project::demo();
        let settings = std::fs::read_to_string(project.path().join("toolface.toml")).expect("settings");
        project.write("toolface.toml", format!("{settings}\n[envelope]\nformat = '{format}'\n"));
        let server = Server::start(project.path());
        let listed = server.modern("tools/list", json!({}))["result"]["tools"].clone();
        let old =
            server.session("2025-06-18", true).request("tools/list", json!({}))["result"]["tools"].clone();
        for (tool, arguments, id, _) in examples::calls() {
            let find = |list: &Value| {
                let all = list.as_array().expect("tools");
                all.iter().find(|t| t["name"] == tool).unwrap_or_else(|| panic!("{tool} in {list}"))["outputSchema"].clone()
            };
            let schema = find(&listed);
            assert_eq!(schema["type"], "object");
            assert_eq!(find(&old), schema, "older clients are told the same");
            let validator = jsonschema::validator_for(&schema).expect("a schema");
            let result = server.call(tool, arguments);
            let mut envelope = result["structuredContent"].clone();
            let faults: Vec<_> = validator.iter_errors(&envelope).map(|e| e.to_string()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{tool}: {envelope:#}");
            // The schema says something: another widget's id, or data of another kind, does not fit.
            let held =
                if format == "flat" { &mut envelope["widget_id"] } else { &mut envelope["widget"]["id"] };
            assert_eq!(*held, id);
            *held = json!("wig_other");
            assert!(!validator.is_valid(&envelope), "{tool}");
            let mut envelope = result["structuredContent"].clone();
            envelope["data"] = json!([]);
            assert!(!validator.is_valid(&envelope), "{tool}");
        }
    }
}

#[test]
fn private_fields_reach_the_widget_and_nobody_else() {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"}, "email": {"type": "string"},
            "items": {"type": "array", "items": {"type": "object", "properties": {"label": {"type": "string"}, "cost": {"type": "string"}}, "required": ["label", "cost"]}},
        },
        "required": ["name", "email", "items"],
    });
    let template = r#"{"type":"Card","children":[{"type":"Title","value":{{ (name ~ " " ~ email) | tojson }}}{% for item in items %},{"type":"Text","value":{{ (item.label ~ ": " ~ item.cost) | tojson }}}{% endfor %}]}"#;
    let tool = "description = 'x'\nwidget = 'card'\nwidget_id = 'wig_1'\nprivate = ['email', 'items[].cost']\ntext = 'Mail {{ email }}'
        [source.data]\nname = 'Mila'\nemail = 'mila@hidden.example'\nitems = [{ label = 'Bell', cost = 'hidden-7' }]";
    let project =
        Project::new().file("widgets/card.widget", widget(template, &schema)).file("tools/greet.toml", tool);
    let server = Server::start(project.path());
    for draws in [true, false] {
        let mut result =
            server.modern_as(draws, "tools/call", json!({"name": "greet", "arguments": {}}))["result"]
                .clone();
        assert_eq!(
            result["structuredContent"]["data"],
            json!({"name": "Mila", "items": [{"label": "Bell"}]})
        );
        let about = result["_meta"].as_object_mut().expect("_meta").remove(WIDGET).expect("the widget");
        assert!(
            about["tree"].to_string().contains("mila@hidden.example")
                && about["tree"].to_string().contains("hidden-7")
        );
        assert_eq!(about["copyText"], "Mail mila@hidden.example");
        assert!(!result.to_string().contains("hidden"), "{result:#}");
        if !draws {
            assert!(text(&result, 1).contains("Bell: •••"), "{}", text(&result, 1));
        }
    }
    let listed = server.modern("tools/list", json!({})).to_string();
    assert!(!listed.contains("email") && !listed.contains("cost"), "{listed}");
}

#[test]
fn what_is_missing_is_filled_told_or_refused() {
    let outcome = |tool: &str| {
        let result = greet(&greeting(tool), &json!({}), "full").json();
        let told = result["isError"].as_bool().expect("a flag").then(|| text(&result, 0).to_owned());
        (result["structuredContent"]["data"].clone(), result["_meta"][WIDGET]["degraded"].clone(), told)
    };
    let whole = json!({"title": "Hi", "kind": "plain", "note": null});
    assert_eq!(outcome("source.data.title = 'Hi'"), (whole.clone(), json!([]), None));
    assert_eq!(outcome("on_missing = 'partial'\nsource.data.title = 'Hi'"), (whole, json!([]), None));
    let (data, degraded, told) = outcome("on_missing = 'partial'\nsource.data.note = 'x'");
    assert_eq!((data["title"].is_string(), degraded, told), (true, json!(["/title"]), None));
    for (tool, missing) in [
        ("source.data.note = 'x'", "`title`"),
        ("on_missing = 'error'\nsource.data.title = 'x'", "`note`"),
        ("source.data.title = 7", "`title`"),
        ("source.data = { title = 'x', more = 1 }", "`more`"),
        ("source.data = ['x']", "the data"),
    ] {
        let (data, _, told) = outcome(tool);
        let told = told.unwrap_or_else(|| panic!("{tool}: no error, but {data}"));
        assert!(told.contains(missing) && told.contains("not of your arguments"), "{tool}: {told}");
        assert_eq!(data, Value::Null, "{tool}");
    }
}

#[test]
fn the_first_variant_that_fits_gives_the_widget() {
    let tool = "[input.n]\ntype = 'integer'\n[source.data]\ntitle = 'x'\n[data]\nselect = '{title: \"is \\($args.n)\"}'
        [[variants]]\nwhen = '$args.n > 10'\nwidget = 'big'\nwidget_id = 'wig_big'\ntext = 'big {{ title }}'
        [[variants]]\nwhen = '.title == \"is 7\" or $args.n > 5'\nwidget = 'middle'\nwidget_id = 'wig_middle'\n";
    let project = greeting(tool).file("widgets/big.widget", card()).file("widgets/middle.widget", card());
    let listed = Server::start(project.path()).modern("tools/list", json!({}))["result"]["tools"][0].clone();
    let schema = jsonschema::validator_for(&listed["outputSchema"]).expect("a schema");
    for (n, id, kind) in [(3, "wig_card0001", "card"), (7, "wig_middle", "middle"), (11, "wig_big", "big")] {
        let envelope = greet(&project, &json!({ "n": n }), "envelope").json();
        assert_eq!((&envelope["widget_id"], &envelope["widget_type"]), (&json!(id), &json!(kind)));
        assert!(schema.is_valid(&envelope), "{envelope}");
    }
}

#[test]
fn actions_name_the_tool_they_lead_to() {
    let button = r#"{"type":"Card","children":[{"type":"Button","label":"Again","onClickAction":{"type":"card.again","payload":{"who":{{ title | tojson }}}}}]}"#;
    let schema =
        json!({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]});
    let tool = "[input.name]\ntype = 'string'\n[source.data]\ntitle = 'Mila'\n[actions.'card.again']\ntool = 'greet'\narguments = { name = 'who' }\n";
    let project = greeting(tool).file("widgets/card.widget", widget(button, &schema));
    let shown = greet(&project, &json!({"name": "x"}), "text");
    assert!(shown.stdout.contains("**Again** → `greet`"), "{shown:?}");
    let tree = greet(&project, &json!({"name": "x"}), "tree").json();
    assert_eq!(
        tree["children"][0]["onClickAction"],
        json!({"type": "card.again", "payload": {"who": "Mila"}})
    );
    let bound = run(project.path(), &["manifest"]).json()["bindings"][0]["actions"].clone();
    assert_eq!(bound.to_string(), bound.to_string().replace('\n', ""));
    assert!(bound.to_string().contains("card.again") && bound.to_string().contains("greet"), "{bound}");
}

#[test]
fn arguments_that_do_not_fit_come_back_with_every_fault() {
    let tool = "source.data = { title = 'Hi' }
        [input.order]\ntype = 'string'\npattern = '^[0-9]+$'\ndescription = 'Order number'
        [input.limit]\ntype = 'integer'\nminimum = 1\nmaximum = 50\ndefault = 10
        [input.tags]\ntype = 'array'\nrequired = false\nitems = { enum = ['a', 'b'] }\n";
    let project = greeting(tool);
    let server = Server::start(project.path());
    let told = |arguments: Value| {
        let result = server.call("greet", arguments.clone());
        assert_eq!(result["isError"], true, "{arguments}");
        assert_eq!(result["structuredContent"], Value::Null);
        assert_eq!(result["_meta"][WIDGET], Value::Null);
        text(&result, 0).to_owned()
    };
    insta::assert_snapshot!(told(json!({"limit": "many", "tags": ["a", "c", 3], "ordr": "1", "order": 7})), @r#"
    Invalid arguments:
    - `limit` must be an integer from 1 to 50
    - `tags[1]` must be one of "a" or "b"
    - `tags[2]` must be one of "a" or "b"
    - `order` must be a string matching ^[0-9]+$ (Order number)
    - `ordr` is unknown; did you mean `order`?
    "#);
    insta::assert_snapshot!(told(json!({})), @r#"
    Invalid arguments:
    - `order` is required: a string matching ^[0-9]+$ (Order number)
    "#);
    insta::assert_snapshot!(told(json!({"order": "12a", "limit": 51})), @r#"
    Invalid arguments:
    - `order` must be a string matching ^[0-9]+$ (Order number)
    - `limit` must be an integer from 1 to 50
    "#);
    assert_eq!(server.call("greet", json!({"order": "7"}))["isError"], false);
    for (revision, draws) in [("2025-06-18", true), ("2025-11-25", false)] {
        let result = server.session(revision, draws).call("greet", json!({}));
        assert_eq!((&result["isError"], text(&result, 0)), (&json!(true), told(json!({})).as_str()));
    }
}

#[test]
fn defaults_of_arguments_are_used() {
    let tool = "[input.who]\ntype = 'string'\ndefault = 'world'\n[source.data]\ntitle = 'x'\n[data]\nselect = '{title: \"Hello, \\($args.who)\"}'\n";
    let project = greeting(tool);
    let title = |arguments: Value| greet(&project, &arguments, "envelope").json()["data"]["title"].clone();
    assert_eq!(title(json!({})), "Hello, world");
    assert_eq!(title(json!({"who": "Mila"})), "Hello, Mila");
}

#[test]
fn numbers_keep_every_digit() {
    let numbers = r#"{"id": 9223372036854775807, "more": 123456789012345678901234567890, "price": 0.30, "tiny": 1e-7, "exact": 0.1000000000000000055511151231257827}"#;
    let digits =
        ["9223372036854775807", "123456789012345678901234567890", "0.1000000000000000055511151231257827"];
    let template = r#"{"type":"Card","children":[{"type":"Text","value":"{{ id }} {{ more }}"},{"type":"Button","label":"x","onClickAction":{"type":"a","payload":{{ {"id": id, "more": more, "exact": exact} | tojson }}}}]}"#;
    let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}, "more": {"type": "integer"}, "price": {"type": "number"}, "tiny": {"type": "number"}, "exact": {"type": "number"}}});
    let project = Project::new()
        .file("data/numbers.json", numbers)
        .file("widgets/card.widget", widget(template, &schema))
        .file(
            "tools/greet.toml",
            "description = 'x'\nwidget = 'card'\nwidget_id = 'wig_1'\nsource.file = 'data/numbers.json'\n",
        );
    let server = Server::start(project.path());
    let session = server.session("2025-11-25", true);
    for result in [server.call("greet", json!({})), session.call("greet", json!({}))] {
        let (envelope, tree) =
            (result["structuredContent"].to_string(), result["_meta"][WIDGET]["tree"].to_string());
        for number in digits {
            assert!(envelope.contains(number), "{number} in {envelope}");
            assert!(text(&result, 0).contains(number), "{number} in {}", text(&result, 0));
        }
        // A template counts decimals as floats, as Jinja does everywhere; integers it keeps.
        for number in &digits[..2] {
            assert!(tree.contains(number), "{number} in {tree}");
        }
    }
    // The selector keeps what it passes on, too.
    project.write("tools/greet.toml", "description = 'x'\nwidget = 'card'\nwidget_id = 'wig_1'\nsource.file = 'data/numbers.json'\n[data]\nselect = '{id, more, exact}'\n");
    let selected = greet(&project, &json!({}), "envelope").stdout;
    assert!(digits.iter().all(|number| selected.contains(number)), "{selected}");
}

#[test]
fn a_selector_or_template_that_fails_is_told_without_internals() {
    for (tool, detail) in [
        ("source.data.title = 'x'\n[data]\nselect = '{title: (.title + 1)}'", "select"),
        ("source.data.title = 'x'\n[data]\nselect = 'error(\"hunter2\")'", "select"),
        ("source.data.title = 'x'\n[data]\nselect = 'empty'", "select"),
        (
            "source.data.title = 'x'\n[data]\nselect = '{title: [limit(100000000; repeat(1))] | length | tostring}'",
            "select",
        ),
    ] {
        let project = greeting(tool);
        let result = greet(&project, &json!({}), "full").json();
        assert_eq!(result["isError"], true, "{tool}");
        assert!(text(&result, 0).contains("not of your arguments"), "{tool}: {}", text(&result, 0));
        assert!(!text(&result, 0).contains("hunter2"), "{tool}");
        let traced = greet(&project, &json!({}), "trace").json();
        assert_eq!(traced["error"]["kind"], detail, "{traced:#}");
    }
}

#[test]
fn a_fixed_result_is_sent_as_it_is() {
    let tool = "description = 'x'\n[source.result]\ncontent = [{ type = 'text', text = 'plain' }]\nstructuredContent = { n = 1 }\n";
    let project = Project::new().file("tools/plain.toml", tool);
    let server = Server::start(project.path());
    for result in
        [server.call("plain", json!({})), server.session("2025-06-18", false).call("plain", json!({}))]
    {
        assert_eq!(result["content"], json!([{"type": "text", "text": "plain"}]));
        assert_eq!(
            (&result["structuredContent"], &result["_meta"][WIDGET]),
            (&json!({"n": 1}), &Value::Null)
        );
    }
}

#[test]
fn the_command_line_shows_every_part() {
    let call = |form| run(root(), &["call", "get_order", "--args", r#"{"order_id": "1001"}"#, "--as", form]);
    let full = call("full").json();
    assert_eq!(call("envelope").json(), full["structuredContent"]);
    assert_eq!(call("tree").json(), full["_meta"][WIDGET]["tree"]);
    assert_eq!(call("text").stdout.trim_end(), text(&full, 1));
    let trace = call("trace").json();
    let stages: Vec<&str> =
        trace["stages"].as_array().expect("stages").iter().filter_map(|s| s["stage"].as_str()).collect();
    assert_eq!(stages, ["arguments", "source", "select", "data", "template", "tree", "envelope"]);
    assert_eq!(trace["stages"][6]["outcome"], full["structuredContent"]);
    assert_eq!(trace["stages"][1]["outcome"]["tracking_number"], "SW-4471-2290");
    // Exactly what a client over HTTP gets.
    let served = Server::start(Project::demo_alone().path()).modern_as(
        false,
        "tools/call",
        json!({"name": "get_order", "arguments": {"order_id": "1001"}}),
    );
    assert_eq!(served["result"], full);
    for form in ["envelope", "tree", "text"] {
        let refused = run(root(), &["call", "get_order", "--args", r#"{"order_id": "9999"}"#, "--as", form]);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{form}");
        assert!(refused.stderr.contains("No order 9999"), "{refused:?}");
    }
}
