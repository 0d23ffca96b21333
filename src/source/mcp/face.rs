//! What an upstream sees of us: what we are said to be able to, and where its requests and notifications go.
//!
//! Owns no answers: requests are put to the client of the call they belong to.

#![allow(deprecated, reason = "sampling and roots are deprecated, and older upstreams ask for them")]

use std::sync::{Arc, Weak};

use rmcp::model::{
    ClientCapabilities, ClientConfig, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams,
    ElicitResult, Implementation, ListRootsResult, ProgressNotificationParam, ProgressToken, ProtocolVersion,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{ClientHandler, ErrorData, RoleClient};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::client::{MIME_TYPE, STRAGGLING};
use super::underway::UnderWay;
use super::{Upstream, VIEWS};
use crate::source::input::Progress;

/// What an upstream sees of us.
pub(super) struct Face {
    pub(super) upstream: Weak<Upstream>,
    pub(super) calls: Arc<UnderWay>,
    /// Nothing more comes from it.
    pub(super) ended: CancellationToken,
}

impl Face {
    /// Puts a request of the upstream to the client of the call it belongs to.
    async fn put<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: impl Serialize,
    ) -> Result<T, ErrorData> {
        let refused = |why: String| ErrorData::invalid_request(why, None);
        let params = serde_json::to_value(params).map_err(|e| refused(e.to_string()))?;
        let answer = tokio::select! {
            answer = self.calls.put(method, params) => answer,
            // It is not there any more to be answered.
            () = self.ended.cancelled() => Err("it went away".to_owned()),
        };
        let answer = answer.map_err(|why| {
            // Many ask for folders as soon as they are begun, when nobody can have called yet.
            if let Some(upstream) = self.upstream.upgrade().filter(|_| !self.calls.is_idle()) {
                tracing::info!(connection = upstream.name(), "`{method}` is refused: {why}");
            }
            refused(why)
        })?;
        serde_json::from_value(answer)
            .map_err(|e| refused(format!("the client's answer is not as it must be: {e}")))
    }

    fn look_again(&self) {
        if let Some(upstream) = self.upstream.upgrade() {
            upstream.look_again();
        }
    }
}

impl ClientHandler for Face {
    /// Before 2026-07-28 this is said once, before any client is known: so all that a client may be able to. Later each
    /// request says what its own client can.
    fn get_info(&self) -> ClientConfig {
        let identity = Implementation::new("toolface", env!("CARGO_PKG_VERSION"));
        let all = json!({
            "elicitation": {"form": {}, "url": {}},
            "sampling": {"tools": {}, "context": {}},
            "roots": {},
            "extensions": {VIEWS: {"mimeTypes": [MIME_TYPE]}},
        });
        let capabilities: ClientCapabilities = serde_json::from_value(all).unwrap_or_default();
        ClientConfig::new(capabilities, identity).with_protocol_version(ProtocolVersion::V_2025_11_25)
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        self.put("elicitation/create", params).await
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        self.put("sampling/createMessage", params).await
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        self.put("roots/list", json!({})).await
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let ProgressNotificationParam { progress_token, progress, total, message, .. } = params;
        let (token, told) = (token(&progress_token), Progress { progress, total, message });
        if !self.calls.progress(&token, told.clone()) {
            tokio::time::sleep(STRAGGLING).await;
            self.calls.progress(&token, told);
        }
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.look_again();
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.look_again();
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.look_again();
    }
}

/// A token of progress as it is kept here.
pub(super) fn token(token: &ProgressToken) -> String {
    serde_json::to_string(token).unwrap_or_default()
}
