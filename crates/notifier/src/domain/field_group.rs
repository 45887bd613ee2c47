//! Groups of header fields, as reports of mail systems are made of.

/// Most bytes of a field; a line that would make it longer is passed over.
const LONGEST: usize = 1024;

/// Fields that stand together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldGroup(Vec<(String, String)>);

impl FieldGroup {
    /// The first value under a name in lower case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The groups of a text, which empty lines part. Lines that begin with a space go on with the field before, and what is no
/// field is passed over.
pub(crate) fn field_groups(text: &str) -> Vec<FieldGroup> {
    let (mut groups, mut group) = (Vec::new(), FieldGroup::default());
    for line in text.lines() {
        if line.trim().is_empty() {
            groups.extend(Some(std::mem::take(&mut group)).filter(|group| !group.0.is_empty()));
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.0.last_mut() {
                go_on(value, line.trim());
            }
        } else if let Some((name, told)) = line.split_once(':').filter(|(name, _)| fits(name)) {
            let mut value = String::new();
            go_on(&mut value, told.trim());
            group.0.push((name.trim().to_ascii_lowercase(), value));
        }
    }
    groups.extend(Some(group).filter(|group| !group.0.is_empty()));
    groups
}

fn fits(text: &str) -> bool {
    text.len() <= LONGEST
}

fn go_on(value: &mut String, more: &str) {
    if value.len() + more.len() >= LONGEST {
        return;
    }
    if !value.is_empty() {
        value.push(' ');
    }
    value.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_parted_by_empty_lines_and_fields_go_on_over_lines() {
        let groups = field_groups("A: 1\r\nlost\r\nB:\r\n 2\r\n\t3\r\n\r\n \r\nA: 4\r\n");
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[0].get("a"), groups[0].get("b")), (Some("1"), Some("2 3")));
        assert_eq!((groups[1].get("a"), groups[1].get("b")), (Some("4"), None));
        assert!(field_groups(" x\r\n\r\n").is_empty());
    }

    #[test]
    fn a_field_over_any_number_of_lines_is_short_and_hides_no_other() {
        let folded = format!(
            "A: 1\r\n{}B: {}\r\n 2\r\nC: 3\r\n",
            " x\r\n".repeat(60_000),
            "y".repeat(2_000)
        );
        let groups = field_groups(&folded);
        let long = groups[0].get("a").expect("a value");
        assert!(long.starts_with("1 x x") && long.len() <= LONGEST, "{}", long.len());
        assert_eq!((groups[0].get("b"), groups[0].get("c")), (Some("2"), Some("3")));
    }
}
