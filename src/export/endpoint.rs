//! The address that generated files name.
//!
//! Owns what may stand there: no password, no key.

use url::Url;

/// Where the server is reached: the MCP endpoint, ending in `/mcp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(String);

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EndpointError(String);

impl std::str::FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let fault = |why: &str| EndpointError(format!("{why}; write it like https://shop.example.com/mcp"));
        let url = Url::parse(text).map_err(|e| fault(&format!("it is no address: {e}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fault("it must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            // It would stand in files that are passed on.
            return Err(fault("it must hold no user, password or query"));
        }
        if url.fragment().is_some() {
            return Err(fault("it must hold no `#`"));
        }
        let path = url.path().trim_end_matches('/');
        if path.rsplit_once('/').is_some_and(|(before, _)| before.ends_with("/mcp")) {
            return Err(fault("it must be the address of all tools, not of a route"));
        }
        let missing = if path.is_empty() { "/mcp" } else { "" };
        Ok(Self(format!("{}{missing}", url.as_str().trim_end_matches('/'))))
    }
}

impl Endpoint {
    /// The endpoint of a server that runs on this machine, listening at `listen`.
    pub fn local(listen: &str) -> Self {
        let port = listen.rsplit_once(':').map_or("8787", |(_, port)| port);
        Self(format!("http://127.0.0.1:{port}/mcp"))
    }

    /// The address of all tools, without a slash at its end.
    pub fn all(&self) -> &str {
        &self.0
    }

    /// Whether only this machine reaches it.
    pub fn is_local(&self) -> bool {
        let url = Url::parse(&self.0).ok();
        url.as_ref().and_then(Url::host).is_some_and(|host| match host {
            url::Host::Domain(name) => name == "localhost",
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
        })
    }

    /// The address of one route.
    pub fn route(&self, name: &str) -> String {
        let name = percent_encoding::utf8_percent_encode(name, SEGMENT);
        format!("{}/{name}", self.0)
    }
}

/// All that may not stand in a segment of a path as it is (RFC 3986, `unreserved` stays).
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_no_secret() {
        for (text, kept) in [
            ("https://shop.example/mcp", Some("https://shop.example/mcp")),
            ("https://shop.example:8443/a/mcp/", Some("https://shop.example:8443/a/mcp")),
            ("http://[::1]:8787/mcp", Some("http://[::1]:8787/mcp")),
            ("https://shop.example", Some("https://shop.example/mcp")),
            ("https://shop.example/tools/", Some("https://shop.example/tools")),
            ("https://shop.example/mcp/get_order", None),
            ("https://me:key@shop.example/mcp", None),
            ("https://me@shop.example/mcp", None),
            ("https://shop.example/mcp?key=1", None),
            ("https://shop.example/mcp#a", None),
            ("ftp://shop.example/mcp", None),
            ("shop.example/mcp", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Endpoint>().ok().as_ref().map(Endpoint::all), kept, "{text}");
        }
        assert_eq!(
            Endpoint::local("0.0.0.0:9000").route("日 本"),
            "http://127.0.0.1:9000/mcp/%E6%97%A5%20%E6%9C%AC"
        );
    }
}
