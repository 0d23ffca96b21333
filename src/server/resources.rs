//! Reading resources: the manifest, the pages of widgets, fixed ones, and those whose address has variables.
//!
//! Owns which address leads where.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rmcp::ErrorData;
use rmcp::model::ResourceContents;
use serde_json::json;

use super::convert::{self, Listing, MANIFEST_URI};
use crate::view;

/// A digest of what is at an address: another content has another one. That of nothing is 0.
pub fn digest(listing: &Listing, uri: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    // The address of a page holds a digest of it already.
    let page = view::widget_of(uri, &listing.catalog.server.name).and_then(|name| listing.pages.get(name));
    match page {
        Some(page) => page.uri.hash(&mut hasher),
        None => match read(listing, uri) {
            Ok(content) => serde_json::to_vec(&content).unwrap_or_default().hash(&mut hasher),
            Err(_) => return 0,
        },
    }
    hasher.finish()
}

/// The content at an address.
///
/// # Errors
/// No resource has this address, or its template fails.
pub fn read(listing: &Listing, uri: &str) -> Result<ResourceContents, ErrorData> {
    if uri == MANIFEST_URI {
        return Ok(ResourceContents::text(&listing.manifest, uri).with_mime_type("application/json"));
    }
    let page =
        view::widget_of(uri, &listing.catalog.server.name).and_then(|widget| listing.pages.get(widget));
    if let Some(contents) = page.and_then(|page| convert::page_contents(page, uri)) {
        return Ok(contents);
    }
    if let Some(resource) = listing.catalog.resources.get(uri) {
        return Ok(convert::contents(resource));
    }
    for template in &listing.catalog.resource_templates {
        let Some(variables) = template.matches(uri) else { continue };
        let text = template.render(variables).map_err(|e| ErrorData::internal_error(e.message, None))?;
        let contents = ResourceContents::text(text, uri);
        return Ok(match &template.about.mime_type {
            Some(kind) => contents.with_mime_type(kind),
            None => contents,
        });
    }
    Err(unknown(uri))
}

/// Tells that there is nothing at this address.
pub fn unknown(uri: &str) -> ErrorData {
    ErrorData::resource_not_found(format!("Resource not found: {uri}"), Some(json!({ "uri": uri })))
}
