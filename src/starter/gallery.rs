//! The starters to begin with: widgets written by hand, each of a kind that is often wanted.
//!
//! Owns the list. The widgets are files of `src/starter/gallery`, as ChatKit Studio opens them; their sample data is in
//! them.

/// A starter.
#[derive(Debug, Clone, Copy)]
pub struct GalleryEntry {
    /// What it is called by.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it shows, in a line.
    pub description: &'static str,
    /// The text of its `.widget` file.
    pub widget_text: &'static str,
}

/// All starters, in the order in which they are shown.
pub fn gallery() -> &'static [GalleryEntry] {
    GALLERY
}

macro_rules! entry {
    ($name:literal, $title:literal, $description:literal) => {
        GalleryEntry {
            name: $name,
            title: $title,
            description: $description,
            widget_text: include_str!(concat!("gallery/", $name, ".widget")),
        }
    };
}

const GALLERY: &[GalleryEntry] = &[
    entry!("order", "Order", "What was ordered, what it costs, and where it is"),
    entry!(
        "picture-list",
        "Picture list",
        "Things to choose from, each with a picture, two lines and a price"
    ),
    entry!("key-figures", "Key figures", "A few numbers at a glance, with how they changed"),
    entry!("chart", "Chart", "A series over time with its latest value"),
    entry!("table", "Table", "Rows and columns with a total"),
    entry!("profile", "Profile", "A person or a company: picture, what they do, how to reach them"),
    entry!("timeline", "Timeline", "What happened, step by step"),
    entry!("form", "Form", "Questions with controls, and a button that sends the answers"),
    entry!("confirmation", "Confirmation", "One question with what it is about, and two answers"),
    entry!("weather", "Weather", "How it is now, and how the next days will be"),
    entry!("empty-state", "Empty state", "Nothing was found: why, and what can be done"),
];
