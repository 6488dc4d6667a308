use std::{error::Error, process::ExitCode};

use video_chat_store_sql::SqlStore;

use crate::{causes, settings::Settings};

/// Brings the database to this build's schema; an SQLite file is made when absent.
pub(super) fn run(settings: &Settings) -> ExitCode {
    match migrate(&settings.database.url) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("DATABASE_URL: {}", causes::in_one_line(&*error));
            ExitCode::FAILURE
        }
    }
}

fn migrate(url: &str) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(SqlStore::migrate(url))?)
}
