//! The guard of a program: this executable, started again, so that nothing a program started outlives it.
//!
//! Owns the two steps of a start. `guard` watches: it ends with its program and when its server is gone, and ends what
//! is left first; on Linux whatever loses its parent below it becomes its child (a subreaper), daemons included. `run`
//! asks the system to kill it when the guard is killed, and becomes the program. Neither reads what passes on the
//! program's streams.

use std::ffi::OsString;

/// The first argument of this executable that makes it a guard.
pub const WORD: &str = "guard";

/// What `cli` hands over: all arguments behind the executable's own name. `None`: they are not for the guard.
pub fn entered(arguments: &[OsString]) -> Option<u8> {
    let (word, rest) = arguments.split_first()?;
    if word != WORD {
        return None;
    }
    #[cfg(unix)]
    return Some(unix::entered(rest));
    #[cfg(not(unix))]
    return rest.is_empty().then_some(2);
}

#[cfg(unix)]
pub(super) use unix::{AT_ONCE, PLEASE, executable};

#[cfg(not(unix))]
pub(super) const AT_ONCE: () = ();
#[cfg(not(unix))]
pub(super) const PLEASE: () = ();

#[cfg(unix)]
mod unix {
    use std::ffi::{OsStr, OsString};
    use std::fs::File;
    use std::io::{self, Write as _};
    use std::os::unix::process::CommandExt as _;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::Duration;

    use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
    use tokio::signal::unix::{SignalKind, signal};

    use super::WORD;

    /// The signal by which a guard ends all at once.
    pub(crate) const AT_ONCE: Signal = Signal::TERM;
    /// The signal by which a guard asks its program to end.
    pub(crate) const PLEASE: Signal = Signal::USR1;
    /// The second step.
    const RUN: &str = "-run";
    /// How often a guard looks whether its server is there, where the system does not tell.
    const LOOK: Duration = Duration::from_millis(200);
    /// How long a program may take to end when its server is gone.
    const LEAVE: Duration = Duration::from_millis(300);
    /// How programs end that could not be started, as shells have it.
    const NOT_FOUND: u8 = 127;
    const NOT_RUN: u8 = 126;

    /// This executable, also if its file has been replaced.
    pub(crate) fn executable() -> io::Result<PathBuf> {
        let own = Path::new("/proc/self/exe");
        if own.exists() { Ok(own.to_owned()) } else { std::env::current_exe() }
    }

    pub(super) fn entered(arguments: &[OsString]) -> u8 {
        let told = match arguments {
            [step, parent, program, rest @ ..] if step == RUN => pid(parent).map(|p| run(p, program, rest)),
            [parent, program, rest @ ..] => pid(parent).map(|p| guard(p, program, rest)),
            _ => None,
        };
        let told = told.unwrap_or_else(|| Err(io::ErrorKind::InvalidInput.into()));
        told.unwrap_or_else(|e| {
            let _ = writeln!(io::stderr(), "toolface guard: {e}");
            NOT_RUN
        })
    }

    fn pid(text: &OsStr) -> Option<Pid> {
        Pid::from_raw(text.to_str()?.parse().ok()?)
    }

    /// Becomes the program.
    fn run(guard: Pid, program: &OsStr, arguments: &[OsString]) -> io::Result<u8> {
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if rustix::process::getppid() != Some(guard) {
            return Ok(NOT_RUN);
        }
        let refused = Command::new(program).args(arguments).exec();
        let _ = writeln!(io::stderr(), "cannot start {}: {refused}", program.to_string_lossy());
        Ok(if refused.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN })
    }

    /// Starts the program and stays until it has ended.
    fn guard(server: Pid, program: &OsStr, arguments: &[OsString]) -> io::Result<u8> {
        // Not to be found by who looks for servers by name.
        #[cfg(target_os = "linux")]
        let _ = std::fs::write("/proc/self/comm", WORD);
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(watch(server, program, arguments))
    }

    async fn watch(server: Pid, program: &OsStr, arguments: &[OsString]) -> io::Result<u8> {
        // Before there is a program, so that none is left if we are to end just now.
        let mut at_once = signal(SignalKind::terminate())?;
        let mut please = signal(SignalKind::user_defined1())?;
        let mut ended = signal(SignalKind::child())?;
        let gone = gone(server);
        tokio::pin!(gone);
        let mut command = Command::new(executable()?);
        let own = rustix::process::getpid().as_raw_nonzero().to_string();
        command.arg0(WORD).arg(WORD).arg(RUN).arg(own).arg(program).args(arguments);
        let child = command.spawn()?;
        let Some(child) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let_go_of_streams();
        let code = loop {
            tokio::select! {
                _ = ended.recv() => {}
                _ = at_once.recv() => break NOT_RUN,
                _ = please.recv() => ask(child),
                () = &mut gone => {
                    ask(child);
                    let _ = tokio::time::timeout(LEAVE, ended.recv()).await;
                    break NOT_RUN;
                }
            }
            if let Some(code) = reap(child) {
                break code;
            }
        };
        end_all();
        Ok(code)
    }

    fn ask(child: Pid) {
        let _ = rustix::process::kill_process(child, Signal::TERM);
    }

    /// Ends when the server is gone. If it is gone already, its place was taken by another parent.
    async fn gone(server: Pid) {
        #[cfg(target_os = "linux")]
        if let Ok(watched) = rustix::process::pidfd_open(server, rustix::process::PidfdFlags::empty()) {
            if rustix::process::getppid() == Some(server) {
                let (tell, told) = tokio::sync::oneshot::channel();
                std::thread::spawn(move || {
                    let mut waiting = [rustix::event::PollFd::new(&watched, rustix::event::PollFlags::IN)];
                    while rustix::event::poll(&mut waiting, None) == Err(rustix::io::Errno::INTR) {}
                    let _ = tell.send(());
                });
                let _ = told.await;
            }
            return;
        }
        while rustix::process::getppid() == Some(server) {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Closes our ends of the program's streams, so that each side learns when the other closes.
    fn let_go_of_streams() {
        if let Ok(nothing) = File::options().read(true).write(true).open("/dev/null") {
            let _ = rustix::stdio::dup2_stdin(&nothing);
            let _ = rustix::stdio::dup2_stdout(&nothing);
            let _ = rustix::stdio::dup2_stderr(&nothing);
        }
    }

    /// Takes note of all that have ended. Gives the program's code if it is among them.
    fn reap(program: Pid) -> Option<u8> {
        let mut code = None;
        while let Ok(Some((ended, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if ended == program {
                code = Some(told(status));
            }
        }
        code
    }

    fn told(status: WaitStatus) -> u8 {
        let code = status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
    }

    /// Ends everything below us. Each round takes the children, and what they had becomes ours.
    #[cfg(target_os = "linux")]
    fn end_all() {
        loop {
            let children = children();
            for child in &children {
                let _ = rustix::process::kill_process(*child, Signal::KILL);
            }
            // Without a list of children, those who have not ended by now end with our group.
            let patience = if children.is_empty() { WaitOptions::NOHANG } else { WaitOptions::empty() };
            if !matches!(rustix::process::wait(patience), Ok(Some(_))) {
                return;
            }
        }
    }

    /// Elsewhere the server ends the group when we have ended, or has ended and left us to.
    #[cfg(not(target_os = "linux"))]
    fn end_all() {
        if rustix::process::getppid() == Some(Pid::INIT) {
            let _ = rustix::process::kill_process_group(rustix::process::getpid(), Signal::KILL);
        }
    }

    /// Who has us as parent.
    #[cfg(target_os = "linux")]
    fn children() -> Vec<Pid> {
        if let Ok(list) = std::fs::read_to_string("/proc/thread-self/children") {
            return list.split_ascii_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect();
        }
        let own = rustix::process::getpid().as_raw_nonzero().to_string();
        let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
        let is_ours = |folder: &Path| {
            let about = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
            about.rsplit_once(')').and_then(|(_, rest)| rest.split_ascii_whitespace().nth(1)) == Some(&own)
        };
        let folders = all.flatten().map(|entry| entry.path()).filter(|folder| is_ours(folder));
        folders.filter_map(|folder| Pid::from_raw(folder.file_name()?.to_str()?.parse().ok()?)).collect()
    }
}
