//! Being reached over the network: binding an address, and whom to answer.
//!
//! Owns the guard against DNS rebinding (Host) and foreign pages (Origin) for everything served over HTTP. The MCP
//! endpoint is guarded a second time, by the protocol library, with the same lists.

use std::net::SocketAddr;

use axum::http::{HeaderMap, Uri, header};
use tokio::net::TcpListener;

/// Who may be asked for and who may ask.
#[derive(Debug, Clone)]
pub struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
}

/// Host names of this machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

impl Guard {
    /// What is told to those who are not admitted, with the status 403.
    pub const REFUSAL: &str = "Forbidden: this Host or Origin is not allowed here. Allow it in toolface.toml, [http] \
                               allowed_hosts or allowed_origins.\n";

    /// Loopback, and besides it the configured names.
    pub fn new(hosts: &[String], origins: &[String]) -> Self {
        let hosts = LOOPBACK.iter().map(|h| (*h).to_owned()).chain(hosts.iter().cloned()).collect();
        let local = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];
        let origins = local.iter().map(|o| (*o).to_owned()).chain(origins.iter().cloned()).collect();
        Self { hosts, origins }
    }

    /// Allowed values of `Host`, as names or `name:port`.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Allowed values of `Origin`, each with its port; `:*` is any.
    pub fn origins(&self) -> Vec<String> {
        let whole = |origin: &String| {
            let origin = origin.trim_end_matches('/');
            match origin.split_once("://") {
                Some(("https", host)) if split_port(host).1.is_none() => format!("{origin}:443"),
                Some(("http", host)) if split_port(host).1.is_none() => format!("{origin}:80"),
                _ => origin.to_owned(),
            }
        };
        self.origins.iter().map(whole).collect()
    }

    /// Whether a request may be answered: its host is one of ours and its page, if it comes from one, is let in.
    pub fn admits(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let text =
            |name| headers.get(name).map(|v: &axum::http::HeaderValue| v.to_str().unwrap_or("\u{fffd}"));
        let host = text(header::HOST).or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
        let host_fits = host.is_some_and(|host| self.is_ours(host));
        host_fits
            && text(header::ORIGIN).is_none_or(|origin| self.origins.iter().any(|o| is_origin(o, origin)))
    }

    fn is_ours(&self, host: &str) -> bool {
        let (name, _) = split_port(host);
        self.hosts.iter().any(|ours| {
            ours.eq_ignore_ascii_case(host) || ours.trim_matches(['[', ']']).eq_ignore_ascii_case(name)
        })
    }
}

/// `name:port` → name and port; brackets of an IPv6 address taken off.
fn split_port(host: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        return (address, rest.strip_prefix(':'));
    }
    match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') => (name, Some(port)),
        _ => (host, None),
    }
}

fn is_origin(allowed: &str, origin: &str) -> bool {
    match allowed.strip_suffix(":*") {
        Some(base) => {
            let rest = origin.get(..base.len()).filter(|start| start.eq_ignore_ascii_case(base));
            let port = rest.and_then(|_| origin.get(base.len()..));
            port.is_some_and(|p| {
                p.is_empty()
                    || p.strip_prefix(':')
                        .is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
            })
        }
        None => allowed.trim_end_matches('/').eq_ignore_ascii_case(origin),
    }
}

/// Listens on an address.
///
/// # Errors
/// A sentence that says what to do, e.g. when the port is in use.
pub async fn bind(address: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|e| match e.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{address} is in use already; stop what listens there, or choose another: --listen 127.0.0.1:0")
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("this user may not listen on {address}; choose a port above 1023: --listen 127.0.0.1:8787")
        }
        _ => format!("cannot listen on {address}: {e}"),
    })
}

/// Whether only this machine can reach an address.
pub fn is_loopback(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(host: &str, origin: Option<&str>) -> bool {
        let guard = Guard::new(&["shop.example".into()], &["https://app.example".into()]);
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        guard.admits(&Uri::from_static("/mcp"), &headers)
    }

    #[test]
    fn only_known_hosts_and_pages_are_answered() {
        for host in [
            "localhost",
            "localhost:8787",
            "127.0.0.1:1",
            "[::1]:8787",
            "[::1]",
            "LOCALHOST",
            "shop.example:443",
        ] {
            assert!(admits(host, None), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.2", "x@localhost", ""] {
            assert!(!admits(host, None), "{host}");
        }
        for origin in ["http://localhost:5173", "http://127.0.0.1", "http://[::1]:3", "https://app.example"] {
            assert!(admits("localhost", Some(origin)), "{origin}");
        }
        for origin in [
            "http://evil.example",
            "null",
            "http://localhost.evil.example",
            "http://localhost:80@evil.example",
            "https://app.example:444",
        ] {
            assert!(!admits("localhost", Some(origin)), "{origin}");
        }
    }
}
