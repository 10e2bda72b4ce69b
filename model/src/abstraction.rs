//! The finite domain: the value of a message *is* the answers to the questions that control and shims ask.

use crate::catalog::Condition;
use crate::domain::{CannotUnmarshal, Domain, NotMapped, User, Value};
use crate::finite::{Finite, finite_enum};
use crate::type_url::TypeUrl;

/// Predicate abstraction of messages, ids and mappings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Abstract;

finite_enum! {
    /// A key of an options table, by its name in the containerd configuration.
    pub enum Key {
        /// Inner type of `runtimeoptions.v1.Options`.
        TypeUrl = "TypeUrl",
        /// Path of the shim's own configuration file.
        ConfigPath = "ConfigPath",
        /// The OCI runtime.
        BinaryName = "BinaryName",
        /// The root directory of the OCI runtime.
        Root = "Root",
        /// Whether the OCI runtime uses the systemd cgroup driver.
        SystemdCgroup = "SystemdCgroup",
        /// The cgroup of the shim.
        ShimCgroup = "ShimCgroup",
        /// No `pivot_root`.
        NoPivotRoot = "NoPivotRoot",
        /// No new session keyring.
        NoNewKeyring = "NoNewKeyring",
        /// Owner of stdio pipes, set by the operator.
        IoUid = "IoUid",
        /// Group of stdio pipes, set by the operator.
        IoGid = "IoGid",
        /// Path of `criu`, for releases before 2.0.
        CriuPath = "CriuPath",
        /// Directory of checkpoint images.
        CriuImagePath = "CriuImagePath",
        /// Working directory of `criu`.
        CriuWorkPath = "CriuWorkPath",
        /// Any key that none of the messages has a field for.
        Other = "other keys",
        /// `TypeUrl` or `ConfigPath` with an empty text, which asks for nothing: only a body carries it.
        Empty = "empty keys",
    }
}

/// A set of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keys(u16);

impl Keys {
    /// No keys.
    pub const NONE: Self = Self(0);

    /// With one more key.
    #[must_use]
    pub fn with(self, key: Key) -> Self {
        Self(self.0 | 1 << key.index())
    }

    /// The keys that are also in `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The keys that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether `key` is in the set.
    pub fn contains(self, key: Key) -> bool {
        self.0 & 1 << key.index() != 0
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The keys in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = Key> {
        Key::all().filter(move |key| self.contains(*key))
    }
}

impl FromIterator<Key> for Keys {
    fn from_iter<T: IntoIterator<Item = Key>>(keys: T) -> Self {
        keys.into_iter().fold(Self::NONE, Self::with)
    }
}

/// An options table: which keys the operator set, and what their values select.
///
/// For a handler of the runc family a key counts as set if its value is not the zero value, since proto3 does
/// not carry zero values; keys that the message has no field for do not count at all (containerd drops them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    /// Which table: two tables with different values have different numbers.
    pub id: u8,
    /// The keys that are set.
    pub keys: Keys,
    /// The OCI runtime that `BinaryName` selects; 0 for the default one.
    pub oci_runtime: u8,
    /// Whether `TypeUrl` is `io.containerd.runsc.v1.options`.
    pub inner_runsc: bool,
}

/// A message, as the answers to what is asked of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Any {
    url: TypeUrl,
    value: Value,
    keys: Keys,
    table: u8,
    oci_runtime: u8,
    inner_runsc: bool,
    body: bool,
    owner: Option<HostId>,
    endpoint: bool,
    no_pivot: bool,
}

/// An id of the host, as far as it can be told apart from those of other pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HostId {
    /// Id 0 of the host.
    Root,
    /// The container's own id, unmapped.
    Identity,
    /// An id in the block of a pod.
    InBlock(u8),
}

/// The block of host ids that a pod has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block(pub u8);

/// Which blocks are given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Blocks([u64; 4]);

/// The keys that `runtimeoptions.v1.Options` has fields for.
fn runtimeoptions_keys() -> Keys {
    Keys::NONE.with(Key::TypeUrl).with(Key::ConfigPath)
}

impl Any {
    /// The value bytes that marshalling the content gives.
    fn marshalled(mut self) -> Self {
        let zero = self.keys.is_empty()
            && !self.body
            && !self.endpoint
            && !self.no_pivot
            && matches!(self.owner, None | Some(HostId::Root));
        self.value = if zero { Value::Empty } else { Value::Set };
        self
    }

    /// The keys of the operator that it carries.
    pub fn keys(&self) -> Keys {
        self.keys
    }

    /// Whether `task_api_address` is set.
    pub fn has_endpoint(&self) -> bool {
        self.endpoint
    }

    /// The same message with an owner in another block, if its owner is in one.
    pub(crate) fn with_owner_in(mut self, block: u8) -> Self {
        if let Some(HostId::InBlock(own)) = &mut self.owner {
            *own = block;
        }
        self
    }
}

impl Blocks {
    /// The first 64 blocks as bits, block 0 lowest: more than the pods of an exhaustive search can have.
    pub(crate) fn bits(self) -> u64 {
        self.0[0]
    }

    /// The blocks of those bits.
    pub(crate) fn of_bits(bits: u64) -> Self {
        Self([bits, 0, 0, 0])
    }
}

impl Domain for Abstract {
    type Any = Any;
    type Id = HostId;
    type Mapping = Block;
    type Mappings = Blocks;
    type Table = Table;

    fn generate(url: TypeUrl, table: &Table, config_body: bool) -> Any {
        let generic = matches!(url, TypeUrl::RuntimeoptionsV1 | TypeUrl::CriRuntimeoptionsV1);
        let path = table.keys.contains(Key::ConfigPath);
        // Only containerd's own generic message has a field for the body.
        let body = url == TypeUrl::RuntimeoptionsV1 && config_body && !path && !table.keys.is_empty();
        let keys = if generic && !body {
            table.keys.and(runtimeoptions_keys())
        } else {
            table.keys
        };
        Any {
            url,
            value: Value::Nil,
            keys,
            table: table.id,
            oci_runtime: if keys.contains(Key::BinaryName) && !generic {
                table.oci_runtime
            } else {
                0
            },
            inner_runsc: generic && table.inner_runsc,
            body,
            owner: None,
            endpoint: false,
            no_pivot: false,
        }
        .marshalled()
    }

    fn fresh(url: TypeUrl) -> Any {
        let empty = Table {
            id: 0,
            keys: Keys::NONE,
            oci_runtime: 0,
            inner_runsc: false,
        };
        Self::generate(url, &empty, false)
    }

    fn copy_as_runc(any: &Any) -> Result<Any, CannotUnmarshal> {
        let set = !any.keys.is_empty() || any.owner.is_some() || any.endpoint || any.no_pivot;
        if any.url == TypeUrl::RuncV1 && !set {
            // A copy of a message without fields is a new one.
            Ok(Self::fresh(TypeUrl::RuncV1))
        } else if any.url == TypeUrl::RuncV1 {
            Ok(any.marshalled())
        } else {
            Err(CannotUnmarshal(any.url))
        }
    }

    fn set_io_owner(any: &mut Any, owner: HostId) {
        any.owner = Some(owner);
        // What the operator wrote into the same fields is overwritten.
        any.keys = any.keys.without(Keys::NONE.with(Key::IoUid).with(Key::IoGid));
        *any = any.marshalled();
    }

    fn set_task_api_endpoint(any: &mut Any) {
        any.endpoint = true;
        *any = any.marshalled();
    }

    fn has_endpoint(any: &Any) -> bool {
        any.endpoint
    }

    fn set_no_pivot_root(any: &mut Any) {
        any.no_pivot = true;
        *any = any.marshalled();
    }

    fn type_url(any: &Any) -> TypeUrl {
        any.url
    }

    fn value(any: &Any) -> Value {
        any.value
    }

    fn holds(any: &Any, condition: Condition) -> bool {
        let path = any.keys.contains(Key::ConfigPath);
        match condition {
            Condition::ConfigPath => path,
            Condition::NoConfigPath => !path,
            Condition::InnerRunsc => any.inner_runsc,
            Condition::InnerNotRunsc => !any.inner_runsc,
            Condition::ConfigBody => any.body,
            Condition::NoConfigBody => !any.body,
            Condition::BodySystemdCgroup => any.body && any.keys.contains(Key::SystemdCgroup),
            Condition::NoBodySystemdCgroup => !(any.body && any.keys.contains(Key::SystemdCgroup)),
            Condition::OnlyConfigPath => any.keys == Keys::NONE.with(Key::ConfigPath) && !any.body,
        }
    }

    fn io_owner(any: &Any) -> Option<HostId> {
        any.owner
    }

    fn oci_runtime(any: Option<&Any>) -> u8 {
        any.map_or(0, |any| any.oci_runtime)
    }

    fn lost(any: Option<&Any>, table: &Table) -> Vec<String> {
        lost_keys(any, *table)
            .iter()
            .map(|key| key.as_str().to_owned())
            .collect()
    }

    fn preserves(any: Option<&Any>, table: &Table) -> bool {
        lost_keys(any, *table).is_empty()
    }

    fn describe(any: &Any) -> String {
        let mut fields: Vec<String> = if any.body {
            vec!["config_body with the whole options table".to_owned()]
        } else {
            any.keys.iter().map(|key| key.as_str().to_owned()).collect()
        };
        if let Some(owner) = any.owner {
            fields.push(format!("io_uid and io_gid of {}", Self::describe_id(owner)));
        }
        if any.endpoint {
            fields.push("task_api_address".to_owned());
        }
        if any.no_pivot {
            fields.push("no_pivot_root".to_owned());
        }
        let bytes = if any.value == Value::Set {
            ""
        } else {
            ", no value bytes"
        };
        format!("{}{{{}}}{bytes}", any.url, fields.join(", "))
    }

    fn describe_id(id: HostId) -> String {
        match id {
            HostId::Root => "root of the host".to_owned(),
            HostId::Identity => "the container's user, unmapped".to_owned(),
            HostId::InBlock(block) => format!("the container's user in id block {block}"),
        }
    }

    fn through_store(mut any: Any) -> Any {
        if any.value == Value::Empty {
            any.value = Value::Nil;
        }
        any
    }

    fn through_ttrpc(any: Any) -> Any {
        Self::through_store(any)
    }

    fn to_host(mapping: Option<Block>, user: User) -> Result<HostId, NotMapped> {
        match (mapping, user) {
            (None, User::Root) => Ok(HostId::Root),
            (None, User::NonRoot | User::AboveMapping) => Ok(HostId::Identity),
            (Some(Block(block)), User::Root | User::NonRoot) => Ok(HostId::InBlock(block)),
            (Some(_), User::AboveMapping) => Err(NotMapped),
        }
    }

    fn is_mapped(mapping: Option<Block>, id: HostId) -> bool {
        mapping.is_none_or(|Block(block)| id == HostId::InBlock(block))
    }

    fn allocate(mappings: &mut Blocks) -> Block {
        let word = mappings
            .0
            .iter()
            .position(|word| *word != u64::MAX)
            .unwrap_or_default();
        let free = mappings.0[word].trailing_ones();
        mappings.0[word] |= 1_u64.checked_shl(free).unwrap_or_default();
        // Pods are numbered with a byte, and each has one block: the number fits.
        Block(u8::try_from(word * 64).unwrap_or(u8::MAX) + u8::try_from(free).unwrap_or(u8::MAX))
    }

    fn release(mappings: &mut Blocks, mapping: Block) {
        mappings.0[usize::from(mapping.0 / 64)] &= !(1 << (mapping.0 % 64));
    }
}

fn lost_keys(any: Option<&Any>, table: Table) -> Keys {
    let asked = table.keys.without(Keys::NONE.with(Key::Empty));
    let lost = match any {
        Some(any) if any.table == table.id => asked.without(any.keys),
        _ => asked,
    };
    // Whoever set it, it is set.
    match any {
        Some(any) if any.no_pivot => lost.without(Keys::NONE.with(Key::NoPivotRoot)),
        _ => lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(keys: &[Key]) -> Table {
        Table {
            id: 1,
            keys: keys.iter().copied().collect(),
            oci_runtime: 0,
            inner_runsc: false,
        }
    }

    #[test]
    fn keys_without_a_field_are_dropped_unless_there_is_a_body() {
        let table = table(&[Key::TypeUrl, Key::SystemdCgroup]);
        let dropped = Abstract::generate(TypeUrl::RuntimeoptionsV1, &table, false);
        assert_eq!(Abstract::lost(Some(&dropped), &table), ["SystemdCgroup"]);
        let kept = Abstract::generate(TypeUrl::RuntimeoptionsV1, &table, true);
        assert!(Abstract::preserves(Some(&kept), &table));
        assert!(Abstract::holds(&kept, Condition::BodySystemdCgroup));
    }

    #[test]
    fn an_empty_key_is_carried_by_a_body_and_missed_by_nobody() {
        let table = table(&[Key::Empty]);
        let without = Abstract::generate(TypeUrl::RuntimeoptionsV1, &table, false);
        assert_eq!(Abstract::value(&without), Value::Empty);
        assert!(Abstract::preserves(Some(&without), &table));
        let with = Abstract::generate(TypeUrl::RuntimeoptionsV1, &table, true);
        assert_eq!(Abstract::value(&with), Value::Set);
    }

    #[test]
    fn a_config_path_leaves_no_room_for_a_body() {
        let table = table(&[Key::ConfigPath, Key::SystemdCgroup]);
        let any = Abstract::generate(TypeUrl::RuntimeoptionsV1, &table, true);
        assert!(!Abstract::holds(&any, Condition::ConfigBody));
        assert_eq!(Abstract::lost(Some(&any), &table), ["SystemdCgroup"]);
    }

    #[test]
    fn an_all_zero_message_has_no_bytes_and_none_after_the_store() {
        let mut any = Abstract::fresh(TypeUrl::RuncV1);
        Abstract::set_io_owner(&mut any, HostId::Root);
        assert_eq!(Abstract::value(&any), Value::Empty);
        assert_eq!(Abstract::value(&Abstract::through_store(any)), Value::Nil);
        Abstract::set_io_owner(&mut any, HostId::InBlock(0));
        assert_eq!(Abstract::value(&any), Value::Set);
    }

    #[test]
    fn only_one_generic_message_carries_a_body() {
        let table = table(&[Key::TypeUrl, Key::SystemdCgroup]);
        let old = Abstract::generate(TypeUrl::CriRuntimeoptionsV1, &table, true);
        assert!(!Abstract::holds(&old, Condition::ConfigBody));
        assert_eq!(Abstract::lost(Some(&old), &table), ["SystemdCgroup"]);
    }

    #[test]
    fn a_plugin_that_sets_no_pivot_root_loses_no_operators_one() {
        let table = table(&[Key::NoPivotRoot, Key::Root]);
        let mut any = Abstract::fresh(TypeUrl::RuncV1);
        Abstract::set_no_pivot_root(&mut any);
        assert_eq!(Abstract::lost(Some(&any), &table), ["Root"]);
    }

    #[test]
    fn every_pod_of_a_run_has_a_block_of_its_own() {
        let mut blocks = Blocks::default();
        let given: std::collections::BTreeSet<u8> =
            (0..256).map(|_| Abstract::allocate(&mut blocks).0).collect();
        assert_eq!(given.len(), 256);
        Abstract::release(&mut blocks, Block(131));
        assert_eq!(Abstract::allocate(&mut blocks), Block(131));
    }

    #[test]
    fn blocks_are_given_out_once() {
        let mut blocks = Blocks::default();
        let first = Abstract::allocate(&mut blocks);
        let second = Abstract::allocate(&mut blocks);
        assert_ne!(first, second);
        Abstract::release(&mut blocks, first);
        assert_eq!(Abstract::allocate(&mut blocks), first);
    }

    #[test]
    fn only_runc_options_can_be_copied_as_such() {
        let other = Abstract::fresh(TypeUrl::RuntimeoptionsV1);
        assert_eq!(
            Abstract::copy_as_runc(&other),
            Err(CannotUnmarshal(TypeUrl::RuntimeoptionsV1))
        );
        assert!(Abstract::copy_as_runc(&Abstract::fresh(TypeUrl::RuncV1)).is_ok());
    }
}
