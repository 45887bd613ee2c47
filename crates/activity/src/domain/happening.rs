//! What happened, said in a sentence. Sentences name no person: the feed outlives the right to know who it was.

kernel::closed_set! {
    /// Where a client's onboarding stands.
    pub(crate) enum Stage {
        /// Invited.
        Invited = "invited",
        /// Accepted the invitation.
        EmailConfirmed = "email_confirmed",
        /// Has a workspace.
        WorkspaceRegistered = "workspace_registered",
        /// The workspace has its token.
        TokenAdded = "token_added",
        /// The token was found to work.
        Validated = "validated",
        /// Done.
        Active = "active",
        /// Stuck for a reason.
        Failed = "failed",
        /// Did not accept in time.
        Expired = "expired",
        /// Taken back.
        Revoked = "revoked",
    }
}

/// What the feed tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happening {
    TenantCreated {
        name: String,
    },
    InviteCreated {
        role: String,
    },
    InviteAccepted {
        role: String,
    },
    InviteRevoked,
    /// The stage that was reached, unless it is newer than this build.
    ClientAdvanced(Option<Stage>),
    MessageSent {
        template: String,
    },
    EventCreated {
        title: String,
    },
}

impl Happening {
    /// The sentence for people.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::TenantCreated { name } => {
                format!("The workspace “{}” was created.", quoted(name))
            }
            Self::InviteCreated { role } => format!("Somebody was invited as {}.", quoted(role)),
            Self::InviteAccepted { role } => {
                format!("An invitation was accepted; there is a new {}.", quoted(role))
            }
            Self::InviteRevoked => "An invitation was taken back.".into(),
            Self::ClientAdvanced(stage) => of_stage(*stage).into(),
            Self::MessageSent { template } => {
                format!("A message was sent: {}.", quoted(&template.replace('_', " ")))
            }
            Self::EventCreated { title } => format!("The event “{}” was announced.", quoted(title)),
        }
    }
}

const fn of_stage(stage: Option<Stage>) -> &'static str {
    match stage {
        Some(Stage::Invited) => "A client's onboarding began.",
        Some(Stage::EmailConfirmed) => "A client confirmed the e-mail address.",
        Some(Stage::WorkspaceRegistered) => "A client's workspace was registered.",
        Some(Stage::TokenAdded) => "A client's token was added.",
        Some(Stage::Validated) => "A client's set-up was validated.",
        Some(Stage::Active) => "A client is active.",
        Some(Stage::Failed) => "A client's onboarding failed and needs a look.",
        Some(Stage::Expired) => "A client's invitation expired.",
        Some(Stage::Revoked) => "A client's onboarding was taken back.",
        None => "A client's onboarding moved on.",
    }
}

/// Words written by people, as a sentence may carry them: one line, of bearable length, without addresses.
fn quoted(words: &str) -> String {
    let kept = words.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    let line = kept.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 200 {
        return line;
    }
    line.chars().take(199).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_holds_no_address_even_where_people_write_one() {
        let title = "Tea with\nann@example.com <bob@example.com>".to_owned();
        assert_eq!(
            Happening::EventCreated { title }.sentence(),
            "The event “Tea with … …” was announced."
        );
    }

    #[test]
    fn long_words_are_cut_by_characters() {
        let name = "ж".repeat(500);
        assert!(Happening::TenantCreated { name }.sentence().chars().count() < 240);
    }

    #[test]
    fn every_stage_has_a_sentence_and_an_unknown_one_too() {
        for stage in Stage::ALL.iter().copied().map(Some).chain([None]) {
            assert!(Happening::ClientAdvanced(stage).sentence().ends_with('.'));
        }
    }
}
