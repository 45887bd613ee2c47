//! What a mail system reports of a letter that did not arrive (RFC 3464).

use kernel::MessageId;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders};

use super::{EnhancedStatus, FieldGroup, field_groups};

/// Most bytes of a report: what is returned with it is a letter of ours.
const LARGEST: usize = 256 * 1024;

/// Why a text is no report; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoReport {
    #[error("must be at most 256 KiB")]
    TooLarge,
    #[error("must be a multipart/report of the type delivery-status (RFC 3464)")]
    OtherType,
    #[error("has no part message/delivery-status")]
    NoStatus,
    #[error("tells of no recipient")]
    NoRecipient,
    #[error("tells no Action of a recipient, or an unknown one")]
    BadAction,
    #[error("tells no Status of a recipient, or a malformed one")]
    BadStatus,
    #[error("does not name the letter it is about")]
    NoLetter,
}

/// What became of a letter, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Delivered,
    /// Another attempt follows.
    Delayed,
    /// No attempt follows.
    Bounced(EnhancedStatus),
}

/// A report about one letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// Nothing where the report names a letter that is none of ours.
    pub(crate) letter: Option<MessageId>,
    pub(crate) fate: Fate,
}

impl Report {
    /// Reads a mail. Our letters have one recipient each; where a report tells of several, the worst counts.
    pub(crate) fn parse(mail: &str) -> Result<Self, NoReport> {
        if mail.len() > LARGEST {
            return Err(NoReport::TooLarge);
        }
        let mail = MessageParser::new().parse(mail).ok_or(NoReport::OtherType)?;
        let kind = mail.content_type().ok_or(NoReport::OtherType)?;
        let is = |told: Option<&str>, word: &str| {
            told.is_some_and(|told| told.eq_ignore_ascii_case(word))
        };
        if !kind.ctype().eq_ignore_ascii_case("multipart")
            || !is(kind.subtype(), "report")
            || !is(kind.attribute("report-type"), "delivery-status")
        {
            return Err(NoReport::OtherType);
        }
        let status = mail.parts.iter().find(|part| is_status(part)).ok_or(NoReport::NoStatus)?;
        let groups = field_groups(&String::from_utf8_lossy(status.contents()));
        let (of_letter, recipients) = groups.split_first().ok_or(NoReport::NoRecipient)?;
        let fates: Vec<Fate> = recipients.iter().map(fate).collect::<Result<_, _>>()?;
        let fate = fates.into_iter().max().ok_or(NoReport::NoRecipient)?;
        Ok(Self { letter: letter(&mail, of_letter)?, fate })
    }
}

/// Whether it is the part that machines read (RFC 3464, and RFC 6533 for addresses beyond ASCII).
fn is_status(part: &MessagePart<'_>) -> bool {
    part.content_type().is_some_and(|kind| {
        let subtype = kind.subtype().unwrap_or_default().to_ascii_lowercase();
        kind.ctype().eq_ignore_ascii_case("message")
            && ["delivery-status", "global-delivery-status"].contains(&subtype.as_str())
    })
}

fn fate(recipient: &FieldGroup) -> Result<Fate, NoReport> {
    let status =
        recipient.get("status").and_then(EnhancedStatus::parse).ok_or(NoReport::BadStatus)?;
    match recipient.get("action").unwrap_or_default().to_ascii_lowercase().as_str() {
        "failed" => Ok(Fate::Bounced(status)),
        "delayed" => Ok(Fate::Delayed),
        "delivered" | "relayed" | "expanded" => Ok(Fate::Delivered),
        _ => Err(NoReport::BadAction),
    }
}

/// The letter that is meant: by what was returned of it, by its envelope, or by what the report answers to.
fn letter(mail: &Message<'_>, of_letter: &FieldGroup) -> Result<Option<MessageId>, NoReport> {
    let mut named: Vec<String> = mail.parts.iter().filter_map(returned_id).collect();
    named.extend(of_letter.get("original-envelope-id").map(str::to_owned));
    for answered in [mail.in_reply_to(), mail.references()] {
        named.extend(answered.as_text_list().unwrap_or_default().iter().map(ToString::to_string));
    }
    if named.is_empty() {
        return Err(NoReport::NoLetter);
    }
    Ok(named.iter().find_map(|name| ours(name)))
}

/// The Message-ID of the letter that is in a part, whole or its headers alone.
fn returned_id(part: &MessagePart<'_>) -> Option<String> {
    if let Some(letter) = part.message() {
        return letter.message_id().map(str::to_owned);
    }
    let kind = part.content_type()?;
    let is_headers = kind.ctype().eq_ignore_ascii_case("text")
        && kind.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("rfc822-headers"));
    if !is_headers {
        return None;
    }
    let groups = field_groups(&String::from_utf8_lossy(part.contents()));
    let headers = groups.first()?;
    headers.get("message-id").map(str::to_owned)
}

/// The message whose Message-ID this is: its id before the domain.
fn ours(name: &str) -> Option<MessageId> {
    let name = name.trim().trim_start_matches('<').trim_end_matches('>');
    let (id, _) = name.split_once('@').unwrap_or((name, ""));
    MessageId::parse(id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";

    /// A report as mail systems write it.
    fn report(fields: &str, returned: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: usher@mail.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\
             Content-Type: text/plain\r\n\r\nIt did not arrive.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\n{fields}\r\n--b\r\n\
             {returned}\r\n--b--\r\n"
        )
    }

    fn whole() -> String {
        format!(
            "Content-Type: message/rfc822\r\n\r\nMessage-ID: <{LETTER}@mail.example>\r\nSubject: x\r\n\r\nHello"
        )
    }

    fn read(fields: &str) -> Result<Fate, NoReport> {
        Report::parse(&report(fields, &whole())).map(|report| report.fate)
    }

    #[test]
    fn what_failed_is_told_from_what_is_only_late() {
        let bounced =
            |text: &str| Ok(Fate::Bounced(EnhancedStatus::parse(text).expect("a status")));
        for (fields, fate) in [
            ("Action: failed\r\nStatus: 5.1.1 (no such mailbox)", bounced("5.1.1")),
            ("ACTION:  Failed\r\nstatus: 4.4.7", bounced("4.4.7")),
            ("Action: delayed\r\nStatus: 4.4.1", Ok(Fate::Delayed)),
            ("Action: relayed\r\nStatus: 2.0.0", Ok(Fate::Delivered)),
            ("Action: failed", Err(NoReport::BadStatus)),
            ("Action: failed\r\nStatus: 5.1", Err(NoReport::BadStatus)),
            ("Status: 5.1.1", Err(NoReport::BadAction)),
            ("Action: vanished\r\nStatus: 5.1.1", Err(NoReport::BadAction)),
        ] {
            assert_eq!(read(fields), fate, "{fields}");
        }
        let several = "Action: delivered\r\nStatus: 2.0.0\r\n\r\nAction: failed\r\nStatus: 5.2.2";
        assert_eq!(read(several), bounced("5.2.2"), "the worst counts");
    }

    #[test]
    fn the_letter_is_found_by_what_was_returned_by_its_envelope_and_by_what_is_answered() {
        let fields = "Action: failed\r\nStatus: 5.1.1";
        let headers = format!(
            "Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-Id:\r\n <{LETTER}@mail.example>\r\n"
        );
        let nothing = "Content-Type: text/plain\r\n\r\n";
        let bare = report(fields, nothing);
        let enveloped = bare
            .replace("Reporting-MTA", &format!("Original-Envelope-Id: {LETTER}\r\nReporting-MTA"));
        let answering = format!("In-Reply-To: <{LETTER}@mail.example>\r\n{bare}");
        let among = format!("References: <x@y.example> <{LETTER}@mail.example>\r\n{bare}");
        for mail in
            [report(fields, &whole()), report(fields, &headers), enveloped, answering, among]
        {
            let letter = Report::parse(&mail).expect("reads").letter;
            assert_eq!(letter.map(|id| id.to_string()), Some(LETTER.into()), "{mail}");
        }
        let foreign = report(fields, &whole().replace(LETTER, "somebody-elses"));
        assert_eq!(Report::parse(&foreign).expect("reads").letter, None);
        assert_eq!(Report::parse(&bare), Err(NoReport::NoLetter));
    }

    #[test]
    fn rubbish_is_refused_by_its_kind() {
        let good = report("Action: failed\r\nStatus: 5.1.1", &whole());
        for (mail, why) in [
            (String::new(), NoReport::OtherType),
            ("Hello".into(), NoReport::OtherType),
            ("Subject: Hello\r\n\r\nHello".into(), NoReport::OtherType),
            (good.replace("delivery-status;", "feedback-report;"), NoReport::OtherType),
            (good.replace("multipart/report", "multipart/mixed"), NoReport::OtherType),
            (good.replace("message/delivery-status", "text/plain"), NoReport::NoStatus),
            (
                report("", &whole()).replace("Final-Recipient: rfc822; ann@example.com\r\n", ""),
                NoReport::NoRecipient,
            ),
            (format!("{good}{}", "x".repeat(LARGEST)), NoReport::TooLarge),
        ] {
            assert_eq!(Report::parse(&mail), Err(why), "{}", &mail[..mail.len().min(300)]);
        }
    }
}
