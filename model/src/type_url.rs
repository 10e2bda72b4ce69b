//! Type URLs of the option messages that travel between containerd and shims.

use crate::finite::finite_enum;

finite_enum! {
    /// The message type that an `Any` names.
    ///
    /// containerd writes bare full names, without the `type.googleapis.com/` prefix (typeurl/v2/types.go@v2.2.3).
    pub enum TypeUrl {
        /// Options of the runc family: api/types/runc/options/oci.proto@v2.3.4.
        RuncV1 = "containerd.runc.v1.Options",
        /// Options of any other runtime since containerd 1.5: api/types/runtimeoptions/v1/api.proto@v2.3.4.
        RuntimeoptionsV1 = "runtimeoptions.v1.Options",
        /// The name of the same message up to containerd 1.4.
        CriRuntimeoptionsV1 = "cri.runtimeoptions.v1.Options",
        /// Options of the Windows shim: hcsshim cmd/containerd-shim-runhcs-v1/options/runhcs.proto.
        RunhcsV1 = "containerd.runhcs.v1.Options",
        /// Container options of the runtime v1: runtime/linux/runctypes/runc.proto@v1.6.36.
        LinuxRuncOptions = "containerd.linux.runc.RuncOptions",
        /// Task options of the runtime v1; the 1.x client writes them for any runtime not called runc.
        LinuxCreateOptions = "containerd.linux.runc.CreateOptions",
    }
}
