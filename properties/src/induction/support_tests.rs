//! What a step is said to read is all that it reads: states in which everything else is varied by chance take the
//! same step. And the theorem itself, on states drawn by chance.

use std::collections::HashSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::world::Containerd;
use shimproof_model::{Domain, EnvironmentAction, PodAction, Refusal, enabled_environment, enabled_pod};

use super::assumption::Assumption;
use super::cases::{Cases, FORMS};
use super::check::apply;
use super::clause::{Clause, Clauses};
use super::draw::{BY_PATH, BY_TYPE, CURRENT, Draw, NEXT, RECORDED, State, Stop};
use super::facts::Facts;
use super::field::Field;
use super::interruption::{MESSAGES, SANDBOX};
use super::step::{Act, Step};
use super::tape::{Tape, Values};

/// Designs that differ in every guard: before the sandbox API, without and with a copy of the runtime options, the
/// window, and the newest.
static CASES: LazyLock<Vec<Cases>> = LazyLock::new(|| {
    let catalog = Catalog::embedded();
    [
        "v1.3.0",
        "v1.7.20",
        "v2.0.0",
        "release/2.0@952ad6b3a",
        "v2.0.1",
        "v2.0.5",
        "v2.3.4",
    ]
    .into_iter()
    .map(|design| {
        let containerd = Containerd::new(design, catalog.design_row(design).unwrap());
        Cases::new(catalog, &containerd, &Assumption::of("options-accepted"))
    })
    .collect()
});

/// Draws every field of a state.
fn everything(cases: &Cases, numbers: Vec<u16>) -> Result<Draw<'_>, Stop> {
    let mut draw = Draw::new(cases, Clauses::all(), Tape::chance(numbers));
    draw.begin();
    draw.world.client = draw.client()?;
    draw.current_form()?;
    draw.current_handler()?;
    let next = FORMS[draw.pick(Field::NextForm, FORMS.len())?];
    let refused = draw.flag(Field::Refused)?;
    let current = draw.setting(CURRENT);
    *draw.setting_mut(NEXT) = super::draw::Setting {
        form: next,
        ..current
    };
    draw.setting_mut(CURRENT).refused = refused;
    draw.setting_mut(NEXT).refused = refused;
    // Other pods of the node have blocks too.
    for _ in 0..draw.pick(Field::Mappings, 3)? {
        let _ = Abstract::allocate(&mut draw.before.env.mappings);
    }
    draw.mapping()?;
    draw.kubelet_row(true)?;
    draw.draw_status()?;
    draw.host_users()?;
    draw.network()?;
    draw.restart_policy()?;
    draw.volumes()?;
    draw.oci_runtime()?;
    draw.phase()?;
    draw.sync_progress()?;
    draw.pick(Field::Sandbox, SANDBOX.len())?;
    draw.sandboxer()?;
    let container = draw.container()?;
    draw.progress(0)?;
    draw.progress(1)?;
    let kind = draw.pick(Field::Message, MESSAGES)?;
    draw.message(kind, true)?;
    if (4..=7).contains(&kind) {
        // Task options can come from several user-namespace options, users and endpoints.
        if let Some(index) = draw.tape.values.get(Field::TaskOptions) {
            let setting = draw.setting(RECORDED);
            let sandboxer = setting.sandboxer();
            let no_pivot = draw.setting(CURRENT).form.no_pivot;
            let image = &draw.cases.images(setting.handler, sandboxer, no_pivot)[usize::from(index)];
            let from = image.from[draw.pick(Field::Provenance, image.from.len())?];
            draw.set_provenance(container, from);
        }
    } else {
        draw.container_userns(container)?;
        draw.user(container)?;
    }
    draw.mounts(container)?;
    // A message brought the record that it needs.
    for (record, field) in draw
        .before
        .pod
        .containers
        .iter()
        .zip([Field::FirstContainer, Field::SecondContainer])
    {
        if record.is_some() && draw.tape.values.get(field) == Some(0) {
            draw.tape.values.set(field, 1);
        }
    }
    draw.terminal(container)?;
    if draw.before.pod.sandbox.is_some() {
        draw.serving()?;
        draw.in_store()?;
        draw.sandbox_userns()?;
    }
    // Assumed of a node: every shim that a handler leads to takes what each configuration makes of its options.
    let shims: Vec<u16> = draw
        .reachable(RECORDED)
        .iter()
        .copied()
        .filter(|shim| draw.reachable(CURRENT).contains(shim))
        .collect();
    for (binary, field) in [(BY_TYPE, Field::ShimByType), (BY_PATH, Field::ShimByPath)] {
        let shim = draw.among(field, &shims)?;
        draw.set_on_disk(binary, shim);
    }
    let next = draw.among(Field::NextShim, &shims)?;
    let (binary, field) = draw.binary();
    let shim = draw.among(field, &shims)?;
    draw.set_upgrade(binary, u8::try_from(shim).unwrap(), u8::try_from(next).unwrap());
    for (field, count) in [(Field::RequestUserns, 10), (Field::RequestSandboxUserns, 10)] {
        draw.pick(field, count)?;
    }
    draw.build_configurations();
    Ok(draw)
}

/// The actions of the machine in a state.
fn enabled(draw: &Draw<'_>) -> Vec<Act> {
    let mut acts = Vec::new();
    enabled_environment(&draw.world, &draw.before.env, |action| {
        acts.push(Act::Environment(action));
    });
    enabled_pod(&draw.world, &draw.before.env, &draw.before.pod, |action| {
        acts.push(Act::Pod(action));
    });
    acts
}

/// A state in parts that steps write one by one; which block an id is in does not matter.
fn parts(state: &State) -> Vec<String> {
    let (env, pod) = (&state.env, &state.pod);
    let mut parts = vec![
        format!("{:?}", env.kubelet.row),
        format!("{:?}", env.kubelet.gate),
        format!("{:?}", env.kubelet.status),
        format!("{:?}", env.containerd.row),
        format!("{:?}", env.containerd.configuration),
        format!("{:?}", env.containerd.up),
        format!("{:?}", env.containerd.introspected[0]),
        format!("{:?}", env.on_disk[usize::from(BY_TYPE)]),
        format!("{:?}", env.on_disk[usize::from(BY_PATH)]),
        format!("{:?}", env.faults),
        format!("{:?}", pod.phase),
        format!("{:?}", pod.mapping),
        format!("{:?}", pod.in_flight),
        format!("{:?}", pod.sandbox.is_some()),
    ];
    parts.extend(match &pod.sandbox {
        None => vec!["-".to_owned(); 10],
        Some(sandbox) => vec![
            format!("{:?}", sandbox.state),
            format!("{:?}", sandbox.configuration),
            format!("{:?}", sandbox.containerd),
            format!("{:?}", sandbox.selected),
            format!("{:?}", sandbox.options),
            format!("{:?}", sandbox.userns),
            format!("{:?}", sandbox.pinned),
            format!("{:?}", sandbox.in_store),
            format!("{:?}", sandbox.endpoint),
            format!("{:?}", sandbox.shim),
        ],
    });
    for record in &pod.containers {
        parts.extend(match record {
            None => vec!["-".to_owned(); 4],
            Some(record) => vec![
                "recorded".to_owned(),
                format!("{:?}", record.userns),
                format!("{:?}", record.mounts),
                format!("{:?}", record.state),
            ],
        });
    }
    for part in &mut parts {
        for block in 0..4 {
            *part = part.replace(&format!("Block({block})"), "Block");
        }
    }
    parts
}

/// How many of [`parts`] are of the environment.
const OF_ENVIRONMENT: usize = 10;

/// The same with the fields that were drawn for a step, the others as they are where nothing is drawn.
fn restricted<'c>(cases: &'c Cases, values: &Values, step: Step, act: Act, half: u16) -> (Draw<'c>, Act) {
    let mut values = values.clone();
    values.set(Field::Half, half);
    if let Act::Pod(
        PodAction::CallStartContainer(container)
        | PodAction::ContainerExit(container)
        | PodAction::CallCreateContainer { container, .. },
    ) = act
    {
        values.set(Field::Container, u16::from(container));
    }
    let mut draw = Draw::new(cases, Clauses::all(), Tape::guided(values));
    draw.begin();
    let act = draw
        .draw_for(step)
        .unwrap_or_else(|stop| panic!("{step:?}: {stop:?}"));
    draw.build_configurations();
    (draw, act)
}

fn same_step(full: &Draw<'_>, step: Step, act: Act, half: u16) {
    let (small, small_act) = restricted(full.cases, &full.tape.values, step, act, half);
    if small_act != act {
        // Of the options that any client can send one is drawn.
        assert!(matches!(
            step,
            Step::CallRunPodSandbox | Step::CallCreateContainer
        ));
        return;
    }
    let mut facts = Facts::new(full.cases);
    let before = (parts(&full.before), parts(&small.before));
    let after = (
        parts(&apply(full, act, &mut facts)),
        parts(&apply(&small, act, &mut facts)),
    );
    let range = match (act, half) {
        (Act::Environment(_), 0) => 0..OF_ENVIRONMENT,
        (Act::Environment(_), _) => OF_ENVIRONMENT..before.0.len(),
        (Act::Pod(_), _) => 0..before.0.len(),
    };
    // A sandbox or container that is gone takes its parts with it.
    for part in range {
        let kept = after.0[part] == before.0[part] && after.1[part] == before.1[part];
        let carried = |text: &str| text.contains("Create {") && text.contains("Own(");
        let same = after.0[part] == after.1[part] || carried(&after.0[part]) && carried(&after.1[part]);
        assert!(
            kept || same,
            "{step:?} reads more than is said of it:\n{}\n -> {}\n{}\n -> {}\n{:?}",
            before.0[part],
            after.0[part],
            before.1[part],
            after.1[part],
            full.before
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn steps_read_no_more_than_is_said_of_them(
        design in 0..7_usize,
        numbers in proptest::collection::vec(any::<u16>(), 64),
    ) {
        let cases = &CASES[design];
        // There is no state with such a shim, or such a message.
        let Ok(full) = everything(cases, numbers) else { return Ok(()) };
        for clause in Clause::ALL {
            prop_assert!(full.clause_holds(clause, &full.before), "{clause:?} is not drawn as it says");
        }
        let mut taken = HashSet::new();
        for act in enabled(&full) {
            let step = Step::of(&full.before.pod, act);
            // One of a hundred ways to call is enough at a time.
            if matches!(step, Step::CallRunPodSandbox | Step::CallCreateContainer) && !taken.insert(step) {
                continue;
            }
            let executed = Act::Environment(EnvironmentAction::ShimUpgrade(full.binary().0));
            let to_disk = matches!(full.tape.values.get(Field::Message), Some(5 | 6)) && act == executed;
            if step == Step::ShimUpgrade && !to_disk {
                // Nothing is on its way to the binary that is replaced: no clause reads it.
                let after = apply(&full, act, &mut Facts::new(cases));
                prop_assert_eq!(&after.pod, &full.before.pod);
                let kept = |binary: u8| after.env.on_disk[usize::from(binary)] == full.before.env.on_disk[usize::from(binary)];
                prop_assert!(act == executed || kept(full.binary().0));
                continue;
            }
            same_step(&full, step, act, 0);
            if matches!(act, Act::Environment(_)) {
                same_step(&full, step, act, 1);
            }
        }
    }

    #[test]
    fn no_step_from_a_state_drawn_by_chance_loses_a_clause(
        design in 0..7_usize,
        numbers in proptest::collection::vec(any::<u16>(), 64),
    ) {
        let cases = &CASES[design];
        let Ok(full) = everything(cases, numbers) else { return Ok(()) };
        for act in enabled(&full) {
            let after = apply(&full, act, &mut Facts::new(cases));
            if matches!(act, Act::Pod(_)) {
                // What clauses read of the environment, no step of a pod writes.
                prop_assert_eq!(after.env.containerd, full.before.env.containerd);
                prop_assert_eq!(after.env.on_disk, full.before.env.on_disk);
            }
            for clause in Clause::ALL {
                prop_assert!(
                    full.clause_holds(clause, &after),
                    "{act:?} loses {}:\n{:?}\n{after:?}", clause.id(), full.before
                );
            }
        }
    }
}

#[test]
fn chance_reaches_every_step_and_every_message() {
    let mut steps = HashSet::new();
    let mut generator = 1_u64;
    let mut number = || {
        generator = generator.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u16::try_from(generator >> 48).unwrap()
    };
    for round in 0..4000 {
        let numbers = (0..64).map(|_| number()).collect();
        let Ok(full) = everything(&CASES[round % CASES.len()], numbers) else {
            continue;
        };
        for act in enabled(&full) {
            let step = Step::of(&full.before.pod, act);
            let refused = matches!(act, Act::Pod(_))
                && apply(&full, act, &mut Facts::new(full.cases)).pod.refusal() == Some(Refusal::Unavailable);
            assert!(!refused, "{step:?} is told that containerd is not there");
            steps.insert(step);
        }
    }
    for step in Step::ALL {
        assert!(steps.contains(&step), "{step:?} was never taken");
    }
}
