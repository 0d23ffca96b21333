//! What a call comes to, by the contract.

use serde_json::json;

use crate::support::{Project, Server, StdioClient, root};

#[test]
fn a_result_is_the_same_over_both_transports_at_all_revisions() {
    let server = Server::start(root());
    let arguments = json!({"order_id": "1001"});
    let modern = server.call("get_order", arguments.clone());
    assert_eq!(modern["structuredContent"]["widget_type"], "order-card");
    let project = Project::demo();
    for revision in ["2025-06-18", "2025-11-25"] {
        let http = server.session(revision, true).call("get_order", arguments.clone());
        assert_eq!(http["structuredContent"], modern["structuredContent"]);
        let stdio =
            StdioClient::initialized(project.path(), revision, true).call("get_order", arguments.clone());
        assert_eq!(stdio, http);
    }
}
