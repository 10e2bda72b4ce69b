//! The domain of real bytes.

mod any;
mod body;
mod field;
mod ids;
pub mod message;
mod table;

use prost::Message;
use shimproof_model::catalog::Condition;
use shimproof_model::{CannotUnmarshal, Domain, NotMapped, TypeUrl, User, Value};
use shimproof_scenario::SYSTEMD_CGROUP_IN_BODY;

pub use any::{Any, Content, NotDecoded};
pub use field::{Field, FieldValue};
pub use ids::{Id, Line, Mapping, Mappings, to_host};
pub use table::Table;

/// The inner type that gVisor's shim asks for.
const RUNSC_OPTIONS: &str = "io.containerd.runsc.v1.options";

/// Where a shim with the sandbox API serves its task API: a stand-in, since real names are random.
pub const TASK_API_ADDRESS: &str = "unix:///run/containerd/s/task-api";

/// Its version.
pub const TASK_API_VERSION: u32 = 3;

/// The user that stands for one who is neither root nor above any mapping. The machine tells users apart only by
/// [`User`]; whoever knows the real one writes it over this with [`Any::set_owner`].
pub const STAND_IN: Id = Id { uid: 1000, gid: 1000 };

/// A user above the length of a pod's mapping, likewise.
const ABOVE_MAPPING: Id = Id {
    uid: 70000,
    gid: 70000,
};

/// Encoded messages, ids of the host, mappings with numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wire;

impl Any {
    fn change(&mut self, change: impl FnOnce(&mut Content)) {
        // Every message of this domain was encoded by it, so that it decodes.
        if let Ok(mut content) = self.content() {
            change(&mut content);
            self.value = Some(content.encode());
        }
    }

    /// Writes an owner of pipes into it, in whichever fields its type has for one.
    pub fn set_owner(&mut self, owner: Id) {
        self.change(|content| match content {
            Content::Runc(message) => (message.io_uid, message.io_gid) = (owner.uid, owner.gid),
            Content::LinuxCreate(message) => (message.io_uid, message.io_gid) = (owner.uid, owner.gid),
            _ => {}
        });
    }

    /// The owner of pipes that it names; none if the fields are zero, which proto3 does not carry.
    pub fn owner(&self) -> Option<Id> {
        let id = match self.content().ok()? {
            Content::Runc(message) => Id {
                uid: message.io_uid,
                gid: message.io_gid,
            },
            Content::LinuxCreate(message) => Id {
                uid: message.io_uid,
                gid: message.io_gid,
            },
            _ => return None,
        };
        (id != Id::default()).then_some(id)
    }

    /// `type_url` of the message inside; empty if it has none.
    pub fn inner_type_url(&self) -> String {
        match self.content() {
            Ok(Content::Runtime(message)) => message.type_url,
            Ok(Content::CriRuntime(message)) => message.type_url,
            _ => String::new(),
        }
    }

    /// `config_body`, as text.
    pub fn config_body(&self) -> String {
        match self.content() {
            Ok(Content::Runtime(message)) => String::from_utf8_lossy(&message.config_body).into_owned(),
            _ => String::new(),
        }
    }
}

/// The fields of a message that conditions of shims are about.
struct Asked {
    type_url: String,
    config_path: bool,
    config_body: bool,
    body_systemd_cgroup: bool,
}

impl Asked {
    fn of(any: &Any) -> Self {
        let content = any.content().ok();
        let body = content.as_ref().and_then(table::body_of);
        let (type_url, config_path, config_body) = match content {
            Some(Content::Runtime(message)) => (
                message.type_url,
                !message.config_path.is_empty(),
                !message.config_body.is_empty(),
            ),
            Some(Content::CriRuntime(message)) => (message.type_url, !message.config_path.is_empty(), false),
            _ => (String::new(), false, false),
        };
        Self {
            type_url,
            config_path,
            config_body,
            body_systemd_cgroup: body
                .is_some_and(|table| SYSTEMD_CGROUP_IN_BODY.iter().any(|key| table.contains_key(*key))),
        }
    }
}

impl Domain for Wire {
    type Any = Any;
    type Id = Id;
    type Mapping = Mapping;
    type Mappings = Mappings;
    type Table = Table;

    fn generate(_: TypeUrl, table: &Table, config_body: bool) -> Any {
        table.generate(config_body)
    }

    fn fresh(url: TypeUrl) -> Any {
        Any::marshal(&Content::zero(url))
    }

    fn copy_as_runc(any: &Any) -> Result<Any, CannotUnmarshal> {
        match any.content() {
            Ok(content @ Content::Runc(_)) => Ok(Any {
                installed: any.installed.clone(),
                ..Any::marshal(&content)
            }),
            _ => Err(CannotUnmarshal(any.url)),
        }
    }

    fn set_io_owner(any: &mut Any, owner: Id) {
        any.set_owner(owner);
    }

    fn set_task_api_endpoint(any: &mut Any) {
        any.change(|content| {
            if let Content::Runc(message) = content {
                TASK_API_ADDRESS.clone_into(&mut message.task_api_address);
                message.task_api_version = TASK_API_VERSION;
            }
        });
    }

    fn has_endpoint(any: &Any) -> bool {
        matches!(any.content(), Ok(Content::Runc(message)) if !message.task_api_address.is_empty())
    }

    fn set_no_pivot_root(any: &mut Any) {
        any.change(|content| match content {
            Content::Runc(message) => message.no_pivot_root = true,
            Content::LinuxCreate(message) => message.no_pivot_root = true,
            _ => {}
        });
    }

    fn type_url(any: &Any) -> TypeUrl {
        any.url
    }

    fn value(any: &Any) -> Value {
        any.state()
    }

    fn holds(any: &Any, condition: Condition) -> bool {
        let asked = Asked::of(any);
        match condition {
            Condition::ConfigPath => asked.config_path,
            Condition::NoConfigPath => !asked.config_path,
            Condition::InnerRunsc => asked.type_url == RUNSC_OPTIONS,
            Condition::InnerNotRunsc => asked.type_url != RUNSC_OPTIONS,
            Condition::ConfigBody => asked.config_body,
            Condition::NoConfigBody => !asked.config_body,
            Condition::BodySystemdCgroup => asked.body_systemd_cgroup,
            Condition::NoBodySystemdCgroup => !asked.body_systemd_cgroup,
            Condition::OnlyConfigPath => asked.config_path && asked.type_url.is_empty() && !asked.config_body,
        }
    }

    fn io_owner(any: &Any) -> Option<Id> {
        any.owner()
    }

    fn oci_runtime(any: Option<&Any>) -> u8 {
        let Some(any) = any else { return 0 };
        let Ok(Content::Runc(message)) = any.content() else {
            return 0;
        };
        let installed = any
            .installed
            .as_ref()
            .filter(|installed| installed.binary_name == message.binary_name);
        installed.map_or(0, |installed| installed.number)
    }

    fn lost(any: Option<&Any>, table: &Table) -> Vec<String> {
        table.lost(any)
    }

    fn describe(any: &Any) -> String {
        let fields = any.content().map(|content| content.fields()).unwrap_or_default();
        let fields: Vec<String> = fields
            .iter()
            .map(|field| format!("{}: {}", field.name, field.value))
            .collect();
        let bytes = if any.state() == Value::Set {
            ""
        } else {
            ", no value bytes"
        };
        format!("{}{{{}}}{bytes}", any.url, fields.join(", "))
    }

    fn describe_id(id: Id) -> String {
        format!("{}:{}", id.uid, id.gid)
    }

    fn through_store(any: Any) -> Any {
        // containerd's records hold the encoded `Any` (core/metadata/boltutil/helpers.go@v2.0.1).
        let bytes = any.on_wire().encode_to_vec();
        match message::Any::decode(bytes.as_slice()) {
            Ok(read) => any.received(read),
            Err(_) => any,
        }
    }

    fn through_ttrpc(any: Any) -> Any {
        let request = message::CreateTaskRequest {
            options: Some(any.on_wire()),
            ..Default::default()
        };
        match message::CreateTaskRequest::decode(request.encode_to_vec().as_slice()) {
            Ok(message::CreateTaskRequest {
                options: Some(read), ..
            }) => any.received(read),
            _ => any,
        }
    }

    fn is_mapped(mapping: Option<Mapping>, id: Id) -> bool {
        mapping.is_none_or(|mapping| mapping.contains(id.uid) && mapping.contains(id.gid))
    }

    fn to_host(mapping: Option<Mapping>, user: User) -> Result<Id, NotMapped> {
        let inside = match user {
            User::Root => Id::default(),
            User::NonRoot => STAND_IN,
            User::AboveMapping => ABOVE_MAPPING,
        };
        match mapping {
            None => Ok(inside),
            Some(mapping) => mapping.to_host(inside).ok_or(NotMapped),
        }
    }

    fn allocate(mappings: &mut Mappings) -> Mapping {
        mappings.allocate()
    }

    fn release(mappings: &mut Mappings, mapping: Mapping) {
        mappings.release(mapping);
    }
}
