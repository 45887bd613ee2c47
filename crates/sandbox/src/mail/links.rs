//! The web addresses in a mail, as a person could click them.

/// Every `http://` and `https://` address of the bodies, in order, each once.
pub(super) fn find(text: Option<&str>, html: Option<&str>) -> Vec<String> {
    let plain = text.into_iter().flat_map(addresses).map(str::to_owned);
    let marked = html.into_iter().flat_map(addresses).map(unescape);
    let mut found = Vec::new();
    for link in plain.chain(marked) {
        if !found.contains(&link) {
            found.push(link);
        }
    }
    found
}

fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("http").map(|(at, _)| &text[at..]);
    starts.filter_map(|rest| {
        let scheme = if rest.starts_with("https://") { 8 } else { 7 };
        if !(rest.starts_with("http://") || rest.starts_with("https://")) {
            return None;
        }
        let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`{}|\\^".contains(c);
        let link = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '*']);
        (link.len() > scheme).then_some(link)
    })
}

/// The entities that a careful writer puts into an attribute.
fn unescape(link: &str) -> String {
    link.replace("&#x2F;", "/")
        .replace("&#x3D;", "=")
        .replace("&#61;", "=")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}
