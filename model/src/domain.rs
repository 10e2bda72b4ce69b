//! The values that flow through the machine, behind one trait.
//!
//! Control (who sends what, when, what a guard decides) is written once, generic over [`Domain`]. It asks
//! only through this trait, so that a finite abstraction and real bytes take the same steps.

use std::fmt::Debug;
use std::hash::Hash;

use crate::catalog::Condition;
use crate::finite::finite_enum;
use crate::type_url::TypeUrl;

/// What control and shims can ask of values, and the operations that make new ones.
pub trait Domain: Clone + Copy + Debug + Eq + Hash + Send + Sync + 'static {
    /// A `google.protobuf.Any`: a type URL and value bytes.
    type Any: Clone + Debug + Eq + Hash + Send + Sync;
    /// A user and group id of the host.
    type Id: Clone + Copy + Debug + Eq + Hash + Send + Sync;
    /// The id mapping of a pod.
    type Mapping: Clone + Copy + Debug + Eq + Hash + Send + Sync;
    /// The kubelet's record of which host ids are given out.
    type Mappings: Clone + Debug + Default + Eq + Hash + Send + Sync;
    /// The options table of a runtime handler, as the operator wrote it.
    type Table: Clone + Debug + Send + Sync;

    /// The message that an options table becomes (`GenerateRuntimeOptions`, internal/cri/config/config.go@v2.0.1).
    /// Without `config_body`, keys that the message has no field for are dropped.
    fn generate(url: TypeUrl, table: &Self::Table, config_body: bool) -> Self::Any;
    /// A message of that type in which nothing is set.
    fn fresh(url: TypeUrl) -> Self::Any;
    /// A copy as `containerd.runc.v1.Options` (`typeurl.UnmarshalTo`).
    ///
    /// # Errors
    /// [`CannotUnmarshal`] if it is of another type.
    fn copy_as_runc(any: &Self::Any) -> Result<Self::Any, CannotUnmarshal>;
    /// Sets `io_uid` and `io_gid`.
    fn set_io_owner(any: &mut Self::Any, owner: Self::Id);
    /// Sets `task_api_address` and `task_api_version`.
    fn set_task_api_endpoint(any: &mut Self::Any);
    /// Whether the endpoint of the sandbox's task API is in a message.
    fn has_endpoint(any: &Self::Any) -> bool;
    /// Sets `no_pivot_root`.
    fn set_no_pivot_root(any: &mut Self::Any);

    /// The type that the message names.
    fn type_url(any: &Self::Any) -> TypeUrl;
    /// Whether there are value bytes, and if not, in which way.
    fn value(any: &Self::Any) -> Value;
    /// Whether the content answers a shim's question with yes.
    fn holds(any: &Self::Any, condition: Condition) -> bool;
    /// Whether an owner of pipes is written into it.
    fn io_owner(any: &Self::Any) -> Option<Self::Id>;
    /// Which OCI runtime it selects: an index into the world's OCI runtimes, 0 for the default one.
    fn oci_runtime(any: Option<&Self::Any>) -> u8;
    /// The operator's fields of `table` that `any` does not carry with the same value, by their keys in the
    /// containerd configuration.
    fn lost(any: Option<&Self::Any>, table: &Self::Table) -> Vec<String>;
    /// Whether nothing of `table` is lost; the same as `lost(..).is_empty()`, without naming the fields.
    fn preserves(any: Option<&Self::Any>, table: &Self::Table) -> bool {
        Self::lost(any, table).is_empty()
    }

    /// The message in words, for traces and reports.
    fn describe(any: &Self::Any) -> String;
    /// The id in words, for traces and reports.
    fn describe_id(id: Self::Id) -> String;

    /// What is read back after a record was written to containerd's store: empty value bytes become nil.
    fn through_store(any: Self::Any) -> Self::Any;
    /// What arrives at the other end of a ttrpc connection: the same holds there.
    fn through_ttrpc(any: Self::Any) -> Self::Any;

    /// The id on the host of a user inside `mapping`; without a mapping, the same id (`IDMap.ToHost`,
    /// internal/userns/idmap.go@v2.0.1).
    ///
    /// # Errors
    /// [`NotMapped`] if the mapping does not take in the user.
    fn to_host(mapping: Option<Self::Mapping>, user: User) -> Result<Self::Id, NotMapped>;
    /// Whether an id of the host has an id inside `mapping`; without a mapping every id has.
    fn is_mapped(mapping: Option<Self::Mapping>, id: Self::Id) -> bool;
    /// Gives out a block of host ids that no pod has.
    fn allocate(mappings: &mut Self::Mappings) -> Self::Mapping;
    /// Takes a block back.
    fn release(mappings: &mut Self::Mappings, mapping: Self::Mapping);
}

/// `typeurl.UnmarshalTo` was given a message of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannotUnmarshal(pub TypeUrl);

/// A container's user has no id on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotMapped;

finite_enum! {
    /// The value bytes of an `Any`, as Go tells them apart.
    pub enum Value {
        /// A nil slice.
        Nil = "nil",
        /// A slice without bytes that is not nil: what marshalling an all-zero message gives.
        Empty = "empty",
        /// Some bytes.
        Set = "set",
    }
}

finite_enum! {
    /// The user that a container's process runs as, as far as ownership is concerned.
    pub enum User {
        /// Id 0.
        Root = "root",
        /// An id that every mapping takes in.
        NonRoot = "non-root",
        /// An id above the length of a pod's mapping.
        AboveMapping = "above-mapping",
    }
}
