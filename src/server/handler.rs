//! rmcp's methods, a few lines each.
//!
//! Owns what is answered to each method at each revision: lists with pages and cache hints, reads, prompts,
//! completion, subscriptions. Calls go through [`super::calls`].

#![allow(
    deprecated,
    reason = "logging and resource subscriptions are deprecated, and older clients use them"
)]

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rmcp::model::*;
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;

use super::calls::{self, Call, Client, Witness};
use super::changes::{Follower, MOST, Resources};
use super::convert::{self, Listing};
use super::dialogue::{self, Dialogue, Step};
use super::direct::UI_EXTENSION;
use super::stdio::STDIO;
use super::wire::{Revision, SERVER_INFO_META};
use super::{Shared, passing, prompts, resources};
use crate::call::Trace;
use crate::catalog::{Catalog, extras};
use crate::traffic::Record;
use crate::view;

type Cx = RequestContext<RoleServer>;

/// One connection: a session over HTTP, a single request of a sessionless client, or a whole stdio process.
#[derive(Debug, Clone)]
pub struct Handler {
    shared: Arc<Shared>,
    transport: &'static str,
    /// Tells its client from others.
    session: u64,
    /// The log level a client of an older revision asked for.
    level: Arc<Mutex<Option<LoggingLevel>>>,
    /// The resources a client of an older revision wants to hear of.
    resources: Arc<Resources>,
    /// Subscriptions that are acknowledged next: what their clients know at that moment.
    followers: Arc<Mutex<VecDeque<Follower>>>,
}

/// The revisions we speak, oldest first.
const REVISIONS: [ProtocolVersion; 3] =
    [ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];

fn revision(cx: &Cx) -> Revision {
    match cx.protocol_version() {
        Some(version) if version >= ProtocolVersion::V_2026_07_28 => Revision::Modern,
        _ => Revision::Legacy,
    }
}

/// Results of 2026-07-28 say who made them; rmcp does so for some only.
fn stamp(meta: &mut Option<MetaObject>, catalog: &Catalog, cx: &Cx) {
    if revision(cx) == Revision::Modern {
        let identity = serde_json::from_str(&catalog.identity).unwrap_or_default();
        meta.get_or_insert_default().insert(SERVER_INFO_META.into(), identity);
    }
}

/// What the client says of itself, as JSON text.
fn about(cx: &Cx) -> Option<String> {
    serde_json::to_string(&cx.client_info()?).ok()
}

/// The entries of one page, and the cursor of the next.
type Page<T> = (Vec<T>, Option<String>);

/// One page. A cursor names the entry after which the page begins, so it stays valid when the list changes.
fn page<T: Clone>(
    all: &[T],
    name: impl Fn(&T) -> &str,
    asked: Option<&PaginatedRequestParams>,
    size: usize,
) -> Result<Page<T>, ErrorData> {
    let start = match asked.and_then(|p| p.cursor.as_deref()) {
        None => 0,
        Some(cursor) => {
            let after = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|b| String::from_utf8(b).ok());
            let after = after.as_deref().and_then(|text| text.strip_prefix("after:"));
            let after = after.ok_or_else(|| ErrorData::invalid_params("Invalid cursor", None))?;
            all.partition_point(|entry| name(entry) <= after)
        }
    };
    let page: Vec<T> = all.iter().skip(start).take(size).cloned().collect();
    let more = start + page.len() < all.len();
    let next = page
        .last()
        .filter(|_| more)
        .map(|last| BASE64_URL_SAFE_NO_PAD.encode(format!("after:{}", name(last))));
    Ok((page, next))
}

impl Handler {
    /// A handler for one connection.
    pub fn new(shared: Arc<Shared>, transport: &'static str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(STDIO + 1);
        let session = if transport == "stdio" { STDIO } else { NEXT.fetch_add(1, Ordering::Relaxed) };
        Self {
            shared,
            transport,
            session,
            level: Arc::default(),
            resources: Arc::default(),
            followers: Arc::default(),
        }
    }

    fn followers(&self) -> MutexGuard<'_, VecDeque<Follower>> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listing(&self) -> Arc<Listing> {
        self.shared.listing()
    }

    /// The number that tells a client from others; 0 at 2026-07-28, where each request may come from another, also on
    /// stdio: a gateway in front has many.
    fn client(&self, cx: &Cx) -> u64 {
        if revision(cx) == Revision::Modern { 0 } else { self.session }
    }

    /// One whose request may come to a question.
    fn dialogue<'c>(
        &self,
        cx: &'c Cx,
        responses: Option<InputResponses>,
        state: Option<String>,
    ) -> Dialogue<'c> {
        Dialogue::new(cx, revision(cx), self.client(cx), (responses, state), true)
    }

    async fn call(&self, request: CallToolRequestParams, cx: &Cx) -> Result<CallToolResponse, ErrorData> {
        let catalog = self.shared.catalog();
        let extensions = cx.client_capabilities().and_then(|c| c.extensions);
        let client = Client {
            revision: revision(cx),
            draws: extensions.is_some_and(|e| e.contains_key(UI_EXTENSION)),
        };
        let mut arguments = request.arguments.unwrap_or_default();
        let about = self.shared.traffic.as_ref().and_then(|_| about(cx));
        let (tool, transport) = (&*request.name, self.transport);
        let may_ask = catalog.tool(tool, &arguments).is_some_and(|tool| tool.source.may_ask());
        let answered = (request.input_responses, request.request_state);
        let outcome = Dialogue::new(cx, client.revision, self.client(cx), answered, may_ask).run(|caller| {
            // Only a question leads to another round.
            let arguments = if may_ask { arguments.clone() } else { std::mem::take(&mut arguments) };
            let about = about.as_deref();
            let call = Call { tool, arguments, client, transport, about, cause: None, caller };
            Box::pin(self.step(&catalog, call))
        });
        match outcome.await? {
            Step::Asks(asked) => Ok(dialogue::required(&asked)?.into()),
            Step::Done(result) => {
                if result.is_error == Some(true) {
                    self.log_failure(&request.name, cx).await;
                }
                Ok(result.into())
            }
        }
    }

    async fn step(&self, catalog: &Catalog, call: Call<'_>) -> Result<Step<CallToolResult>, ErrorData> {
        let mut witness = Witness::new(Trace::times());
        let written = calls::answer_before(&self.shared, catalog, call, Vec::new(), &mut witness).await;
        let written = written.map_err(|e| convert::error(&e))?;
        match witness.asked {
            Some(asked) => Ok(Step::Asks(asked)),
            None => convert::result(&written).map(Step::Done),
        }
    }

    /// Keeps a request that is no call, to be looked at.
    fn note(&self, method: &'static str, subject: Option<&str>, cx: &Cx, outcome: &'static str) {
        let Some(traffic) = &self.shared.traffic else { return };
        let id = traffic.number();
        traffic.record(
            id,
            Record {
                method,
                client: about(cx),
                revision: revision(cx).name(),
                transport: self.transport,
                route: self.shared.route_name().map(str::to_owned),
                subject: subject.map(str::to_owned),
                outcome,
                ..Record::default()
            },
        );
    }

    /// Tells a client that asked for log messages that a call failed.
    async fn log_failure(&self, tool: &str, cx: &Cx) {
        let asked = match revision(cx) {
            Revision::Modern => cx.meta.log_level(),
            Revision::Legacy => *self.level.lock().unwrap_or_else(PoisonError::into_inner),
        };
        use LoggingLevel::{Debug, Info, Notice, Warning};
        if matches!(asked, Some(Debug | Info | Notice | Warning)) {
            let message =
                LoggingMessageNotificationParam::new(Warning, json!({"tool": tool, "outcome": "failed"}));
            let _ = cx.peer.notify_logging_message(message.with_logger("toolface")).await;
        }
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let ui = object(json!({ "mimeTypes": ["text/html;profile=mcp-app"] }));
        let capabilities = ServerCapabilities::builder()
            .enable_extensions_with(ExtensionCapabilities::from([(UI_EXTENSION.to_owned(), ui)]))
            .enable_tools()
            .enable_tool_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_completions()
            .enable_logging()
            .build();
        let catalog = self.shared.catalog();
        let server = &catalog.server;
        let mut about = Implementation::new(&server.name, catalog.version());
        about.title.clone_from(&server.title);
        let mut config = ServerConfig::new(capabilities).with_server_info(about);
        config.instructions = server.instructions.as_ref().map(|text| text.trim().to_owned());
        config
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&REVISIONS)
    }

    async fn discover(&self, cx: Cx) -> Result<DiscoverResult, ErrorData> {
        self.note("server/discover", None, &cx, "ok");
        let ttl = self.shared.catalog().server.list_ttl_ms;
        Ok(DiscoverResult::from_server_info(REVISIONS.to_vec(), self.get_info())
            .with_ttl_ms(ttl)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_tools(
        &self,
        asked: Option<PaginatedRequestParams>,
        cx: Cx,
    ) -> Result<ListToolsResult, ErrorData> {
        self.note("tools/list", None, &cx, "ok");
        let listing = self.listing();
        let server = &listing.catalog.server;
        let (tools, next) = page(&listing.tools, |t| &t.name, asked.as_ref(), server.page_size)?;
        let mut result = ListToolsResult::with_all_items(tools)
            .with_ttl_ms(server.list_ttl_ms)
            .with_cache_scope(CacheScope::Public);
        result.next_cursor = next;
        stamp(&mut result.meta, &listing.catalog, &cx);
        Ok(result)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.listing().tool(name).cloned()
    }

    async fn call_tool(&self, request: CallToolRequestParams, cx: Cx) -> Result<CallToolResponse, ErrorData> {
        let running = self.shared.running.track_future(self.call(request, &cx));
        running.await
    }

    async fn list_resources(
        &self,
        asked: Option<PaginatedRequestParams>,
        cx: Cx,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.note("resources/list", None, &cx, "ok");
        let listing = self.listing();
        let server = &listing.catalog.server;
        let (resources, next) = page(&listing.resources, |r| &r.uri, asked.as_ref(), server.page_size)?;
        let mut result = ListResourcesResult::with_all_items(resources)
            .with_ttl_ms(server.list_ttl_ms)
            .with_cache_scope(CacheScope::Public);
        result.next_cursor = next;
        stamp(&mut result.meta, &listing.catalog, &cx);
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        asked: Option<PaginatedRequestParams>,
        cx: Cx,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let listing = self.listing();
        let server = &listing.catalog.server;
        let (templates, next) =
            page(&listing.templates, |t| &t.uri_template, asked.as_ref(), server.page_size)?;
        let mut result = ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(server.list_ttl_ms)
            .with_cache_scope(CacheScope::Public);
        result.next_cursor = next;
        stamp(&mut result.meta, &listing.catalog, &cx);
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        cx: Cx,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let listing = self.listing();
        let contents = resources::read(&listing, &request.uri);
        if contents.is_err() && listing.catalog.passing.of_address(&request.uri).is_some() {
            self.note("resources/read", Some(&request.uri), &cx, "ok");
            let dialogue = self.dialogue(&cx, request.input_responses, request.request_state);
            return Ok(match passing::read(&listing.catalog, &request.uri, dialogue).await? {
                Step::Asks(asked) => dialogue::required(&asked)?.into(),
                Step::Done(mut result) => {
                    stamp(&mut result.meta, &listing.catalog, &cx);
                    result.into()
                }
            });
        }
        let outcome = if contents.is_ok() { "ok" } else { "not-found" };
        self.note("resources/read", Some(&request.uri), &cx, outcome);
        let page = view::widget_of(&request.uri, &listing.catalog.server.name);
        if let (Some(traffic), Some(widget), true) = (&self.shared.traffic, page, contents.is_ok()) {
            traffic.page_read(widget);
        }
        let contents = contents?;
        let mut result = ReadResourceResult::new(vec![contents])
            .with_ttl_ms(listing.catalog.server.list_ttl_ms)
            .with_cache_scope(CacheScope::Public);
        stamp(&mut result.meta, &listing.catalog, &cx);
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        asked: Option<PaginatedRequestParams>,
        cx: Cx,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.note("prompts/list", None, &cx, "ok");
        let listing = self.listing();
        let server = &listing.catalog.server;
        let (prompts, next) = page(&listing.prompts, |p| &p.name, asked.as_ref(), server.page_size)?;
        let mut result = ListPromptsResult::with_all_items(prompts)
            .with_ttl_ms(server.list_ttl_ms)
            .with_cache_scope(CacheScope::Public);
        result.next_cursor = next;
        stamp(&mut result.meta, &listing.catalog, &cx);
        Ok(result)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        cx: Cx,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.note("prompts/get", Some(&request.name), &cx, "ok");
        let catalog = self.shared.catalog();
        let arguments = request.arguments.unwrap_or_default();
        if passing::prompt_of(&catalog, &request.name).is_some() {
            let dialogue = self.dialogue(&cx, request.input_responses, request.request_state);
            return Ok(match passing::prompt(&catalog, &request.name, arguments, dialogue).await? {
                Step::Asks(asked) => dialogue::required(&asked)?.into(),
                Step::Done(mut result) => {
                    stamp(&mut result.meta, &catalog, &cx);
                    result.into()
                }
            });
        }
        let mut result = prompts::get(&catalog, &request.name, &arguments)?;
        stamp(&mut result.meta, &catalog, &cx);
        Ok(result.into())
    }

    async fn complete(&self, request: CompleteRequestParams, cx: Cx) -> Result<CompleteResult, ErrorData> {
        let catalog = self.shared.catalog();
        if let Some(passed) = passing::completes(&catalog, &request.r#ref) {
            let mut result = tokio::select! {
                () = cx.ct.cancelled() => return Err(ErrorData::internal_error("cancelled", None)),
                completed = passing::complete(&catalog, passed, &request, self.client(&cx)) => completed?,
            };
            stamp(&mut result.meta, &catalog, &cx);
            return Ok(result);
        }
        let asked = &request.argument;
        let fitting: Vec<&str> = match &request.r#ref {
            Reference::Prompt(prompt) => prompts::complete(&catalog, &prompt.name, &asked.name, &asked.value),
            Reference::Resource(resource) => {
                let mut templates = catalog.resource_templates.iter();
                let template = templates.find(|t| t.about.uri_template == resource.uri);
                let values = template.map(|t| extras::values_of(&t.about.values, &asked.name));
                extras::complete(values.unwrap_or_default(), &asked.value)
            }
            _ => Vec::new(),
        };
        let total = u32::try_from(fitting.len()).unwrap_or(u32::MAX);
        let shown: Vec<String> = fitting.into_iter().take(100).map(str::to_owned).collect();
        let more = shown.len() < total as usize;
        let info = CompletionInfo::with_pagination(shown, Some(total), more);
        let mut result = CompleteResult::new(info.map_err(|e| ErrorData::internal_error(e, None))?);
        stamp(&mut result.meta, &catalog, &cx);
        Ok(result)
    }

    async fn set_level(&self, request: SetLevelRequestParams, cx: Cx) -> Result<(), ErrorData> {
        if revision(&cx) == Revision::Modern {
            // Gone in 2026-07-28, where a request itself says what it wants logged.
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        *self.level.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.level);
        Ok(())
    }

    async fn subscribe(&self, request: SubscribeRequestParams, _: Cx) -> Result<(), ErrorData> {
        self.resources.add(&self.listing(), request.uri).map_err(|_| {
            ErrorData::invalid_params(format!("A session can subscribe to {MOST} resources, not more"), None)
        })
    }

    async fn unsubscribe(&self, request: UnsubscribeRequestParams, _: Cx) -> Result<(), ErrorData> {
        self.resources.remove(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        // The acknowledgement comes next; from then on nothing may be missed.
        self.followers().push_back(Follower::asking(&self.shared, requested));
        let mut accepted = requested.clone();
        accepted.resource_subscriptions.iter_mut().for_each(|uris| uris.truncate(MOST));
        Some(accepted)
    }

    async fn listen(&self, cx: SubscriptionContext) -> Result<(), ErrorData> {
        let follower = self.followers().pop_front();
        let follower = follower.unwrap_or_else(|| Follower::asking(&self.shared, cx.accepted()));
        tokio::select! {
            () = cx.cancelled() => {}
            () = self.shared.drain.cancelled() => {}
            () = follower.tell(cx.sink().clone()) => {}
        }
        Ok(())
    }

    async fn on_initialized(&self, cx: NotificationContext<RoleServer>) {
        let follower = Follower::new(&self.shared, self.resources.clone());
        tokio::spawn(follower.tell(cx.peer));
    }

    /// Parameters of the wrong shape arrive here; say so instead of "method not found".
    async fn on_custom_request(&self, request: CustomRequest, _: Cx) -> Result<CustomResult, ErrorData> {
        const KNOWN: [&str; 8] = [
            "tools/call",
            "tools/list",
            "resources/read",
            "resources/list",
            "resources/templates/list",
            "prompts/get",
            "prompts/list",
            "completion/complete",
        ];
        if KNOWN.contains(&request.method.as_str()) {
            let message = format!("Invalid params: they do not have the shape that {} takes", request.method);
            return Err(ErrorData::invalid_params(message, None));
        }
        Err(ErrorData::new(
            ErrorCode::METHOD_NOT_FOUND,
            format!("Method not found: {}", request.method),
            None,
        ))
    }
}
