//! Calls that are under way at an upstream, and what it sends because of them.
//!
//! Owns which call a request of the upstream belongs to, or a notification of progress, and keeps calls that wait for
//! an answer of their client. Before 2026-07-28 a request of a server does not say which call it belongs to: it is put
//! to a client only if no other client has a call under way there, or one that was given up and not answered.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use super::client::Lost;
use super::{Reply, home, locked};
use crate::source::input::{Caller, InputRequired, InputResponses, Progress};

/// How long a call waits for an answer of its client.
const WAITING: Duration = Duration::from_secs(600);
/// How long one that was given up counts, unless it is answered before. Who keeps to the rules does not answer it.
pub(super) const FADING: Duration = Duration::from_secs(60);
/// Calls that may wait at once, of all upstreams.
const MOST: usize = 256;
/// The key of the one question a waiting call has.
const KEY: &str = "question";
/// Why a question goes to nobody.
const GIVEN_UP: &str = "the call this belongs to was given up";
/// How a state begins that means a waiting call.
const STATE: &str = "toolface-waiting-";

/// A request of an upstream to the client of a call.
#[derive(Debug)]
pub(super) struct Question {
    method: &'static str,
    params: Value,
    reply: oneshot::Sender<Value>,
}

/// Who has a call under way, and how it hears of it.
#[derive(Debug)]
struct One {
    session: u64,
    /// Only what it can be asked is used of this.
    caller: Caller,
    questions: Option<mpsc::Sender<Question>>,
    /// How many it was asked.
    asked: usize,
}

/// The calls under way at one client of an upstream.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    calls: Mutex<(u64, BTreeMap<u64, One>)>,
    /// Where progress goes, by its token.
    progress: Mutex<HashMap<String, mpsc::Sender<Progress>>>,
}

/// Ends with the call.
#[derive(Debug)]
pub(super) struct Registered {
    all: Arc<UnderWay>,
    number: u64,
}

impl Drop for Registered {
    fn drop(&mut self) {
        locked(&self.all.calls).1.remove(&self.number);
    }
}

impl Registered {
    /// Progress with this token goes there.
    pub(super) fn hear(&self, token: String, progress: mpsc::Sender<Progress>) -> Hearing<'_> {
        self.all.hear(token, progress)
    }

    /// Puts a request of the upstream that belongs to this call for certain to its client, and waits for its answer.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn put(&self, method: &'static str, params: Value) -> Result<Value, String> {
        let asked = match locked(&self.all.calls).1.get(&self.number) {
            Some(call) => call.open_to(method, &params)?,
            None => return Err(GIVEN_UP.to_owned()),
        };
        put(asked, method, params).await
    }
}

impl One {
    /// Where a request of the upstream goes.
    fn open_to(&self, method: &str, params: &Value) -> Result<mpsc::Sender<Question>, String> {
        match (self.caller.check(method, Some(params)), &self.questions) {
            _ if self.is_given_up() => Err(GIVEN_UP.to_owned()),
            (Ok(()), Some(questions)) => Ok(questions.clone()),
            (Ok(()), None) => Err("the client of this call cannot be asked anything".to_owned()),
            (Err(cannot), _) => Err(cannot.to_string()),
        }
    }

    /// It counts, but nobody is there to be asked.
    fn is_given_up(&self) -> bool {
        self.questions.as_ref().is_some_and(mpsc::Sender::is_closed)
    }
}

async fn put(call: mpsc::Sender<Question>, method: &'static str, params: Value) -> Result<Value, String> {
    let (reply, answer) = oneshot::channel();
    let gone = || "the call this belongs to has ended".to_owned();
    call.send(Question { method, params, reply }).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())
}

/// Progress goes to a call as long as there is this.
#[derive(Debug)]
pub(super) struct Hearing<'u> {
    all: &'u UnderWay,
    token: String,
}

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        locked(&self.all.progress).remove(&self.token);
    }
}

impl UnderWay {
    /// A call begins.
    pub(super) fn register(
        self: &Arc<Self>,
        session: u64,
        capabilities: Option<&Map<String, Value>>,
        questions: Option<mpsc::Sender<Question>>,
    ) -> Registered {
        let capabilities = capabilities.cloned().unwrap_or_default();
        let caller = Caller { capabilities, ..Caller::default() };
        let mut calls = locked(&self.calls);
        calls.0 += 1;
        let number = calls.0;
        calls.1.insert(number, One { session, caller, questions, asked: 0 });
        Registered { all: self.clone(), number }
    }

    /// Progress with this token goes there.
    pub(super) fn hear(&self, token: String, progress: mpsc::Sender<Progress>) -> Hearing<'_> {
        locked(&self.progress).insert(token.clone(), progress);
        Hearing { all: self, token }
    }

    /// Hands a notification of progress to its call; `false` if none has this token.
    pub(super) fn progress(&self, token: &str, progress: Progress) -> bool {
        let progresses = locked(&self.progress);
        let Some(call) = progresses.get(token) else { return false };
        // Who does not keep up misses some.
        let _ = call.try_send(progress);
        true
    }

    /// Whether no client has a call under way.
    pub(super) fn is_idle(&self) -> bool {
        locked(&self.calls).1.is_empty()
    }

    /// Puts a request of the upstream to the client it is meant for, and waits for its answer.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn put(&self, method: &'static str, params: Value) -> Result<Value, String> {
        let asked = self.meant(method, &params)?;
        put(asked, method, params).await
    }

    fn meant(&self, method: &str, params: &Value) -> Result<mpsc::Sender<Question>, String> {
        let calls = &mut locked(&self.calls).1;
        let Some(newest) = calls.values().next_back() else {
            return Err("no call is under way, so there is nobody to ask".to_owned());
        };
        let one_client = calls.len() == 1
            || newest.session != 0 && calls.values().all(|call| call.session == newest.session);
        if !one_client {
            let why = "calls of several clients are under way (perhaps one that waits for its client, or was given \
                       up), and nothing tells which of them is meant";
            return Err(why.to_owned());
        }
        let mut why = GIVEN_UP.to_owned();
        let mut open: Vec<&mut One> = calls.values_mut().rev().filter(|call| !call.is_given_up()).collect();
        // Of several calls of one client, each may have its question.
        open.sort_by_key(|call| call.asked);
        for call in open {
            match call.open_to(method, params) {
                Ok(questions) => {
                    call.asked += 1;
                    return Ok(questions);
                }
                Err(cannot) => why = cannot,
            }
        }
        Err(why)
    }
}

/// A call of which an answer or a question comes next.
#[derive(Debug)]
pub(super) struct Talk {
    /// Upstream, method and what is called: a call goes on with the same alone.
    pub(super) about: Arc<str>,
    pub(super) call: AbortOnDropHandle<Result<Value, Lost>>,
    pub(super) questions: mpsc::Receiver<Question>,
    /// What is under way at the same client of the upstream.
    pub(super) calls: Arc<UnderWay>,
}

/// A call that waits for its client.
#[derive(Debug)]
struct Waiting {
    talk: Talk,
    question: Question,
}

static WAITS: LazyLock<Mutex<HashMap<String, Waiting>>> = LazyLock::new(Mutex::default);

impl Talk {
    /// Waits for what comes next. A question is left with the caller, and the call kept until it is answered.
    pub(super) async fn go_on(mut self) -> Result<Reply, Lost> {
        loop {
            let question = tokio::select! {
                biased;
                result = &mut self.call => {
                    let result = result.map_err(|e| Lost::Unreachable(e.to_string()))?;
                    return result.map(Reply::Result);
                }
                Some(question) = self.questions.recv() => question,
            };
            match (Waiting { talk: self, question }).keep() {
                Ok(asked) => return Ok(Reply::InputRequired(asked)),
                // Its question is refused by being dropped.
                Err(talk) => self = *talk,
            }
        }
    }
}

impl Waiting {
    /// Whether its answer is still wanted. An upstream that has answered the call wants none; but if other calls are under
    /// way, it may have asked because of them.
    fn is_open(&self) -> bool {
        let is_over = self.talk.call.is_finished() && self.talk.calls.is_idle();
        !self.question.reply.is_closed() && !is_over
    }

    fn keep(self) -> Result<InputRequired, Box<Talk>> {
        let mut random = [0_u8; 16];
        let mut waits = locked(&WAITS);
        if waits.len() >= MOST {
            waits.retain(|_, one| one.is_open());
        }
        let Ok(home) = home() else { return Err(Box::new(self.talk)) };
        if waits.len() >= MOST || getrandom::fill(&mut random).is_err() {
            tracing::warn!("{MOST} calls wait for answers of their clients; no more can");
            return Err(Box::new(self.talk));
        }
        let state = format!("{STATE}{:032x}", u128::from_be_bytes(random));
        let asked = self.asked(&state);
        waits.insert(state.clone(), self);
        home.spawn(async move {
            tokio::time::sleep(WAITING).await;
            forget(&state);
        });
        Ok(asked)
    }

    fn asked(&self, state: &str) -> InputRequired {
        let question = json!({"method": self.question.method, "params": self.question.params});
        InputRequired {
            requests: Map::from_iter([(KEY.to_owned(), question)]),
            state: Some(state.to_owned()),
        }
    }
}

/// Gives a call up that waits for its client. Other states mean nothing here.
pub fn forget(state: &str) {
    let gone = locked(&WAITS).remove(state);
    // Dropped when nothing is locked any more: the upstream is told.
    drop(gone);
}

/// Gives the calls up that wait and begin like this.
pub(super) fn forget_all(about: &str) {
    let gone: Vec<Waiting> =
        locked(&WAITS).extract_if(|_, one| one.talk.about.starts_with(about)).map(|(_, one)| one).collect();
    drop(gone);
}

/// Whether somebody waits for the answers to what was asked with this state. Of other states nobody knows.
pub fn waits(state: &str) -> bool {
    !state.starts_with(STATE) || locked(&WAITS).get(state).is_some_and(Waiting::is_open)
}

/// The call these are answers for, with them; or what is asked still. `None` if no call waits for them.
pub(super) fn resume(about: &str, responses: &InputResponses) -> Option<Result<Talk, InputRequired>> {
    let state = responses.state.as_deref()?;
    let mut waits = locked(&WAITS);
    let one = waits.get(state).filter(|one| &*one.talk.about == about)?;
    let answer = responses.responses.get(KEY);
    if answer.is_none() && one.is_open() {
        return Some(Err(one.asked(state)));
    }
    let Waiting { talk, question } = waits.remove(state)?;
    if let Some(answer) = answer {
        let _ = question.reply.send(answer.clone());
    }
    Some(Ok(talk))
}
