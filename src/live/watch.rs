//! Notices that a project's files change. The only door to `notify`.
//!
//! Owns which folders are watched and which of their events matter; what changed, if anything, is found by reading.
//! Folders are watched and not files, because editors put new files in the place of old ones. Must never fail the
//! server: where the system does not tell of changes, files are looked at once a second.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

/// How often files are looked at where nobody tells of changes.
const PERIOD: Duration = Duration::from_secs(1);
/// Symbolic links followed one after the other.
const MAX_LINKS: usize = 40;

/// How changes of the files are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// The system tells; if it does not, files are looked at.
    Auto,
    /// Files are looked at once a second: for network file systems, which tell nothing.
    Poll,
    /// Not at all.
    Off,
}

/// Watches the files of one project.
pub(super) struct Watcher {
    root: PathBuf,
    how: Watch,
    system: Option<RecommendedWatcher>,
    seen: Arc<Seen>,
    /// Folders watched now.
    folders: BTreeSet<PathBuf>,
}

/// What the thread that is told of events shares with the one that waits for them.
#[derive(Default)]
struct Seen {
    happened: Notify,
    /// A folder came or went, or events were lost: all folders must be watched anew.
    stale: AtomicBool,
    places: Mutex<Places>,
}

/// What matters.
#[derive(Default, Clone, PartialEq, Eq)]
struct Places {
    /// These paths.
    exact: BTreeSet<PathBuf>,
    /// And everything directly in these folders.
    whole: BTreeSet<PathBuf>,
    /// All folders to watch.
    folders: BTreeSet<PathBuf>,
}

impl Watcher {
    pub(super) fn new(root: &Path, how: Watch) -> Self {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        Self { root, how, system: None, seen: Arc::default(), folders: BTreeSet::new() }
    }

    /// Watches where the project's files are now, and these besides. Whether something is watched that was not before.
    pub(super) async fn look_at(&mut self, named: Arc<BTreeSet<PathBuf>>) -> bool {
        if self.how != Watch::Auto {
            return false;
        }
        let root = self.root.clone();
        let places = tokio::task::spawn_blocking(move || Places::of(&root, &named)).await;
        let Ok(places) = places else { return false };
        self.watch(places).unwrap_or_else(|why| {
            tracing::warn!(
                "the system does not tell of changed files ({why}); they are looked at once a second instead"
            );
            (self.how, self.system) = (Watch::Poll, None);
            false
        })
    }

    fn watch(&mut self, places: Places) -> notify::Result<bool> {
        let mut system = match self.system.take() {
            Some(system) => system,
            None => {
                let seen = self.seen.clone();
                notify::recommended_watcher(move |event| seen.take(event))?
            }
        };
        let stale = self.seen.stale.swap(false, Ordering::AcqRel);
        *self.seen.places.lock().unwrap_or_else(PoisonError::into_inner) = places.clone();
        let old = std::mem::take(&mut self.folders);
        for gone in old.iter().filter(|folder| stale || !places.folders.contains(*folder)) {
            // It may be gone already.
            let _ = system.unwatch(gone);
        }
        let mut more = false;
        for folder in &places.folders {
            if stale || !old.contains(folder) {
                match system.watch(folder, RecursiveMode::NonRecursive) {
                    // Gone since; its own folder tells when it comes back.
                    Err(_) if !folder.is_dir() => continue,
                    // Around the project there may be folders that nobody lets us look at.
                    Err(why) if !folder.starts_with(&self.root) => {
                        tracing::debug!("{} is not watched: {why}", folder.display());
                        self.folders.insert(folder.clone());
                        continue;
                    }
                    outcome => outcome?,
                }
                more = true;
            }
            self.folders.insert(folder.clone());
        }
        self.system = Some(system);
        Ok(more)
    }

    /// Waits for the next change; one that happened since this was last asked is told at once.
    pub(super) async fn changed(&self) {
        match self.how {
            Watch::Auto => self.seen.happened.notified().await,
            Watch::Poll => tokio::time::sleep(PERIOD).await,
            Watch::Off => std::future::pending().await,
        }
    }
}

impl Seen {
    fn take(&self, event: notify::Result<Event>) {
        let matters = match event {
            // We read the files ourselves.
            Ok(Event { kind: EventKind::Access(kind), .. })
                if kind != AccessKind::Close(AccessMode::Write) =>
            {
                false
            }
            Ok(event) if !event.need_rescan() => {
                let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
                if event.paths.iter().any(|path| places.folders.contains(path)) {
                    self.stale.store(true, Ordering::Release);
                }
                event.paths.iter().any(|path| places.matter(path))
            }
            // Some events did not reach us.
            Ok(_) | Err(_) => {
                self.stale.store(true, Ordering::Release);
                true
            }
        };
        if matters {
            self.happened.notify_one();
        }
    }
}

impl Places {
    fn of(root: &Path, named: &BTreeSet<PathBuf>) -> Self {
        let mut places = Self::default();
        let listed = ["tools", "widgets"].map(|name| root.join(name));
        for folder in &listed {
            places.add(root, folder);
            if folder.is_dir() {
                places.whole.extend([folder.clone(), real(folder)]);
                places.folders.insert(folder.clone());
                let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
                let links = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()));
                links.for_each(|link| places.add(root, &link.path()));
            }
        }
        places.add(root, &root.join("toolface.toml"));
        for path in named {
            places.add(root, &std::path::absolute(path).unwrap_or_else(|_| path.clone()));
        }
        // The project itself may be put in the place of another.
        places.add_one(root);
        places.folders.retain(|folder| folder.is_dir());
        places
    }

    /// A file or folder, and what it is reached through: folders up to the project's, and symbolic links.
    fn add(&mut self, root: &Path, path: &Path) {
        let mut waiting = vec![path.to_owned()];
        let mut links = 0;
        while let Some(path) = waiting.pop() {
            let inside = path.starts_with(root);
            for part in path.ancestors() {
                if inside && !part.starts_with(root) || part.parent().is_none() {
                    break;
                }
                if inside || part == path {
                    self.add_one(part);
                }
                if let Ok(target) = std::fs::read_link(part)
                    && links < MAX_LINKS
                {
                    links += 1;
                    let rest = path.strip_prefix(part).unwrap_or(Path::new(""));
                    let base = part.parent().unwrap_or(part);
                    waiting.push(plain(&base.join(target)).join(rest));
                    self.add_one(part);
                }
            }
        }
    }

    fn add_one(&mut self, path: &Path) {
        let Some(folder) = path.parent() else { return };
        if let Some(name) = path.file_name() {
            self.exact.insert(real(folder).join(name));
        }
        self.exact.insert(path.to_owned());
        self.folders.insert(folder.to_owned());
    }

    fn matter(&self, path: &Path) -> bool {
        self.exact.contains(path) || path.parent().is_some_and(|folder| self.whole.contains(folder))
    }
}

/// Where a path really leads; itself if nowhere.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}
