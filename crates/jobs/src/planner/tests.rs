//! Runs with any plan and any outcomes, driven by the planner alone.

use std::time::Duration;

use kernel::Timestamp;
use proptest::prelude::*;

use super::*;

/// What comes of the attempts, in order; afterwards all goes well.
#[derive(Debug, Clone)]
enum Event {
    Well,
    Kept,
    Failed(StepError),
    Lost,
    /// Somebody asks for the run to stop, and the attempt goes well.
    CancelThenWell,
}

/// A store in memory that keeps what the planner says.
struct Sim {
    steps: Vec<StepView>,
    undos: Vec<u32>,
    cancelled: bool,
    turned_by: Option<Class>,
    log: Vec<Place>,
    now: Timestamp,
}

fn any_error() -> impl Strategy<Value = StepError> {
    let class = prop::sample::select(Class::ALL);
    let effect = prop::sample::select(Effect::ALL);
    (class, effect, prop::option::of(0..500_u64)).prop_map(|(class, effect, after)| {
        let mut error = StepError::system("sample", "").retry_after(after.map(Duration::from_secs));
        (error.class, error.effect) = (class, effect);
        error
    })
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Well),
        1 => Just(Event::Kept),
        4 => any_error().prop_map(Event::Failed),
        1 => Just(Event::Lost),
        1 => Just(Event::CancelThenWell),
    ]
}

fn any_plan() -> impl Strategy<Value = Vec<Policy>> {
    let policy = (0..7_u32, 0..10_u64, 0..100_u64).prop_map(|(attempts, base, cap)| Policy {
        attempts,
        base: Duration::from_secs(base),
        cap: Duration::from_secs(cap),
        ..Policy::default()
    });
    prop::collection::vec(policy, 0..6)
}

impl Sim {
    fn new(plan: &[Policy]) -> Self {
        let fresh = |policy: &Policy| StepView {
            done: false,
            effect: Effect::None,
            attempts: 0,
            policy: *policy,
            group: None,
        };
        Self {
            steps: plan.iter().map(fresh).collect(),
            undos: vec![0; plan.len()],
            cancelled: false,
            turned_by: None,
            log: vec![],
            now: Timestamp::from(jiff::Timestamp::UNIX_EPOCH),
        }
    }

    fn view<'a>(&self, steps: &'a [StepView]) -> RunView<'a> {
        RunView {
            steps,
            cancelled: self.cancelled,
            turned_by: self.turned_by,
            paused: false,
            company: false,
        }
    }

    /// The steps as seen in a direction: attempts are counted apart.
    fn seen(&self, going: Going) -> Vec<StepView> {
        let mut steps = self.steps.clone();
        if going == Going::Back {
            steps.iter_mut().zip(&self.undos).for_each(|(step, undos)| step.attempts = *undos);
        }
        steps
    }

    /// Drives the run to its end.
    fn run(&mut self, events: Vec<Event>, jitter: f64) -> JobState {
        let mut events = events.into_iter();
        let mut place = Place { going: Going::Forward, step: 0 };
        for _ in 0..1_000 {
            let steps = self.seen(place.going);
            let Duty::Attempt(due) = enter(&self.view(&steps), place) else {
                let end = settle(&self.view(&steps), place, Outcome::Nothing, self.now, jitter);
                let Next::End(state) = end.next else { panic!("nothing to do is an end") };
                return state;
            };
            if due.going != place.going {
                self.turned_by = Some(Class::Cancelled);
            }
            place = due;
            self.log.push(place);
            match place.going {
                Going::Forward => self.steps[place.step].attempts += 1,
                Going::Back => self.undos[place.step] += 1,
            }
            match self.attempt(place, events.next().unwrap_or(Event::Well), jitter) {
                Next::Ready(next) => place = next,
                Next::Retry(_) => {}
                Next::Join => panic!("nothing runs beside"),
                Next::End(state) => return state,
            }
        }
        panic!("the run never ends: {:?}", self.log);
    }

    fn attempt(&mut self, place: Place, event: Event, jitter: f64) -> Next {
        self.cancelled |= matches!(event, Event::CancelThenWell);
        let lost = StepError::worker_lost();
        let outcome = match (&event, place.going) {
            (Event::Failed(error), _) => Outcome::Failed(error),
            (Event::Lost, _) => Outcome::Lost(&lost),
            (Event::Kept, Going::Back) => Outcome::Undone(Undone::Kept),
            (_, Going::Back) => Outcome::Undone(Undone::Reverted),
            (_, Going::Forward) => Outcome::Done,
        };
        let steps = self.seen(place.going);
        let transition = settle(&self.view(&steps), place, outcome, self.now, jitter);
        self.check_pause(place, &event, transition.next);
        if transition.turns {
            let by_step = matches!(&event, Event::Failed(e) if e.class == Class::Cancelled);
            let cancelled = self.cancelled || by_step;
            self.turned_by = Some(if cancelled { Class::Cancelled } else { Class::System });
        }
        let step = &mut self.steps[place.step];
        step.effect = transition.effect;
        match transition.step {
            StepState::Done => step.done = true,
            StepState::Undone => step.done = false,
            _ => {}
        }
        transition.next
    }

    /// No earlier than asked for, no later than the policy's cap otherwise.
    fn check_pause(&self, place: Place, event: &Event, next: Next) {
        let (Event::Failed(error), Next::Retry(due)) = (event, next) else {
            return;
        };
        let pause = due.expect("a failure has a time").since(self.now);
        let asked = error.retry_after.unwrap_or_default();
        assert!(pause >= asked && pause <= asked.max(self.steps[place.step].policy.cap));
    }
}

proptest! {
    #[test]
    fn every_run_ends_and_leaves_nothing_half_done(
        plan in any_plan(), events in prop::collection::vec(any_event(), 0..40), jitter in 0.0..1.0_f64
    ) {
        let kept = events.iter().any(|event| matches!(event, Event::Kept));
        let mut sim = Sim::new(&plan);
        let end = sim.run(events, jitter);
        let touched = |step: &StepView| step.done || step.effect == Effect::Unknown;
        match end {
            JobState::Done => prop_assert!(sim.steps.iter().all(|step| step.done)),
            JobState::Failed | JobState::Cancelled => {
                prop_assert!(kept || !sim.steps.iter().any(touched), "{:?}", sim.steps);
            }
            JobState::Stuck => prop_assert!(sim.steps.iter().any(touched)),
            other => prop_assert!(false, "{other} is no end"),
        }
        if end == JobState::Cancelled {
            prop_assert!(sim.turned_by == Some(Class::Cancelled) || sim.cancelled);
        }
    }

    #[test]
    fn a_run_goes_up_in_order_and_down_in_reverse_and_turns_once(
        plan in any_plan(), events in prop::collection::vec(any_event(), 0..40), jitter in 0.0..1.0_f64
    ) {
        let mut sim = Sim::new(&plan);
        sim.run(events, jitter);
        for pair in sim.log.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            match (from.going, to.going) {
                (Going::Forward, Going::Forward) => {
                    prop_assert!(to.step == from.step || to.step == from.step + 1);
                }
                (Going::Forward | Going::Back, Going::Back) => prop_assert!(to.step <= from.step),
                (Going::Back, Going::Forward) => prop_assert!(false, "a run turned twice"),
            }
        }
    }

    #[test]
    fn no_step_is_attempted_more_often_than_its_policy_allows(
        plan in any_plan(), events in prop::collection::vec(any_event(), 0..40), jitter in 0.0..1.0_f64
    ) {
        let mut sim = Sim::new(&plan);
        sim.run(events, jitter);
        for (step, undos) in sim.steps.iter().zip(&sim.undos) {
            let most = step.policy.attempts.max(1);
            prop_assert!(step.attempts <= most && *undos <= most);
        }
    }

    #[test]
    fn nothing_goes_forward_once_the_run_is_to_stop(
        plan in any_plan(), events in prop::collection::vec(any_event(), 0..40), jitter in 0.0..1.0_f64
    ) {
        let stop = events.iter().position(|event| matches!(event, Event::CancelThenWell));
        let mut sim = Sim::new(&plan);
        sim.run(events, jitter);
        if let Some(stop) = stop {
            let later = sim.log.iter().skip(stop + 1);
            prop_assert!(later.clone().all(|place| place.going == Going::Back), "{:?}", sim.log);
        }
    }
}

#[test]
fn a_failed_step_that_did_nothing_is_not_undone() {
    let mut sim = Sim::new(&[Policy::default(); 3]);
    let refused = StepError::config("refused", "", "");
    let end = sim.run(vec![Event::Well, Event::Failed(refused)], 0.5);
    assert_eq!(end, JobState::Failed);
    let back: Vec<_> =
        sim.log.iter().filter(|place| place.going == Going::Back).map(|place| place.step).collect();
    assert_eq!(back, [0]);
}

#[test]
fn one_attempt_that_may_have_acted_is_remembered_over_those_that_did_not() {
    let mut sim = Sim::new(&[Policy { attempts: 2, ..Policy::default() }]);
    let timeout = StepError::timed_out(Duration::from_secs(1));
    let refused = StepError::config("refused", "", "");
    let end = sim.run(vec![Event::Failed(timeout), Event::Failed(refused)], 0.5);
    assert_eq!((end, sim.undos), (JobState::Failed, vec![1]));
}

/// A group in memory: every step is attempted once or until it is done; the order is the test's.
fn run_group(effects: &[Option<StepError>], order: &[usize], cancelled: bool) -> Vec<Transition> {
    let mut steps: Vec<_> = effects
        .iter()
        .map(|_| StepView {
            done: false,
            effect: Effect::None,
            attempts: 1,
            policy: Policy { attempts: 1, ..Policy::default() },
            group: Some(1),
        })
        .collect();
    let (mut turned_by, mut open, mut seen) = (None, order.len(), vec![]);
    for step in order {
        open -= 1;
        let run = RunView { steps: &steps, cancelled, turned_by, paused: false, company: open > 0 };
        let place = Place { going: Going::Forward, step: *step };
        let outcome = effects[*step].as_ref().map_or(Outcome::Done, Outcome::Failed);
        let now = Timestamp::from(jiff::Timestamp::UNIX_EPOCH);
        let transition = settle(&run, place, outcome, now, 0.5);
        if transition.turns {
            assert!(turned_by.is_none(), "a run turns once");
            turned_by = Some(if cancelled { Class::Cancelled } else { Class::Config });
        }
        steps[*step].effect = transition.effect;
        steps[*step].done = transition.step == StepState::Done;
        seen.push(transition);
    }
    seen
}

proptest! {
    #[test]
    fn of_steps_side_by_side_the_last_decides_whatever_the_order(
        failing in prop::collection::vec(prop::option::weighted(0.3, prop::sample::select(Effect::ALL)), 1..7),
        seed in any::<u64>(), cancelled in any::<bool>()
    ) {
        let count = failing.len();
        let effects: Vec<_> = failing
            .iter()
            .map(|effect| effect.map(|effect| {
                let mut error = StepError::config("refused", "", "");
                error.effect = effect;
                error
            }))
            .collect();
        let mut order: Vec<_> = (0..count).collect();
        order.sort_by_key(|step| seed.rotate_left(*step as u32 * 7).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let seen = run_group(&effects, &order, cancelled);
        let (last, before) = seen.split_last().expect("at least one");
        prop_assert!(before.iter().all(|transition| transition.next == Next::Join));
        let acted = |step: &usize| effects[*step].as_ref().is_none_or(|e| e.effect == Effect::Unknown);
        let expected = if !cancelled && effects.iter().all(Option::is_none) {
            Next::End(JobState::Done)
        } else if let Some(step) = (0..count).rev().find(acted) {
            Next::Ready(Place { going: Going::Back, step })
        } else {
            Next::End(if cancelled { JobState::Cancelled } else { JobState::Failed })
        };
        prop_assert_eq!(last.next, expected);
    }
}

#[test]
fn a_group_is_its_neighbours_of_the_same_number() {
    let view = |group| StepView {
        done: false,
        effect: Effect::None,
        attempts: 0,
        policy: Policy::default(),
        group,
    };
    let mut steps = [None, Some(1), Some(1), Some(2), None].map(view);
    let groups: Vec<_> = (0..5).map(|step| beside(&steps, step)).collect();
    assert_eq!(groups, [0..1, 1..3, 1..3, 3..4, 4..5]);
    assert_eq!((starts(&steps, 1), starts(&steps, 5)), (vec![1, 2], vec![5]));
    steps[1].done = true;
    assert_eq!(starts(&steps, 1), [2], "what stands is not begun again");
}
