//! One page of a list.

/// How many items a page may hold: 1 to 250, 50 unless told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u16);

impl PageSize {
    /// Reads a wire value: zero or less means the default, more than the maximum means the maximum.
    #[must_use]
    pub fn from_wire(size: i32) -> Self {
        match size {
            ..=0 => Self(50),
            1..=250 => Self(u16::try_from(size).unwrap_or(250)),
            _ => Self(250),
        }
    }

    /// The number of items.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }

    /// The number of rows to ask for: one more than shown tells whether another page follows.
    #[must_use]
    pub fn fetch(self) -> i64 {
        i64::from(self.0) + 1
    }
}

/// Items, and the cursor after which the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The key of the last item, if more follow.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `rows` (fetched with [`PageSize::fetch`]) to the page; `key` names the cursor of an item.
    pub fn cut(mut rows: Vec<T>, size: PageSize, key: impl Fn(&T) -> String) -> Self {
        let more = rows.len() > size.get();
        rows.truncate(size.get());
        let next = if more { rows.last().map(key) } else { None };
        Self { items: rows, next }
    }
}
