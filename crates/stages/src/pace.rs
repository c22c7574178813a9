use std::time::Duration;

/// The share of the training's time that checkpoints may take.
const SHARE: f64 = 0.05;
/// A booster is written again when it has grown by this share, or later: all writes together are then a small multiple of
/// the last one, however many rounds there are.
const GROWTH: f64 = 0.1;
/// The same for a training that takes so long that [`Pace::interval`] would write one booster again and again.
const ELAPSED: f64 = 0.01;

/// Decides when the next checkpoint is due. Times are those since the training began.
pub(crate) struct Pace {
    /// After so many rounds.
    rounds: u32,
    /// Or after this time, if that is sooner.
    interval: Duration,
    last: Written,
}

/// The last checkpoint.
#[derive(Clone, Copy)]
struct Written {
    rounds: u32,
    /// When it was complete.
    at: Duration,
    cost: Duration,
}

impl Pace {
    /// Starts at a training that has `done` rounds already.
    pub(crate) fn new(rounds: u32, interval: Duration, done: u32) -> Self {
        let last = Written { rounds: done, at: Duration::ZERO, cost: Duration::ZERO };
        Self { rounds, interval, last }
    }

    /// Whether a checkpoint is due after `rounds` rounds.
    pub(crate) fn is_due(&self, rounds: u32, now: Duration) -> bool {
        let (grown, since) = (rounds.saturating_sub(self.last.rounds), now.saturating_sub(self.last.at));
        let by_rounds = grown >= self.rounds && f64::from(grown) >= GROWTH * f64::from(self.last.rounds);
        let by_time = since >= self.interval && since >= now.mul_f64(ELAPSED);
        (by_rounds || by_time) && self.cost(rounds) <= since.mul_f64(SHARE)
    }

    /// What a checkpoint would cost now: the last one's cost, and more as the booster has grown since.
    fn cost(&self, rounds: u32) -> Duration {
        let growth = f64::from(rounds) / f64::from(self.last.rounds.max(1));
        Duration::try_from_secs_f64(self.last.cost.as_secs_f64() * growth).unwrap_or(Duration::MAX)
    }

    /// Notes that writing a checkpoint of `rounds` rounds, or trying to, took from `begun` to `ended`.
    pub(crate) fn written(&mut self, rounds: u32, begun: Duration, ended: Duration) {
        self.last = Written { rounds, at: ended, cost: ended.saturating_sub(begun) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A training of `trees` trees with a clock of its own.
    struct Followed {
        /// The rounds at which checkpoints were written.
        written: Vec<u32>,
        training: f64,
        writing: f64,
    }

    impl Followed {
        /// Each tree takes `grow` seconds to grow and `write` seconds to write.
        fn run(mut pace: Pace, trees: u32, grow: f64, write: f64) -> Self {
            let mut followed = Self { written: Vec::new(), training: 0.0, writing: 0.0 };
            for rounds in 1..=trees {
                followed.training += grow;
                let begun = Duration::from_secs_f64(followed.training + followed.writing);
                if pace.is_due(rounds, begun) {
                    followed.writing += write * f64::from(rounds);
                    pace.written(rounds, begun, Duration::from_secs_f64(followed.training + followed.writing));
                    followed.written.push(rounds);
                }
            }
            followed
        }

        /// Trees that were written, those of each checkpoint counted.
        fn trees(&self) -> u64 {
            self.written.iter().copied().map(u64::from).sum()
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn standard() -> Pace {
        Pace::new(25, MINUTE, 0)
    }

    #[test]
    fn checkpoints_take_a_twentieth_of_the_time_at_most_whatever_the_trees() {
        for grow in [1e-4, 1e-2, 1.0] {
            for share in [1e-4, 1e-2, 0.1, 1.0] {
                for trees in [100, 1_000, 5_000, 20_000] {
                    let followed = Followed::run(standard(), trees, grow, grow * share);
                    // The cost of the first is not known before.
                    let first = followed.written.first().map_or(0.0, |rounds| f64::from(*rounds) * grow * share);
                    let limit = SHARE * followed.training + first + 1e-6;
                    assert!(followed.writing <= limit, "{trees} trees, {grow} s, {share}: {} s", followed.writing);
                    assert!(!followed.written.is_empty());
                }
            }
        }
    }

    #[test]
    fn what_is_written_grows_with_the_booster_and_not_with_its_square() {
        // Writing costs nothing here, so that only the growth of the booster counts.
        for trees in [1_000, 10_000, 100_000] {
            let followed = Followed::run(standard(), trees, 1e-3, 0.0);
            assert!(followed.trees() <= 12 * u64::from(trees), "{trees}: {}", followed.trees());
        }
        // Two days: by the clock alone it would be 2,880 checkpoints.
        let followed = Followed::run(standard(), 20_000, 8.64, 0.0);
        assert!(followed.written.len() <= 500, "{} checkpoints", followed.written.len());
    }

    #[test]
    fn small_boosters_are_kept_after_every_so_many_rounds_or_seconds() {
        let rounds = Followed::run(standard(), 200, 1e-3, 1e-9).written;
        assert_eq!(rounds, [25, 50, 75, 100, 125, 150, 175, 200]);
        let seconds = Followed::run(standard(), 24, 10.0, 1e-9).written;
        assert_eq!(seconds, [6, 12, 18, 24]);
        let asked = Followed::run(Pace::new(7, MINUTE, 0), 30, 1e-3, 1e-9).written;
        assert_eq!(asked, [7, 14, 21, 28]);
    }

    #[test]
    fn little_is_lost_by_a_kill() {
        // One second a tree: at most a minute, or a hundredth of the time so far, which the checkpoints are part of.
        let followed = Followed::run(standard(), 20_000, 1.0, 1e-4);
        let lost = |pair: &[u32]| pair[1] - pair[0] <= 61.max(pair[1] / 90);
        assert!(followed.written.windows(2).all(lost), "{:?}", followed.written);
    }

    #[test]
    fn a_training_that_went_on_does_not_write_all_of_it_again_at_once() {
        let followed = Followed::run(Pace::new(25, MINUTE, 10_000), 12_000, 1e-3, 1e-6);
        assert_eq!(followed.written.first(), Some(&11_000));
    }
}
