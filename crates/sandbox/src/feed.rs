//! A list that only grows and whose readers can wait for an item.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::sync::watch;

pub(crate) struct Feed<T> {
    items: Mutex<Vec<Arc<T>>>,
    length: watch::Sender<usize>,
}

impl<T> Feed<T> {
    pub(crate) fn new() -> Self {
        Feed { items: Mutex::new(Vec::new()), length: watch::Sender::new(0) }
    }

    pub(crate) fn push(&self, item: T) {
        let mut items = self.lock();
        items.push(Arc::new(item));
        self.length.send_replace(items.len());
    }

    pub(crate) fn all(&self) -> Vec<Arc<T>> {
        self.lock().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The first item, past or future, that the predicate holds for; none when the time is up.
    pub(crate) async fn wait_for(
        &self,
        predicate: impl Fn(&T) -> bool,
        timeout: Duration,
    ) -> Option<Arc<T>> {
        let search = async {
            let mut length = self.length.subscribe();
            let mut seen = 0;
            loop {
                length.mark_unchanged();
                let fresh = self.lock()[seen..].to_vec();
                seen += fresh.len();
                if let Some(found) = fresh.into_iter().find(|item| predicate(item)) {
                    return Some(found);
                }
                // An error means that the feed is gone; it cannot be while it is borrowed.
                length.changed().await.ok()?;
            }
        };
        tokio::time::timeout(timeout, search).await.ok().flatten()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<T>>> {
        self.items.lock().expect("a holder of this lock does not panic")
    }
}
