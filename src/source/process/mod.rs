//! Programs that are started for a connection.
//!
//! Owns their life: a program runs under a guard ([`guard`]), which is this executable again, and nothing it started
//! outlives it, whatever ends first, this server included. Owns what they write on standard error, too: it goes to the
//! log by line, and its end is kept. What is said on the other streams is for whoever started the program.

mod errors;
pub mod guard;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

use self::errors::Errors;

/// Variables that a program gets from our own environment in any case.
pub const INHERITED: &[&str] = &["PATH", "HOME", "LANG"];

/// Which environment a program gets, besides the variables it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Inherit {
    /// [`INHERITED`] alone.
    #[default]
    Clean,
    /// All of ours.
    All,
}

/// Where lines of standard error go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stderr {
    /// To the log, under the name of the connection; the end is kept besides.
    #[default]
    Logged,
    /// Nowhere; the end is kept.
    Kept,
}

/// A program to start.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    /// The connection's name, under which its standard error is logged.
    pub name: String,
    /// A path, or a name to look for in `PATH`. A relative path begins at `dir`.
    pub program: OsString,
    /// What it is started with. No shell ever reads it.
    pub args: Vec<OsString>,
    /// What it finds of our environment.
    pub inherit: Inherit,
    /// Variables it is given; they stand over those of ours.
    pub given: Vec<(OsString, crate::secret::Secret)>,
    /// Where it runs. Default: where we do.
    pub dir: Option<PathBuf>,
    /// Where its standard error goes.
    pub stderr: Stderr,
}

impl Spec {
    /// Starts the program, its standard streams connected to pipes. That it cannot be started is found here if it is not
    /// there; if the system refuses it in the last moment, it ends with the status 126 or 127 and a line on standard
    /// error.
    ///
    /// # Errors
    /// There is no such program, it may not be run, or the system has no room for another.
    pub fn start(&self) -> io::Result<Child> {
        self.find()?;
        let mut command = self.command()?;
        if self.inherit == Inherit::Clean {
            command.env_clear();
            command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        }
        command.envs(self.given.iter().map(|(name, value)| (name, value.expose())));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        #[cfg(not(unix))]
        command.kill_on_drop(true);
        let mut child = command.spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let errors =
            Errors::follow(child.stderr.take(), (self.stderr == Stderr::Logged).then_some(&self.name));
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let (tell, ended) = watch::channel(None);
        #[cfg(not(unix))]
        let (end, ending) = {
            let end = std::sync::Arc::new(tokio::sync::Notify::new());
            (end.clone(), end)
        };
        tokio::spawn(async move {
            #[cfg(not(unix))]
            tokio::select! {
                _ = child.wait() => {}
                () = ending.notified() => drop(child.start_kill()),
            }
            let status = child.wait().await;
            // The guard may have been killed itself, so its group is ended in any case: who is left there would keep the
            // program's streams open.
            signal_group(id);
            tell.send_replace(status.ok());
        });
        Ok(Child {
            id,
            stdin,
            stdout,
            errors,
            ended,
            #[cfg(not(unix))]
            end,
        })
    }

    /// The guard with the program behind it.
    #[cfg(unix)]
    fn command(&self) -> io::Result<Command> {
        let mut command = Command::new(guard::executable()?);
        command.arg0(guard::WORD).arg(guard::WORD).arg(std::process::id().to_string());
        command.arg(&self.program).args(&self.args);
        Ok(command)
    }

    #[cfg(not(unix))]
    fn command(&self) -> io::Result<Command> {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        Ok(command)
    }

    /// Finds the program's file.
    ///
    /// # Errors
    /// There is none, or it is not executable.
    pub fn find(&self) -> io::Result<PathBuf> {
        find(&self.program, self.dir.as_deref(), self.path().as_deref())
    }

    /// The `PATH` the program will be looked for in.
    fn path(&self) -> Option<OsString> {
        let given = self.given.iter().find(|(name, _)| name == "PATH");
        given.map(|(_, value)| OsString::from(value.expose())).or_else(|| std::env::var_os("PATH"))
    }
}

/// `program` itself, from `dir` on, if it is a path, else looked for in the folders of `path`.
fn find(program: &OsStr, dir: Option<&Path>, path: Option<&OsStr>) -> io::Result<PathBuf> {
    let from = dir.unwrap_or_else(|| Path::new("."));
    if Path::new(program).components().count() > 1 || Path::new(program).is_absolute() {
        return is_executable(from.join(program));
    }
    let mut refused = io::Error::from(io::ErrorKind::NotFound);
    for folder in std::env::split_paths(path.unwrap_or_default()) {
        let candidate = from.join(folder).join(program);
        #[cfg(windows)]
        let candidate =
            if candidate.extension().is_none() { candidate.with_extension("exe") } else { candidate };
        match is_executable(candidate) {
            Ok(file) => return Ok(file),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => refused = e,
            Err(_) => {}
        }
    }
    Err(refused)
}

fn is_executable(file: PathBuf) -> io::Result<PathBuf> {
    let about = std::fs::metadata(&file)?;
    #[cfg(unix)]
    let may_run = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may_run = true;
    if about.is_file() && may_run { Ok(file) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// A program that runs. Dropping it ends it and all it started, at once.
#[derive(Debug)]
pub struct Child {
    /// Of the guard, which leads the group of processes.
    id: Option<i32>,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    errors: Errors,
    /// How it ended, when it has.
    ended: watch::Receiver<Option<ExitStatus>>,
    #[cfg(not(unix))]
    end: std::sync::Arc<tokio::sync::Notify>,
}

impl Child {
    /// Its standard input; `None` if it was taken already. Dropping it closes it.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// Its standard output; `None` if it was taken already.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// Waits until it has ended; what it started has ended then, too. May be given up and called again.
    ///
    /// # Errors
    /// The system does not tell.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let ended = self.ended.wait_for(Option::is_some).await;
        ended.ok().and_then(|status| *status).ok_or_else(|| io::Error::other("its end was not told"))
    }

    /// Ends it and all it started, at once; [`Self::wait`] tells when they are gone.
    pub fn kill(&mut self) {
        self.signal(guard::AT_ONCE);
    }

    /// Lets it end by itself for as long as `patience`, asks it to end, and ends it after as long again. Close its
    /// standard input first; what programs do then is end.
    pub async fn leave(mut self, patience: Duration) {
        drop((self.stdin.take(), self.stdout.take()));
        if tokio::time::timeout(patience, self.wait()).await.is_ok() {
            return;
        }
        self.signal(guard::PLEASE);
        if tokio::time::timeout(patience, self.wait()).await.is_err() {
            self.kill();
            let _ = tokio::time::timeout(patience, self.wait()).await;
        }
    }

    /// The end of what it wrote on standard error: up to 2 kB, with nothing that moves a cursor. If it has ended, its
    /// very last words are in it.
    pub async fn last_words(&mut self) -> String {
        if self.is_over() {
            self.errors.finish(Duration::from_millis(100)).await;
        }
        self.errors.last_words()
    }

    fn is_over(&self) -> bool {
        self.ended.borrow().is_some() || self.ended.has_changed().is_err()
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        let running = self.id.filter(|_| !self.is_over());
        if let Some(guard) = running.and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(guard, signal);
            let _ = rustix::process::kill_process(guard, rustix::process::Signal::CONT);
        }
    }

    #[cfg(not(unix))]
    fn signal(&self, (): ()) {
        self.end.notify_one();
    }
}

#[cfg(unix)]
fn signal_group(id: Option<i32>) {
    if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
        // An error says that it is gone.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
fn signal_group(_: Option<i32>) {}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}
