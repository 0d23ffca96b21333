//! What the names of fields, and the words in them, tell about what they hold.
//!
//! Owns the lists of words. Judges names alone; [`super::shape`] joins that with types and formats.

/// The words of a name: `orderTotal` and `order-total` are `order`, `total`.
pub(super) fn split(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            before = ' ';
            continue;
        }
        let starts = !before.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase());
        match words.last_mut() {
            Some(word) if !starts => word.extend(c.to_lowercase()),
            _ => words.push(c.to_lowercase().collect()),
        }
        before = c;
    }
    words
}

/// A name as people read it: `placed_on` is `Placed on`.
pub(super) fn label(name: &str) -> String {
    let words: Vec<String> = split(name)
        .into_iter()
        .enumerate()
        .map(|(n, word)| match word.as_str() {
            "id" | "url" | "uri" | "api" | "ip" | "vat" | "sku" | "html" | "uuid" | "cpu" | "pdf" | "eta" => {
                word.to_uppercase()
            }
            _ if n == 0 => capital(&word),
            _ => word,
        })
        .collect();
    if words.is_empty() { name.trim().to_owned() } else { words.join(" ") }
}

/// What a widget of this name is about: `order-card` shows an order.
pub(super) fn heading(name: &str) -> String {
    let words = split(name);
    match words.split_last() {
        Some((last, about)) if !about.is_empty() && ["card", "widget", "view"].contains(&last.as_str()) => {
            label(&about.join(" "))
        }
        _ => label(name),
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// One of several, as a word: `Orders` is `Order`.
pub(super) fn singular(label: &str) -> String {
    let is = |end: &str| label.to_lowercase().ends_with(end);
    let cut = |n: usize| label.chars().take(label.chars().count().saturating_sub(n)).collect::<String>();
    if is("ies") && label.len() > 4 {
        format!("{}y", cut(3))
    } else if is("ss") || is("us") || is("is") || !is("s") || label.len() < 4 {
        label.to_owned()
    } else if is("ches") || is("shes") || is("xes") || is("sses") {
        cut(2)
    } else {
        cut(1)
    }
}

const TITLES: &[&str] = &[
    "title",
    "headline",
    "subject",
    "heading",
    "name",
    "full name",
    "display name",
    "product name",
    "label",
    "product",
    "event",
    "topic",
    "question",
    "username",
    "login",
    "company",
    "symbol",
    "city",
    "location",
    "place",
    "error",
];
const IDS: &[&str] = &["number", "id", "reference", "code", "key", "sha", "sku", "uuid", "slug"];

/// How well a field of this name heads what it belongs to: less is better.
pub(super) fn title_rank(name: &str) -> Option<usize> {
    let words = split(name);
    let whole = words.join(" ");
    let at = |list: &[&str], word: &str| list.iter().position(|w| *w == word);
    at(TITLES, &whole).or_else(|| {
        let last = words.last()?;
        match last.as_str() {
            "title" | "subject" | "headline" => Some(30),
            "name" => Some(70),
            _ => None,
        }
    })
}

/// Whether a field of this name numbers what it belongs to.
pub(super) fn id_rank(name: &str) -> Option<usize> {
    let words = split(name);
    let last = words.last()?;
    let rank = IDS.iter().position(|w| w == last)?;
    Some(rank + words.len().min(5) * 10)
}

const SUBTITLES: &[&str] = &[
    "subtitle",
    "tagline",
    "caption",
    "blurb",
    "summary",
    "role",
    "position",
    "job title",
    "job",
    "occupation",
    "artist",
    "author",
    "brand",
    "category",
    "kind",
    "genre",
    "company",
    "organization",
    "department",
    "team",
    "email",
    "handle",
    "location",
    "city",
    "country",
    "address",
    "login",
    "username",
    "description",
];

/// How well a field of this name stands below a title.
pub(super) fn subtitle_rank(name: &str) -> Option<usize> {
    let whole = split(name).join(" ");
    SUBTITLES.iter().position(|w| *w == whole)
}

const STATES: &[&str] = &[
    "status",
    "state",
    "phase",
    "stage",
    "condition",
    "availability",
    "outcome",
    "severity",
    "priority",
    "health",
    "stock",
    "level",
    "result",
    "conclusion",
];

/// How well a field of this name says in which state something is.
pub(super) fn state_rank(name: &str) -> Option<usize> {
    let words = split(name);
    let last = words.last()?;
    STATES.iter().position(|w| w == last).map(|rank| rank + words.len() * 2)
}

fn has(name: &str, list: &[&str]) -> bool {
    split(name).iter().any(|word| list.contains(&word.as_str()))
}

fn ends(name: &str, list: &[&str]) -> bool {
    split(name).last().is_some_and(|word| list.contains(&word.as_str()))
}

/// A picture's address.
pub(super) fn is_image(name: &str) -> bool {
    has(
        name,
        &[
            "image",
            "picture",
            "photo",
            "avatar",
            "logo",
            "thumbnail",
            "cover",
            "poster",
            "icon",
            "banner",
            "img",
        ],
    )
}

/// A web address.
pub(super) fn is_url(name: &str) -> bool {
    ends(name, &["url", "uri", "link", "href", "website", "homepage"])
}

/// A text of sentences.
pub(super) fn is_long(name: &str) -> bool {
    ends(
        name,
        &[
            "description",
            "body",
            "text",
            "content",
            "message",
            "notes",
            "note",
            "comment",
            "bio",
            "biography",
            "readme",
            "details",
            "abstract",
            "instructions",
            "overview",
            "explanation",
            "markdown",
            "answer",
        ],
    )
}

/// Short words that label something.
pub(super) fn is_tags(name: &str) -> bool {
    ends(
        name,
        &[
            "tags",
            "labels",
            "categories",
            "keywords",
            "topics",
            "skills",
            "genres",
            "roles",
            "languages",
            "features",
        ],
    )
}

/// A currency's code.
pub(super) fn is_currency(name: &str) -> bool {
    has(name, &["currency"])
}

/// An amount of money.
pub(super) fn is_money(name: &str) -> bool {
    has(
        name,
        &[
            "price", "total", "subtotal", "amount", "cost", "fee", "tax", "balance", "salary", "revenue",
            "budget", "discount", "shipping", "paid", "due", "income", "charge", "payment", "profit",
            "value",
        ],
    )
}

/// The sum of other things.
pub(super) fn is_total(name: &str) -> bool {
    ends(name, &["total", "sum"]) || split(name).first().is_some_and(|word| word == "total")
}

/// The sign of the currency a name ends with.
pub(super) fn currency_sign(name: &str) -> Option<&'static str> {
    match split(name).last().map(String::as_str) {
        Some("usd" | "dollars") => Some("$"),
        Some("eur" | "euros") => Some("€"),
        Some("gbp" | "pounds") => Some("£"),
        Some("jpy" | "yen") => Some("¥"),
        _ => None,
    }
}

/// A share of a hundred.
pub(super) fn is_percent(name: &str) -> bool {
    ends(name, &["percent", "percentage", "pct"])
}

/// What a list is counted with, beside it.
pub(super) fn is_counting(name: &str) -> bool {
    has(
        name,
        &[
            "count",
            "total",
            "page",
            "pages",
            "cursor",
            "next",
            "offset",
            "limit",
            "more",
            "size",
            "incomplete",
            "per",
            "previous",
        ],
    )
}

/// Where on an axis a point stands.
pub(super) fn is_axis(name: &str) -> bool {
    ends(
        name,
        &[
            "day",
            "date",
            "month",
            "year",
            "hour",
            "time",
            "week",
            "period",
            "quarter",
            "timestamp",
            "bucket",
            "x",
            "at",
        ],
    )
}

/// A series of numbers.
pub(super) fn is_series(name: &str) -> bool {
    has(
        name,
        &[
            "series",
            "history",
            "trend",
            "points",
            "chart",
            "stats",
            "statistics",
            "forecast",
            "breakdown",
            "by",
            "per",
            "distribution",
            "sales",
        ],
    )
}

const GOOD: &[&str] = &[
    "done",
    "shipped",
    "ok",
    "success",
    "active",
    "open",
    "completed",
    "delivered",
    "paid",
    "approved",
    "available",
    "online",
    "passed",
    "healthy",
    "confirmed",
    "resolved",
    "merged",
    "running",
    "ready",
    "enabled",
    "succeeded",
    "accepted",
    "up",
    "plenty",
    "published",
    "verified",
    "in stock",
    "fulfilled",
    "finished",
    "complete",
    "sunny",
    "low",
];
const BAD: &[&str] = &[
    "failed",
    "cancelled",
    "canceled",
    "error",
    "rejected",
    "blocked",
    "overdue",
    "expired",
    "critical",
    "down",
    "denied",
    "offline",
    "refunded",
    "declined",
    "high",
    "urgent",
    "unavailable",
    "failure",
    "broken",
    "deleted",
    "suspended",
    "out of stock",
    "fatal",
    "unhealthy",
];
const WAITING: &[&str] = &[
    "pending",
    "waiting",
    "processing",
    "in progress",
    "queued",
    "warning",
    "paused",
    "on hold",
    "review",
    "in review",
    "medium",
    "few",
    "delayed",
    "unpaid",
    "degraded",
    "scheduled",
    "away",
    "partial",
    "low stock",
    "in preparation",
];
const TOLD: &[&str] = &["new", "in transit", "on its way", "info", "started", "in use", "planned", "doing"];

/// The badge's colour for a state, if the word says one.
pub(super) fn color(state: &str) -> Option<&'static str> {
    let state = split(state).join(" ");
    let among = |list: &[&str]| list.contains(&state.as_str());
    match () {
        () if among(GOOD) => Some("success"),
        () if among(BAD) => Some("danger"),
        () if among(WAITING) => Some("warning"),
        () if among(TOLD) => Some("info"),
        () => None,
    }
}

/// States that are asked for by name where only an example of them is known, with their colours.
pub(super) fn usual_states() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let first = |list: &'static [&'static str]| list.get(..7).unwrap_or(list);
    [("success", first(GOOD)), ("danger", first(BAD)), ("warning", first(WAITING))].into_iter()
}
