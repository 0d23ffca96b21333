//! The last calls of all clients, kept to be looked at.
//!
//! Owns what is kept of each and for how long: bounded by number and bytes. Recording is a copy of bytes and one short
//! lock; whoever looks parses, masks and pays for it. Knows no protocol and hides nothing by itself.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::broadcast;

/// Largest part of one call that is kept, in bytes: arguments, and the result.
const MOST: usize = 256 << 10;
/// What is told of one call besides its arguments and result, at most: actions pressed in its view.
const ACTIONS: usize = 50;
/// News kept for a listener that is slow.
const NEWS: usize = 256;

/// What is recorded of one request.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The method.
    pub method: &'static str,
    /// What the client says of itself, as JSON text.
    pub client: Option<String>,
    /// The revision it speaks.
    pub revision: &'static str,
    /// `http`, `stdio` or `studio`.
    pub transport: &'static str,
    /// The route it was made at.
    pub route: Option<String>,
    /// The tool that was called, or the address that was read.
    pub subject: Option<String>,
    /// The widget of the result.
    pub widget: Option<String>,
    /// `ok`, or the kind of failure.
    pub outcome: &'static str,
    /// How long it took.
    pub took: Duration,
    /// The stages that took time.
    pub stages: Vec<(&'static str, Duration)>,
    /// Size of the result, in bytes.
    pub size: usize,
    /// How many fields stand-ins were put in for.
    pub degraded: usize,
    /// What the log tells of a failure.
    pub detail: Option<String>,
    /// The arguments as JSON text. `None`: there are none, or too many to keep.
    pub arguments: Option<Vec<u8>>,
    /// The result as JSON text, likewise.
    pub result: Option<Vec<u8>>,
    /// What the studio did to make this call.
    pub cause: Option<Cause>,
}

/// Why the studio made a call.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The action that was pressed.
    pub action: Option<String>,
    /// The call whose view it was pressed in.
    pub call: Option<u64>,
}

/// What is known of the view of a result.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// When it had been welcomed by its host.
    pub initialized: Option<SystemTime>,
    /// When the result was drawn.
    pub painted: Option<SystemTime>,
    /// How long that took from the page's start.
    pub took: Option<f64>,
    /// Actions pressed in it.
    pub actions: Vec<(String, SystemTime)>,
}

/// One request, kept.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number; later ones have greater ones.
    pub id: u64,
    /// When it was answered.
    pub at: SystemTime,
    /// What was recorded.
    pub record: Record,
    /// What its view said.
    pub view: View,
}

/// What a view tells of itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// Its host has welcomed it.
    Initialized,
    /// The result is drawn.
    Painted,
    /// An action of this type was pressed.
    Action(String),
}

/// Something new.
#[derive(Debug, Clone)]
pub enum News {
    /// A request was answered.
    Call(Arc<Entry>),
    /// A view told something of the result of an earlier one.
    View(Arc<Entry>),
}

/// The last requests.
#[derive(Debug)]
pub struct Traffic {
    next: AtomicU64,
    kept: Mutex<Kept>,
    news: broadcast::Sender<News>,
    most: usize,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// Widgets whose page some client has read.
    read: HashSet<String>,
}

/// Text to keep, if it is not too large.
pub fn keep(bytes: &[u8]) -> Option<Vec<u8>> {
    (bytes.len() <= MOST).then(|| bytes.to_vec())
}

impl Entry {
    fn bytes(&self) -> usize {
        let record = &self.record;
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        length(&record.arguments) + length(&record.result) + record.client.as_ref().map_or(0, String::len)
    }
}

impl Traffic {
    /// Keeps at most `most` requests and `most_bytes` of what was asked and answered.
    pub fn new(most: usize, most_bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            next: AtomicU64::new(1),
            kept: Mutex::default(),
            news: broadcast::Sender::new(NEWS),
            most: most.max(1),
            most_bytes,
        })
    }

    /// The number of the next request. It is told to its view, so it must be known before it is answered.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps a request that was answered; what is oldest has to go for it.
    pub fn record(&self, id: u64, record: Record) {
        let entry = Arc::new(Entry { id, at: SystemTime::now(), record, view: View::default() });
        let mut gone = Vec::new();
        {
            let mut kept = self.kept();
            kept.bytes += entry.bytes();
            kept.entries.push_back(entry.clone());
            while kept.entries.len() > self.most || (kept.bytes > self.most_bytes && kept.entries.len() > 1) {
                let Some(oldest) = kept.entries.pop_front() else { break };
                kept.bytes = kept.bytes.saturating_sub(oldest.bytes());
                gone.push(oldest);
            }
        }
        if self.news.receiver_count() > 0 {
            let _ = self.news.send(News::Call(entry));
        }
    }

    /// Remembers that some client has read the page of a widget.
    pub fn page_read(&self, widget: &str) {
        let mut kept = self.kept();
        if !kept.read.contains(widget) {
            kept.read.insert(widget.to_owned());
        }
    }

    /// Whether some client has read the page of a widget.
    pub fn is_read(&self, widget: &str) -> bool {
        self.kept().read.contains(widget)
    }

    /// Keeps what a view tells of the result of call `id`; where it does not know the number, of the last call of
    /// `tool`. `took` is in milliseconds.
    pub fn seen(&self, id: Option<u64>, tool: &str, seen: Seen, took: Option<f64>) {
        let changed = {
            let mut kept = self.kept();
            let of_tool =
                |e: &Arc<Entry>| e.record.subject.as_deref() == Some(tool) && e.record.widget.is_some();
            let found = match id {
                Some(id) => kept.entries.iter_mut().find(|e| e.id == id),
                None => kept.entries.iter_mut().rev().find(|e| of_tool(e)),
            };
            let Some(entry) = found else { return };
            let now = SystemTime::now();
            let view = &mut Arc::make_mut(entry).view;
            match seen {
                Seen::Initialized => view.initialized = view.initialized.or(Some(now)),
                Seen::Painted if view.painted.is_none() => {
                    view.painted = Some(now);
                    view.took = took;
                }
                Seen::Painted => {}
                Seen::Action(kind) if view.actions.len() < ACTIONS => view.actions.push((kind, now)),
                Seen::Action(_) => {}
            }
            entry.clone()
        };
        let _ = self.news.send(News::View(changed));
    }

    /// The last requests before `before`, newest first, at most `most`.
    pub fn list(&self, before: Option<u64>, most: usize) -> Vec<Arc<Entry>> {
        let kept = self.kept();
        let mut all: Vec<Arc<Entry>> = kept.entries.iter().cloned().collect();
        drop(kept);
        all.sort_unstable_by_key(|e| std::cmp::Reverse(e.id));
        all.into_iter().filter(|e| before.is_none_or(|before| e.id < before)).take(most).collect()
    }

    /// One request, if it is still kept.
    pub fn get(&self, id: u64) -> Option<Arc<Entry>> {
        self.kept().entries.iter().find(|e| e.id == id).cloned()
    }

    /// Forgets all.
    pub fn clear(&self) {
        let mut kept = self.kept();
        kept.entries.clear();
        kept.bytes = 0;
    }

    /// Tells of everything new. One who is too slow misses the oldest.
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(tool: &str, bytes: usize) -> Record {
        Record {
            subject: Some(tool.to_owned()),
            widget: Some("w".to_owned()),
            result: keep(&vec![b' '; bytes]),
            ..Record::default()
        }
    }

    #[test]
    fn what_is_kept_is_bounded_by_number_and_bytes() {
        let traffic = Traffic::new(3, 1000);
        for bytes in [10, 10, 10, 10] {
            traffic.record(traffic.number(), call("t", bytes));
        }
        assert_eq!(traffic.list(None, 9).iter().map(|e| e.id).collect::<Vec<_>>(), [4, 3, 2]);
        traffic.record(traffic.number(), call("t", 990));
        assert_eq!(traffic.list(None, 9).iter().map(|e| e.id).collect::<Vec<_>>(), [5, 4]);
        traffic.record(traffic.number(), call("t", MOST + 1));
        assert!(traffic.get(6).unwrap().record.result.is_none());
        traffic.clear();
        assert!(traffic.list(None, 9).is_empty());
    }

    #[test]
    fn a_view_is_found_by_number_or_by_tool() {
        let traffic = Traffic::new(9, 1000);
        for tool in ["a", "b", "a"] {
            traffic.record(traffic.number(), call(tool, 1));
        }
        traffic.seen(Some(1), "b", Seen::Painted, Some(3.5));
        traffic.seen(None, "b", Seen::Initialized, None);
        traffic.seen(None, "a", Seen::Action("x".into()), None);
        let view = |id| traffic.get(id).unwrap().view.clone();
        assert_eq!(view(1).took, Some(3.5));
        assert!(view(2).initialized.is_some() && view(2).painted.is_none());
        assert_eq!(view(3).actions.len(), 1);
    }
}
