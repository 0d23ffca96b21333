//! What a program writes on standard error.
//!
//! Owns its way to the log: by line, so many lines in a second, so many characters in a line, and nothing that moves a
//! cursor; and the end of it, which is kept. It is always read, so that no program waits for us.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStderr;
use tokio::task::JoinHandle;

/// Bytes kept of the end.
const KEPT: usize = 2048;
/// Bytes of a line that are logged.
const LINE: usize = 500;
/// Lines that may come at once, and that are allowed again in a second.
const BURST: u32 = 50;
const PER_SECOND: u32 = 10;

/// The standard error of one program, being read.
#[derive(Debug)]
pub(super) struct Errors {
    end: Arc<Mutex<Vec<u8>>>,
    reading: Option<JoinHandle<()>>,
}

impl Errors {
    /// Begins to read. `name` is that of the connection, if it is to be logged.
    pub(super) fn follow(from: Option<ChildStderr>, name: Option<&String>) -> Self {
        let end = Arc::<Mutex<Vec<u8>>>::default();
        let mut lines = name.map(|name| Lines::new(name.clone()));
        let kept = end.clone();
        let reading = from.map(|mut from| {
            tokio::spawn(async move {
                let mut buffer = vec![0; 8192];
                while let Ok(read @ 1..) = from.read(&mut buffer).await {
                    let new = buffer.get(..read).unwrap_or_default();
                    keep(&mut kept.lock().unwrap_or_else(PoisonError::into_inner), new);
                    lines.iter_mut().for_each(|lines| lines.hear(new, Instant::now(), &mut log));
                }
                lines.iter_mut().for_each(|lines| lines.finish(&mut log));
            })
        });
        Self { end, reading }
    }

    /// Waits until all is read, but no longer than `patience`.
    pub(super) async fn finish(&mut self, patience: Duration) {
        if let Some(reading) = &mut self.reading
            && tokio::time::timeout(patience, reading).await.is_ok()
        {
            self.reading = None;
        }
    }

    pub(super) fn last_words(&self) -> String {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&end);
        text.trim().chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
    }
}

fn keep(end: &mut Vec<u8>, new: &[u8]) {
    let new = new.get(new.len().saturating_sub(KEPT)..).unwrap_or_default();
    end.extend_from_slice(new);
    let surplus = end.len().saturating_sub(KEPT);
    end.drain(..surplus);
}

fn log(name: &str, line: &str) {
    tracing::info!("{name}: {line}");
}

/// Cuts what arrives into lines and lets through as many as the log can bear.
#[derive(Debug)]
struct Lines {
    name: String,
    line: Vec<u8>,
    /// The line is longer than what is kept of it.
    cut: bool,
    allowed: u32,
    since: Option<Instant>,
    left_out: u64,
}

impl Lines {
    fn new(name: String) -> Self {
        Self { name, line: Vec::new(), cut: false, allowed: BURST, since: None, left_out: 0 }
    }

    fn hear(&mut self, bytes: &[u8], now: Instant, log: &mut impl FnMut(&str, &str)) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            let room = LINE.saturating_sub(self.line.len());
            self.cut |= text.len() > room;
            self.line.extend(text.iter().take(room));
            if part.ends_with(b"\n") {
                self.tell(now, log);
            }
        }
    }

    fn finish(&mut self, log: &mut impl FnMut(&str, &str)) {
        if !self.line.is_empty() {
            self.tell(Instant::now(), log);
        }
        self.tell_left_out(log);
    }

    fn tell(&mut self, now: Instant, log: &mut impl FnMut(&str, &str)) {
        let since = *self.since.get_or_insert(now);
        let seconds = u32::try_from(now.saturating_duration_since(since).as_secs()).unwrap_or(u32::MAX);
        if seconds > 0 {
            self.allowed = self.allowed.saturating_add(seconds.saturating_mul(PER_SECOND)).min(BURST);
            self.since = Some(now);
        }
        let text = String::from_utf8_lossy(&self.line);
        let shown: String = text.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let rest = if self.cut { "…" } else { "" };
        self.line.clear();
        self.cut = false;
        if shown.is_empty() {
            return;
        }
        if self.allowed == 0 {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.allowed -= 1;
        self.tell_left_out(log);
        log(&self.name, &format!("{shown}{rest}"));
    }

    fn tell_left_out(&mut self, log: &mut impl FnMut(&str, &str)) {
        if self.left_out > 0 {
            log(&self.name, &format!("({} more lines, left out)", self.left_out));
            self.left_out = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_and_not_copied() {
        let mut lines = Lines::new("shop".to_owned());
        let mut told = Vec::new();
        let mut log = |_: &str, line: &str| told.push(line.to_owned());
        let now = Instant::now();
        lines.hear(b"one\r\n\n\x1b[1mtw", now, &mut log);
        lines.hear("o\u{e9}\nthree\u{0}\n".as_bytes(), now, &mut log);
        lines.hear(&[b'x'; 10_000], now, &mut log);
        lines.hear(b"\n", now, &mut log);
        for _ in 0..1000 {
            lines.hear(b"again\n", now, &mut log);
        }
        lines.hear(b"later\n", now + Duration::from_secs(1), &mut log);
        lines.hear(b"no end", now, &mut log);
        lines.finish(&mut log);
        assert_eq!(told.len(), 50 + 3, "{told:?}");
        assert_eq!(told[..3], ["one", " [1mtwo\u{e9}", "three "]);
        assert_eq!(told[3].chars().count(), LINE + 1);
        assert_eq!(told[50..], ["(954 more lines, left out)", "later", "no end"]);
    }

    #[test]
    fn the_end_is_kept() {
        let mut end = Vec::new();
        for part in [&[b'a'; 10_000][..], b"the end"] {
            keep(&mut end, part);
            assert_eq!(end.len(), KEPT);
        }
        assert!(end.ends_with(b"athe end"));
    }
}
