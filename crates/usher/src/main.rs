//! The process: parses the command line, runs the command, ends with its code.

use std::process::ExitCode;

use usher::{
    cli::{Cli, run},
    out,
};

fn main() -> ExitCode {
    let cli: Cli = match boot::config::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    boot::crypto::install();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) if out::reader_left(&error) => ExitCode::SUCCESS,
        Err(error) if error.chain().any(|cause| cause.is::<boot::ConfigError>()) => {
            fail(&error);
            ExitCode::from(2)
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("usher: {error:#}");
    ExitCode::FAILURE
}
