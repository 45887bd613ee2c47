//! Why sessions end and passwords change, as facts and audit rows say it.

kernel::closed_set! {
    /// Why sessions ended before their time.
    pub(crate) enum EndCause {
        /// Their person wanted it.
        ByHand = "by_hand",
        /// The person has another password.
        PasswordChanged = "password_changed",
        /// The person has another password, by a link in the mail.
        PasswordReset = "password_reset",
    }
}

kernel::closed_set! {
    /// How a password was changed.
    pub(crate) enum ChangeCause {
        /// By its person, who knew the former one.
        ByHand = "by_hand",
        /// By a link in the mail.
        Reset = "reset",
    }
}
