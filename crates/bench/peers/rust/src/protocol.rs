//! What every peer program here has in common: its arguments, the word that it is ready, and its one line of answer.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

/// What a peer is asked: `<task> <count> <concurrency>`, and `DATABASE_URL` in the environment.
pub struct Asked {
    pub task: String,
    pub count: usize,
    pub concurrency: usize,
    pub url: String,
    input: Lines<BufReader<Stdin>>,
}

impl Asked {
    /// Reads the arguments.
    ///
    /// # Errors
    /// One is missing or no number.
    pub fn read() -> Result<Self> {
        let mut words = std::env::args().skip(1);
        let mut word = || words.next().context("usage: <task> <count> <concurrency>");
        Ok(Self {
            task: word()?,
            count: word()?.parse()?,
            concurrency: word()?.parse()?,
            url: std::env::var("DATABASE_URL").context("DATABASE_URL")?,
            input: BufReader::new(tokio::io::stdin()).lines(),
        })
    }

    /// Says `ready`, and returns when the driver says go.
    ///
    /// # Errors
    /// The input cannot be read.
    pub async fn begin(&mut self) -> Result<Instant> {
        println!("ready");
        self.input.next_line().await?;
        Ok(Instant::now())
    }

    /// Answers, and keeps all open until the driver has read the processors' time and closes our input.
    ///
    /// # Errors
    /// The input cannot be read.
    pub async fn answer(&mut self, answer: &Value) -> Result<()> {
        println!("{answer}");
        while self.input.next_line().await?.is_some() {}
        Ok(())
    }
}

/// So many in so long.
pub fn rate(count: usize, begun: Instant) -> Value {
    json!({"count": count, "seconds": begun.elapsed().as_secs_f64()})
}

/// How long each took.
pub fn millis(taken: &[Duration]) -> Value {
    let millis: Vec<f64> = taken.iter().map(|one| one.as_secs_f64() * 1000.0).collect();
    json!({ "millis": millis })
}

/// There is no such notion here.
pub fn unsupported() -> Value {
    json!({"unsupported": true})
}

/// Asks until the answer is yes.
///
/// # Errors
/// Those of asking.
pub async fn until(mut asked: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    while !asked().await? {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
