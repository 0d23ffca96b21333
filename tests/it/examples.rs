//! The demo: every tool answers, in the widget it is meant to, over the wire.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Server, root, run};

/// A call of a demo tool and the widget it is answered in: tool, arguments, id, type.
pub fn calls() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let visit = json!({
        "product_id": "commuter", "kind": "test-ride", "day": "2026-12-01", "time": "11:00", "name": "Mila Solano",
        "phone": "555 0142", "reminder": true,
    });
    vec![
        ("get_stock", json!({"symbol": "pdlp"}), "wig_s4kq7m2d", "stock-card"),
        ("get_order", json!({"order_id": "1001"}), "wig_p9w3xr6t", "order-card"),
        ("get_order", json!({"order_id": "1003"}), "wig_c7n5vh1y", "order-closed"),
        ("track_package", json!({"tracking_number": "SW-4471-2290"}), "wig_t2f8jz4b", "package-tracking"),
        ("search_products", json!({}), "wig_l6g1yd9s", "product-list"),
        ("search_products", json!({"query": "light"}), "wig_l6g1yd9s", "product-list"),
        ("search_products", json!({"query": "unicycle"}), "wig_n3b7ke5q", "nothing-found"),
        ("get_profile", json!({"customer_id": "2001"}), "wig_u8m4ca2w", "profile-card"),
        ("book_appointment", json!({"product_id": "commuter"}), "wig_a5r9tp3h", "appointment-form"),
        ("confirm_appointment", visit, "wig_b1z6qx8v", "appointment-confirmed"),
    ]
}

#[test]
fn every_tool_answers_in_its_own_widget() {
    let server = Server::start(root());
    let mut types = BTreeSet::new();
    for (tool, arguments, id, kind) in calls() {
        let result = server.call(tool, arguments);
        assert_eq!(result["isError"], false, "{tool}: {result:#}");
        assert_eq!(result["structuredContent"]["widget_id"], id, "{tool}");
        assert_eq!(result["structuredContent"]["widget_type"], kind, "{tool}");
        assert_eq!(result["_meta"]["dev.toolface/widget"]["id"], id, "{tool}");
        assert_eq!(result["_meta"]["dev.toolface/widget"]["degraded"], json!([]), "{tool}");
        types.insert(kind);
    }
    let listed = server.modern("tools/list", json!({}))["result"]["tools"].as_array().expect("tools").len();
    let called: BTreeSet<_> = calls().into_iter().map(|(tool, ..)| tool).collect();
    // Two more are listed: what views draw themselves by, and what they tell the studio by.
    assert_eq!((called.len() + 2, types.len()), (listed, 9), "every tool and every widget is met");
}

#[test]
fn the_arguments_the_tools_themselves_show_work() {
    let manifest = run(root(), &["manifest"]).json();
    for binding in manifest["bindings"].as_array().expect("bindings") {
        let tool = binding["tool"].as_str().expect("a name");
        let properties = binding["input_schema"]["properties"].as_object().expect("properties");
        let shown =
            properties.iter().filter_map(|(name, p)| Some((name.clone(), p["examples"].get(0)?.clone())));
        let arguments = Value::Object(shown.collect()).to_string();
        let called = run(root(), &["call", tool, "--args", &arguments, "--as", "envelope"]);
        assert_eq!(
            (called.code, called.json()["widget_type"].is_string()),
            (0, true),
            "{tool} {arguments}: {called:?}"
        );
    }
}

#[test]
fn what_was_booked_stays_booked() {
    let server = Server::start(root());
    let (tool, arguments, ..) = calls().pop().expect("calls");
    let booked = server.call(tool, arguments.clone());
    assert_eq!(booked["structuredContent"]["data"]["reminder"], true);
    let again = server.call(tool, arguments.clone());
    assert_eq!(again["isError"], true);
    let told = again["content"][0]["text"].as_str().expect("words");
    assert!(told.contains("11:00 on 2026-12-01 is taken"), "{told}");
    let mut other = arguments;
    other["time"] = json!("15:00");
    assert_eq!(server.call(tool, other)["isError"], false);
}
