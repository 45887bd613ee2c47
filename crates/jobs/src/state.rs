//! The words for where a run and its steps stand.

kernel::closed_set! {
    /// Where a run stands.
    pub enum JobState {
        /// Nobody has taken it yet, or again after a person asked for another try.
        Queued = "queued",
        /// Under way, forward or undoing.
        Running = "running",
        /// A step failed and will be tried again at a known time.
        Waiting = "waiting",
        /// Every step is done.
        Done = "done",
        /// A step failed for good; what had to be undone is undone.
        Failed = "failed",
        /// An undo failed for good; a person must look.
        Stuck = "stuck",
        /// Stopped on request; what had to be undone is undone.
        Cancelled = "cancelled",
    }
}

impl JobState {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Stuck | Self::Cancelled)
    }
}

kernel::closed_set! {
    /// Where a step stands.
    pub enum StepState {
        /// Its turn has not come.
        Pending = "pending",
        /// An attempt is under way.
        Running = "running",
        /// An attempt failed; the next one has a time.
        Waiting = "waiting",
        /// Done, its output kept.
        Done = "done",
        /// Not needed, by its own word or a person's; its reason is kept.
        Skipped = "skipped",
        /// Failed for good.
        Failed = "failed",
        /// Being taken back, or waiting to be tried again at it.
        Undoing = "undoing",
        /// Taken back.
        Undone = "undone",
        /// Could not be taken back.
        Stuck = "stuck",
    }
}

kernel::closed_set! {
    /// Why no living worker can go on with a run; it waits for a build that can, and is then taken up by itself.
    pub enum HeldFor {
        /// No living worker knows the workflow.
        Workflow = "workflow_unknown",
        /// The workflow is known, but not in the run's version.
        Version = "version_unknown",
        /// The run's plan has a step that the worker's build lacks.
        Step = "step_unknown",
    }
}

kernel::closed_set! {
    /// Which way a run goes.
    pub enum Going {
        /// Doing its steps in order.
        Forward = "forward",
        /// Undoing them in reverse.
        Back = "back",
    }
}
