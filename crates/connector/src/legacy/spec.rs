//! What has to be told to reach a legacy backend.

use crate::{Field, Format, Need, Secrecy, Spec};

const LONGEST_KEY: Format = Format::Text(512);

const fn key(name: &'static str, title: &'static str, help: &'static str, need: Need) -> Field {
    Field { name, title, help, need, secrecy: Secrecy::Secret, format: LONGEST_KEY }
}

/// The settings of a legacy backend.
pub static SPEC: Spec = Spec {
    name: "legacy",
    title: "Legacy backend",
    instruction: &[
        "Ask whoever runs the backend for its address and for a key that may call /api/admin and /api/ss.",
        "Where administration and data have keys of their own, ask for both: a key that leaks then opens less.",
        "To see that it is the right backend, give a spreadsheet that is registered there.",
    ],
    fields: &[
        Field {
            name: "url",
            title: "Address",
            help: "The backend's address, with or without /api at its end.",
            need: Need::Required,
            secrecy: Secrecy::Open,
            format: Format::Address,
        },
        key("api_key", "Key", "Opens whatever has no key of its own.", Need::Required),
        key("admin_key", "Key of administration", "Opens /api/admin.", Need::Optional),
        key("data_key", "Key of data", "Opens /api/ss.", Need::Optional),
        Field {
            name: "key_header",
            title: "Header of the key",
            help: "x-api-key, unless the backend takes keys as bearer tokens only.",
            need: Need::Optional,
            secrecy: Secrecy::Open,
            format: Format::Choice(&["x-api-key", "bearer"]),
        },
        Field {
            name: "spreadsheet_id",
            title: "Spreadsheet to look at",
            help: "A registered spreadsheet, whose sellers are shown as a sample.",
            need: Need::Optional,
            secrecy: Secrecy::Open,
            format: Format::Text(128),
        },
    ],
};
