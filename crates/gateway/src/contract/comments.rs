//! The comments of the proto files, by what they stand above.

use std::{collections::HashMap, sync::LazyLock};

use prost_reflect::{
    FieldDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor, ServiceDescriptor,
};
use wire::json::POOL;

/// Comments by file and by the path of what they stand above (`SourceCodeInfo.Location.path`).
static COMMENTS: LazyLock<HashMap<(String, Vec<i32>), String>> = LazyLock::new(|| {
    let mut comments = HashMap::new();
    for file in POOL.files() {
        let info = file.file_descriptor_proto().source_code_info.as_ref();
        for place in info.into_iter().flat_map(|info| &info.location) {
            if let Some(text) = &place.leading_comments {
                let key = (file.name().to_owned(), place.path.clone());
                comments.insert(key, tidy(text));
            }
        }
    }
    comments
});

fn at(file: &FileDescriptor, path: &[i32]) -> String {
    let key = (file.name().to_owned(), path.to_vec());
    COMMENTS.get(&key).cloned().unwrap_or_default()
}

/// The comment above a method; empty where there is none.
pub(super) fn of_method(method: &MethodDescriptor) -> String {
    at(&method.parent_file(), method.path())
}

/// The comment above a service.
pub(super) fn of_service(service: &ServiceDescriptor) -> String {
    at(&service.parent_file(), service.path())
}

/// The comment above a message.
pub(super) fn of_message(message: &MessageDescriptor) -> String {
    at(&message.parent_file(), message.path())
}

/// The comment above a field.
pub(super) fn of_field(field: &FieldDescriptor) -> String {
    at(&field.parent_file(), field.path())
}

/// The first sentence, for a line in a list.
pub(super) fn first_sentence(text: &str) -> String {
    let line = text.replace('\n', " ");
    let end = line.find(". ").map_or(line.len(), |end| end);
    line[..end].trim_end_matches('.').to_owned()
}

fn tidy(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
