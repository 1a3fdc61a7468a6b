//! A read that passes share which want it at the same time. Each answer comes from a read that began after it was asked for:
//! it is as live as a read of one's own, and a burst of passes costs one read for each round trip instead of one for each pass.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Mutex;

/// One question, asked by many. The answer is cheap to clone.
pub(crate) struct LiveRead<T> {
    order: AtomicU64,
    last: Mutex<Option<(u64, T)>>,
}

impl<T> Default for LiveRead<T> {
    fn default() -> Self {
        Self {
            order: AtomicU64::new(0),
            last: Mutex::new(None),
        }
    }
}

impl<T: Clone> LiveRead<T> {
    /// The answer of the first read that begins from now on. Who asks while one is under way waits for the next.
    pub(crate) async fn answer(&self, read: impl Future<Output = T>) -> T {
        let asked = self.order.fetch_add(1, Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if let Some((begun, answer)) = &*last
            && *begun > asked
        {
            return answer.clone();
        }
        let begun = self.order.fetch_add(1, Ordering::SeqCst);
        let answer = read.await;
        *last = Some((begun, answer.clone()));
        answer
    }
}

/// Questions by what they are about. One that nobody asks any more is forgotten with its answer: people choose the names.
pub(crate) struct LiveReads<T>(std::sync::Mutex<HashMap<String, Arc<LiveRead<T>>>>);

impl<T> Default for LiveReads<T> {
    fn default() -> Self {
        Self(std::sync::Mutex::default())
    }
}

impl<T: Clone> LiveReads<T> {
    /// See [`LiveRead::answer`].
    pub(crate) async fn answer(&self, about: &str, read: impl Future<Output = T>) -> T {
        let question = Arc::clone(self.lock().entry(about.to_owned()).or_default());
        let asking = Asking {
            all: self,
            about,
            question,
        };
        asking.question.answer(read).await
    }
}

impl<T> LiveReads<T> {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<LiveRead<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who asks; who gives up leaves nothing behind either.
struct Asking<'a, T> {
    all: &'a LiveReads<T>,
    about: &'a str,
    question: Arc<LiveRead<T>>,
}

impl<T> Drop for Asking<'_, T> {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        // One is the map's, the other this one's.
        if Arc::strong_count(&self.question) <= 2 {
            all.remove(self.about);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::{sync::Arc, time::Duration};
    use tokio::time::sleep;

    /// A value that others change, and how often it was read.
    #[derive(Default)]
    struct Cluster {
        value: AtomicU64,
        reads: AtomicU64,
    }

    impl Cluster {
        /// Sees the value in the middle of the round trip.
        async fn read(&self) -> u64 {
            self.reads.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(5)).await;
            let value = self.value.load(Ordering::SeqCst);
            sleep(Duration::from_millis(5)).await;
            value
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_never_from_a_read_that_began_before_it_was_asked_for() {
        let (shared, cluster) = (Arc::new(LiveRead::default()), Arc::new(Cluster::default()));
        let asks = (0..500_u64).map(|number| {
            let (shared, cluster) = (Arc::clone(&shared), Arc::clone(&cluster));
            tokio::spawn(async move {
                sleep(Duration::from_millis(number * 7 % 101)).await;
                let before = cluster.value.fetch_add(1, Ordering::SeqCst) + 1;
                let seen = shared.answer(cluster.read()).await;
                assert!(
                    seen >= before,
                    "what was written before the question: {seen} < {before}"
                );
            })
        });
        join_all(asks).await.into_iter().for_each(|asked| asked.unwrap());
        let reads = cluster.reads.load(Ordering::SeqCst);
        assert!(reads <= 12, "500 questions in 100 ms, 10 ms each: {reads} reads");
    }

    #[tokio::test]
    async fn questions_one_after_the_other_are_each_read_again() {
        let (shared, cluster) = (LiveRead::default(), Cluster::default());
        for number in 0..3 {
            cluster.value.store(number, Ordering::SeqCst);
            assert_eq!(shared.answer(cluster.read()).await, number);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_nobody_asks_any_more_is_forgotten() {
        let (shared, cluster) = (LiveReads::default(), Cluster::default());
        let asks = (0..100).map(|n| {
            let (shared, cluster) = (&shared, &cluster);
            async move { shared.answer(&format!("ns-{}", n % 10), cluster.read()).await }
        });
        join_all(asks).await;
        let gave_up = tokio::time::timeout(Duration::from_millis(1), shared.answer("other", cluster.read())).await;
        assert!(gave_up.is_err() && shared.lock().is_empty());
        assert!(cluster.reads.load(Ordering::SeqCst) < 100, "they were shared");
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_in_the_middle_of_a_read_leaves_it_to_the_next() {
        let (shared, cluster) = (LiveRead::default(), Cluster::default());
        let gave_up = tokio::time::timeout(Duration::from_millis(7), shared.answer(cluster.read())).await;
        assert!(gave_up.is_err());
        cluster.value.store(1, Ordering::SeqCst);
        assert_eq!(shared.answer(cluster.read()).await, 1);
    }
}
