//! The cases of a proof: handlers, shims and kubelets, where those that no step can tell apart are one.

use shimproof_model::abstraction::{Abstract, Any, Block, Key, Keys, Table};
use shimproof_model::catalog::{Catalog, Condition, KubeletRow, OciRuntimeRow, Pipes, Rule, ShimRow};
use shimproof_model::guards::RuntimeType;
use shimproof_model::world::{Containerd, Kubelet, Sandboxer};
use shimproof_model::{Channel, Delivered, Domain, Finite, Target, TypeUrl, Userns, Value, delivered};

use super::assumption::Assumption;
use super::images::{self, Image};

/// A runtime type with an options table.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    pub runtime_type: RuntimeType,
    /// The type that it selects.
    pub selected: TypeUrl,
    pub table: Option<Table>,
    /// What `GenerateRuntimeOptions` gives, as the store gives it back.
    pub options: Option<Any>,
}

/// What a configuration has besides runtime type and table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Whether the handler is in it.
    pub configured: bool,
    /// Whether it has a `runtime_path`.
    pub path: bool,
    /// Whether `no_pivot` is set.
    pub no_pivot: bool,
}

/// Every form. The first is the plainest.
pub(super) const FORMS: [Form; 5] = [
    form_of(true, false, false),
    form_of(true, true, false),
    form_of(true, false, true),
    form_of(true, true, true),
    form_of(false, false, false),
];

const fn form_of(configured: bool, path: bool, no_pivot: bool) -> Form {
    Form {
        configured,
        path,
        no_pivot,
    }
}

/// The sandboxers, the default one first.
pub(super) const SANDBOXERS: [Sandboxer; 3] = [Sandboxer::PodSandbox, Sandboxer::Shim, Sandboxer::Remote];

/// The cases for one design and one set of assumptions.
#[derive(Clone, Debug)]
pub(super) struct Cases {
    pub containerd: Containerd,
    pub assumptions: Vec<Assumption>,
    pub handlers: Vec<Handler>,
    /// One row for each class of shims.
    pub shims: Vec<ShimRow>,
    /// All rows of each class, by id.
    pub classes: Vec<Vec<String>>,
    /// For each handler, without and with `no_pivot`, as podsandbox and otherwise: the shims that it can lead to.
    accepted: Vec<[[Vec<u16>; 2]; 2]>,
    pub kubelets: Vec<Kubelet>,
    pub oci_runtimes: Vec<Option<OciRuntimeRow>>,
    /// For each handler, without and with a possible endpoint, without and with `no_pivot`.
    images: Vec<[[Vec<Image>; 2]; 2]>,
}

impl Cases {
    pub fn new(catalog: &Catalog, containerd: &Containerd, assumptions: &[Assumption]) -> Self {
        let (shims, classes) = shims(catalog);
        let mut cases = Self {
            containerd: containerd.clone(),
            assumptions: assumptions.to_vec(),
            handlers: handlers(containerd),
            shims,
            classes,
            accepted: Vec::new(),
            kubelets: kubelets(catalog),
            oci_runtimes: oci_runtimes(catalog),
            images: Vec::new(),
        };
        if cases.assumes(Assumption::OptionsSet) {
            cases.handlers.retain(|handler| {
                handler
                    .options
                    .is_some_and(|any| Abstract::value(&any) == Value::Set)
            });
        }
        cases.accepted = cases
            .handlers
            .iter()
            .map(|handler| {
                [false, true].map(|no_pivot| {
                    [Sandboxer::PodSandbox, Sandboxer::Shim]
                        .map(|sandboxer| cases.shims_of(handler, no_pivot, sandboxer))
                })
            })
            .collect();
        cases.images = cases
            .handlers
            .iter()
            .map(|handler| cases.images_of(handler))
            .collect();
        cases
    }

    fn images_of(&self, handler: &Handler) -> [[Vec<Image>; 2]; 2] {
        [Sandboxer::PodSandbox, Sandboxer::Shim].map(|sandboxer| {
            [false, true].map(|no_pivot| {
                images::of_containers(&self.containerd, handler, sandboxer, no_pivot, self.userns())
            })
        })
    }

    /// The task options that containers of a handler can get.
    pub fn images(&self, handler: usize, sandboxer: Sandboxer, no_pivot: bool) -> &[Image] {
        let endpoint = sandboxer != Sandboxer::PodSandbox;
        &self.images[handler][usize::from(endpoint)][usize::from(no_pivot)]
    }

    /// The user-namespace options that clients send.
    pub fn userns(&self) -> &'static [Userns<Block>] {
        if self.assumes(Assumption::NoPodUserns) {
            &images::USERNS[..2]
        } else {
            &images::USERNS
        }
    }

    pub fn assumes(&self, assumption: Assumption) -> bool {
        self.assumptions.contains(&assumption)
    }

    /// The sandboxers that handlers can have.
    pub fn sandboxers(&self) -> usize {
        if self.assumes(Assumption::PodSandbox) {
            1
        } else {
            SANDBOXERS.len()
        }
    }

    /// The shims that a handler can lead to.
    pub fn accepted(&self, handler: usize, no_pivot: bool, sandboxer: Sandboxer) -> &[u16] {
        let by_shim = sandboxer != Sandboxer::PodSandbox;
        &self.accepted[handler][usize::from(no_pivot)][usize::from(by_shim)]
    }

    /// The shims that a handler can lead to, as far as assumptions go.
    fn shims_of(&self, handler: &Handler, no_pivot: bool, sandboxer: Sandboxer) -> Vec<u16> {
        let fits = |row: &ShimRow| {
            let runc = handler.selected == TypeUrl::RuncV1;
            if self.assumes(Assumption::RuncAppliesOwner)
                && runc
                && !(row.applies_io_owner && row.pipes == Pipes::Host)
            {
                return false;
            }
            let runs_it = sandboxer == Sandboxer::PodSandbox || row.sandbox_api;
            !self.assumes(Assumption::ConfigurationAccepted)
                || runs_it && self.accepts(row, handler, no_pivot)
        };
        (0..)
            .zip(&self.shims)
            .filter(|(_, row)| fits(row))
            .map(|(index, _)| index)
            .collect()
    }

    /// [`Assumption::ConfigurationAccepted`] for one configuration and one shim.
    fn accepts(&self, row: &ShimRow, handler: &Handler, no_pivot: bool) -> bool {
        let framing = self.containerd.row.start_stdin;
        [Target::Sandbox, Target::Container(0)].into_iter().all(|target| {
            let task = no_pivot
                .then(|| images::no_pivot_options(&self.containerd, handler, target))
                .flatten();
            [None, task].into_iter().all(|task| {
                let sent = images::options_on_the_way(&self.containerd, handler, task.as_ref());
                let info = images::info_options(&self.containerd, handler, task.as_ref());
                let created = sent.map(Abstract::through_ttrpc);
                [
                    (Channel::Start, sent),
                    (Channel::Info, info),
                    (Channel::Create, created),
                ]
                .into_iter()
                .all(|(channel, options)| {
                    let delivery = delivered::<Abstract>(row, channel, target, options.as_ref(), framing);
                    !matches!(delivery.outcome, Delivered::Rejected | Delivered::Unknown)
                })
            })
        })
    }
}

/// Runtime types with options tables. Tables are one case if every question that control and shims ask of their
/// messages has the same answer.
fn handlers(containerd: &Containerd) -> Vec<Handler> {
    let types = [
        RuntimeType::Other,
        RuntimeType::RuncV2,
        RuntimeType::RuncV1,
        RuntimeType::LinuxV1,
        RuntimeType::RunhcsV1,
    ];
    let mut handlers = Vec::new();
    for runtime_type in types {
        let selected = shimproof_model::guards::get_runtime_options_type(&containerd.row, runtime_type);
        let mut handler = Handler {
            runtime_type,
            selected,
            table: None,
            options: None,
        };
        handlers.push(handler.clone());
        let mut known: Vec<Vec<Answers>> = Vec::new();
        for table in tables(selected) {
            let any = Abstract::generate(selected, &table, containerd.row.config_body);
            let answers = all_answers(any);
            if !known.contains(&answers) {
                known.push(answers);
                handler.table = Some(table);
                handler.options = Some(Abstract::through_store(any));
                handlers.push(handler.clone());
            }
        }
    }
    handlers
}

/// Tables with every set of keys that a question of a guard or a shim is about.
fn tables(url: TypeUrl) -> Vec<Table> {
    let keys: &[Key] = match url {
        TypeUrl::RuntimeoptionsV1 | TypeUrl::CriRuntimeoptionsV1 => {
            &[Key::TypeUrl, Key::ConfigPath, Key::SystemdCgroup, Key::Other]
        }
        _ => &[Key::SystemdCgroup, Key::BinaryName, Key::IoUid],
    };
    let mut tables = Vec::new();
    for set in 0..1_u32 << keys.len() {
        let chosen: Keys = (0..)
            .zip(keys)
            .filter(|(bit, _)| set & 1 << bit != 0)
            .map(|(_, key)| *key)
            .collect();
        for inner_runsc in [false, true] {
            if !inner_runsc || chosen.contains(Key::TypeUrl) {
                tables.push(Table {
                    id: 1,
                    keys: chosen,
                    oci_runtime: 0,
                    inner_runsc,
                });
            }
        }
    }
    tables
}

/// The answers of a message to what is asked of one.
type Answers = (TypeUrl, Value, Vec<bool>);

fn answers(any: &Any) -> Answers {
    let holds = Condition::all()
        .map(|condition| Abstract::holds(any, condition))
        .collect();
    (Abstract::type_url(any), Abstract::value(any), holds)
}

/// The answers of a message and of what control makes of it.
fn all_answers(any: Any) -> Vec<Answers> {
    let stored = Abstract::through_store(any);
    let mut all = vec![answers(&any), answers(&stored)];
    if let Ok(copy) = Abstract::copy_as_runc(&stored) {
        for owner in images::OWNERS {
            let mut owned = copy;
            Abstract::set_io_owner(&mut owned, owner);
            all.push(answers(&owned));
        }
    }
    all
}

/// Rows of shims, one for each class of rows that behave alike; those that were executed first.
fn shims(catalog: &Catalog) -> (Vec<ShimRow>, Vec<Vec<String>>) {
    let mut rows: Vec<&ShimRow> = catalog.shims().iter().collect();
    let executed = |row: &ShimRow| row.executed.iter().any(|key| key == "create.rules");
    rows.sort_by_key(|row| (row.hypothetical, !executed(row)));
    let mut kept: Vec<(ShimRow, &ShimRow, Vec<String>)> = Vec::new();
    for row in rows {
        let behaviour = behaviour(row);
        match kept.iter_mut().find(|(other, ..)| *other == behaviour) {
            Some((_, _, ids)) => ids.push(row.id.clone()),
            None => kept.push((behaviour, row, vec![row.id.clone()])),
        }
    }
    kept.into_iter().map(|(_, row, ids)| (row.clone(), ids)).unzip()
}

/// A row without what no step and no clause reads: names, sources, texts.
fn behaviour(row: &ShimRow) -> ShimRow {
    let plain = |rules: &[Rule]| -> Vec<Rule> {
        rules
            .iter()
            .map(|rule| Rule {
                text: None,
                applies: None,
                ..rule.clone()
            })
            .collect()
    };
    let excepted = ["shim-runc-v1", "shim-runhcs-v1"]
        .into_iter()
        .find(|name| row.binary.contains(name));
    let mut plain_row = ShimRow {
        id: String::new(),
        name: String::new(),
        versions: Vec::new(),
        tag_prefix: None,
        binary: excepted.unwrap_or_default().to_owned(),
        runtime_types: Vec::new(),
        hypothetical: false,
        sources: Vec::new(),
        executed: Vec::new(),
        inferred: Vec::new(),
        notes: None,
        // Control asks only whether the version is below 3.
        protocol: if row.protocol < 3 { 2 } else { 3 },
        join_userns_text: None,
        userns_in_host_network_text: row.userns_in_host_network_text.as_ref().map(|_| String::new()),
        ..row.clone()
    };
    plain_row.create.rules = plain(&row.create.rules);
    plain_row.start.rules = plain(&row.start.rules);
    plain_row.start.misframed_text = None;
    plain_row.info.rules = plain(&row.info.rules);
    plain_row.info.text = None;
    plain_row
}

/// Kubelets, one for each class of rows that decide alike, with either state of the gate for the host's network.
fn kubelets(catalog: &Catalog) -> Vec<Kubelet> {
    let key = |row: &KubeletRow, gate| {
        (
            row.userns_options,
            row.gate_off_host_users,
            row.handler_check,
            row.mount_idmappings,
            row.host_network,
            row.host_network_feature_check,
            gate,
        )
    };
    let mut kept: Vec<(_, Kubelet)> = Vec::new();
    for row in catalog.kubelet() {
        for gate in [false, true] {
            let key = key(row, gate);
            if !kept.iter().any(|(other, _)| *other == key) {
                let mut kubelet = Kubelet::new(row.id.clone(), row, |_| None);
                kubelet.host_network_gate = gate;
                kept.push((key, kubelet));
            }
        }
    }
    kept.into_iter().map(|(_, kubelet)| kubelet).collect()
}

/// OCI runtimes, one for each class, and none.
fn oci_runtimes(catalog: &Catalog) -> Vec<Option<OciRuntimeRow>> {
    let mut kept: Vec<OciRuntimeRow> = Vec::new();
    for row in catalog.oci_runtimes() {
        let same = |other: &OciRuntimeRow| {
            other.features == row.features && other.joins_userns_by_path == row.joins_userns_by_path
        };
        if !kept.iter().any(same) {
            kept.push(row.clone());
        }
    }
    kept.into_iter().map(Some).chain([None]).collect()
}
