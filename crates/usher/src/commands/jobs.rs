//! `usher jobs …`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{listing, watching};
use crate::{
    api::Api,
    cli::{Output, Target},
    out,
};

/// Durable jobs.
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// List the provisioning jobs of a tenant.
    List(List),
    /// Show a job: its steps, and what people did to it.
    Show(One),
    /// Print each change of a job until it has ended.
    Tail(One),
    /// Try a failed, cancelled, stuck or waiting job again; a failed client goes on with it.
    Retry(One),
    /// Begin an ended job anew from a step, that step included.
    RetryFrom(Step),
    /// Ask a job to stop and to undo what it can.
    Cancel(One),
    /// Let a job make no further attempt until it is resumed.
    Pause(Because),
    /// Let a paused job go on.
    Resume(One),
    /// Take a step that waits or failed as done.
    Skip(StepBecause),
    /// Take the step of a stuck job whose undo failed as taken back.
    Undone(StepBecause),
    /// End a job that is stuck, or that no living worker knows, as failed.
    Abandon(Because),
}

/// List the provisioning jobs of a tenant.
#[derive(Debug, Args)]
pub struct List {
    /// The tenant's slug.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: String,
    /// Only jobs in this state: queued, running, waiting, done, failed, stuck or cancelled.
    #[arg(long, env = "USHER_STATE", default_value = "")]
    pub state: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// One job.
#[derive(Debug, Args)]
pub struct One {
    /// The job's id.
    pub job: kernel::JobId,
    /// The tenant's slug.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// One job, and why something is done to it.
#[derive(Debug, Args)]
pub struct Because {
    /// Which job.
    #[command(flatten)]
    pub one: One,
    /// Why, for whoever asks later.
    #[arg(long, env = "USHER_REASON")]
    pub reason: String,
}

/// One step of a job.
#[derive(Debug, Args)]
pub struct Step {
    /// Which job.
    #[command(flatten)]
    pub one: One,
    /// The step's name.
    pub step: String,
}

/// One step of a job, and why something is done to it.
#[derive(Debug, Args)]
pub struct StepBecause {
    /// Which step.
    #[command(flatten)]
    pub at: Step,
    /// Why, for whoever asks later.
    #[arg(long, env = "USHER_REASON")]
    pub reason: String,
}

const COLUMNS: [&str; 5] = ["jobId", "workflow", "state", "createdAt", "endedAt"];

/// Runs the command.
///
/// # Errors
/// The platform refuses or does not answer.
pub async fn jobs(command: Jobs) -> anyhow::Result<u8> {
    match command {
        Jobs::List(args) => {
            let path = format!("/v1/jobs?state={}", args.state);
            let rows = Api::of(&args.target)?.list(Some(&args.tenant), &path, "jobs").await?;
            listing::print(args.output, &rows, &COLUMNS)?;
        }
        Jobs::Show(one) => {
            let job: Value = Api::of(&one.target)?.get(Some(&one.tenant), &one.path("")).await?;
            one.print(&job)?;
        }
        Jobs::Tail(one) => {
            let api = Api::of(&one.target)?;
            let response = api.stream(Some(&one.tenant), &one.path("/watch")).await?;
            watching::print(one.output, response, short).await?;
        }
        Jobs::Retry(one) => one.post("retry", &json!({})).await?,
        Jobs::RetryFrom(at) => at.one.post("retry", &json!({"step": at.step})).await?,
        Jobs::Cancel(one) => one.post("cancel", &json!({})).await?,
        Jobs::Pause(args) => args.post("pause").await?,
        Jobs::Resume(one) => one.post("resume", &json!({})).await?,
        Jobs::Skip(args) => args.post("skip").await?,
        Jobs::Undone(args) => args.post("undone").await?,
        Jobs::Abandon(args) => args.post("abandon").await?,
    }
    Ok(0)
}

impl Because {
    async fn post(&self, verb: &str) -> anyhow::Result<()> {
        self.one.post(verb, &json!({"reason": self.reason})).await
    }
}

impl StepBecause {
    async fn post(&self, verb: &str) -> anyhow::Result<()> {
        let body = json!({"step": self.at.step, "reason": self.reason});
        self.at.one.post(verb, &body).await
    }
}

impl One {
    fn path(&self, rest: &str) -> String {
        format!("/v1/jobs/{}{rest}", self.job)
    }

    async fn post(&self, verb: &str, body: &Value) -> anyhow::Result<()> {
        let path = self.path(&format!("/{verb}"));
        self.print(&Api::of(&self.target)?.post(Some(&self.tenant), &path, body).await?)
    }

    /// The job with its steps and what people did to it, or all of it as JSON.
    fn print(&self, job: &Value) -> anyhow::Result<()> {
        if self.output.json {
            return out::line(serde_json::to_string(job)?).map_err(Into::into);
        }
        let part = |name: &str| job[name].as_array().cloned().unwrap_or_default();
        listing::print(
            self.output,
            std::slice::from_ref(job),
            &["jobId", "workflow", "state", "pausedBy", "held", "reason", "message"],
        )?;
        let steps = ["name", "state", "attempts", "nextAttemptAt", "reason", "message"];
        listing::print(self.output, &part("steps"), &steps)?;
        let done = part("interventions");
        if !done.is_empty() {
            listing::print(self.output, &done, &["at", "verb", "step", "actor", "was", "reason"])?;
        }
        Ok(())
    }
}

/// A job in one line: its state, the step to look at, and why that is not done.
fn short(job: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let over = ["done", "skipped", "undone"];
    let steps = job["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let step = steps.iter().find(|step| !over.contains(&text(&step["state"]).as_str()));
    let at = step.map_or_else(String::new, |step| {
        let attempts = step["attempts"].as_i64().unwrap_or_default();
        let (name, state) = (text(&step["name"]), text(&step["state"]));
        format!("{name} {state} (attempt {attempts})  {}", text(&step["message"]))
    });
    let paused = if text(&job["pausedBy"]).is_empty() { "" } else { " (paused)" };
    format!("{}{paused}  {at}", text(&job["state"])).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_told_in_one_line() {
        let steps = json!([
            {"name": "register_workspace", "state": "done", "attempts": 1},
            {"name": "add_token", "state": "waiting", "attempts": 2, "message": "503"},
        ]);
        let job = json!({"state": "waiting", "pausedBy": "user:1", "steps": steps});
        assert_eq!(short(&job), "waiting (paused)  add_token waiting (attempt 2)  503");
        assert_eq!(short(&json!({"state": "done"})), "done");
    }
}
