//! One line of an SMTP client, understood.

/// The commands that are served. Everything else is told so.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Hello,
    ExtendedHello,
    Mail {
        from: String,
        size: Option<usize>,
    },
    Recipient(String),
    Data,
    Reset,
    Nothing,
    Verify,
    Quit,
    /// A known command with arguments that make no sense.
    BadArguments,
    /// A known command that is not served.
    NotServed,
    Unknown,
}

pub(super) fn parse(line: &[u8]) -> Command {
    let Ok(line) = std::str::from_utf8(line) else {
        return Command::Unknown;
    };
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    match verb.to_ascii_uppercase().as_str() {
        "HELO" if !rest.is_empty() => Command::Hello,
        "EHLO" if !rest.is_empty() => Command::ExtendedHello,
        "HELO" | "EHLO" => Command::BadArguments,
        "MAIL" => mail(rest).unwrap_or(Command::BadArguments),
        "RCPT" => recipient(rest).unwrap_or(Command::BadArguments),
        "DATA" if rest.is_empty() => Command::Data,
        "DATA" => Command::BadArguments,
        "RSET" => Command::Reset,
        "NOOP" => Command::Nothing,
        "VRFY" => Command::Verify,
        "QUIT" => Command::Quit,
        "EXPN" | "HELP" | "STARTTLS" | "AUTH" | "BDAT" | "ETRN" | "TURN" => Command::NotServed,
        _ => Command::Unknown,
    }
}

fn mail(rest: &str) -> Option<Command> {
    let (from, parameters) = path(rest, "FROM:")?;
    let mut size = None;
    for parameter in parameters.split_ascii_whitespace() {
        if let Some((name, value)) = parameter.split_once('=')
            && name.eq_ignore_ascii_case("SIZE")
        {
            size = Some(value.parse().ok()?);
        }
    }
    Some(Command::Mail { from, size })
}

/// Nobody is the null recipient.
fn recipient(rest: &str) -> Option<Command> {
    let (to, _parameters) = path(rest, "TO:")?;
    (!to.is_empty()).then_some(Command::Recipient(to))
}

/// `FROM:<address> parameters`; a space after the colon is forgiven, missing brackets are not.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(String, &'a str)> {
    let head = rest.get(..keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let inner = rest[keyword.len()..].trim_start().strip_prefix('<')?;
    let (address, parameters) = inner.split_once('>')?;
    let clean = !address.chars().any(|c| c.is_control() || c.is_whitespace() || c == '<');
    clean.then(|| (address.to_owned(), parameters))
}
