//! Nodes with one thing less, for making a failure small.

use std::ops::Range;

use super::AnyNode;

/// A node with one thing less, and which of the pods are left.
#[derive(Clone, Debug)]
pub(in crate::simulate) struct Smaller {
    pub node: AnyNode,
    /// The pods of the larger node that are left, in their order.
    pub pods: Vec<usize>,
}

/// Keeps the node that a change makes, if it is another one.
type Without<'a> = dyn FnMut(&dyn Fn(&mut AnyNode)) + 'a;

impl AnyNode {
    /// Nodes with one thing less, the largest things first. Whether one of them can be used is for the loader to say.
    pub(in crate::simulate) fn smaller(&self) -> Vec<Smaller> {
        let mut found = Vec::new();
        self.with_fewer_pods(&mut found);
        let all: Vec<usize> = (0..self.pods()).collect();
        let mut push = |node: AnyNode| {
            found.push(Smaller {
                node,
                pods: all.clone(),
            });
        };
        let mut without = |change: &dyn Fn(&mut AnyNode)| {
            let mut node = self.clone();
            change(&mut node);
            if node != *self {
                push(node);
            }
        };
        without(&|node| node.configurations.truncate(1));
        without(&|node| node.containerd.truncate(1));
        without(&|node| node.kubelets.truncate(1));
        without(&|node| node.ids_per_pod = None);
        without(&|node| node.gates.clear());
        without(&|node| node.volumes_idmapped = true);
        without(&|node| node.any_client = false);
        for release in 0..self.containerd.len().saturating_sub(1) {
            without(&|node| drop(node.containerd.remove(release)));
        }
        for key in self.shims.keys() {
            without(&|node| {
                if let Some(shim) = node.shims.get_mut(key) {
                    shim.versions.truncate(1);
                }
            });
            without(&|node| drop(node.shims.remove(key)));
        }
        for binary in self.oci_runtimes.keys() {
            without(&|node| drop(node.oci_runtimes.remove(binary)));
        }
        for (kind, times) in &self.budget {
            for fewer in [0, times.saturating_sub(1)] {
                without(&|node| {
                    node.budget.insert(kind.clone(), fewer);
                });
            }
        }
        without(&|node| node.faults = node.faults.saturating_sub(1));
        for at in 0..self.configurations.len() {
            self.with_less_configured(at, &mut without);
        }
        for at in 0..self.pods.len() {
            without(&|node| node.pods[at].containers.truncate(1));
            without(&|node| node.pods[at].host_network = false);
            without(&|node| node.pods[at].host_users = None);
            without(&|node| node.pods[at].containers[0].tty = false);
            without(&|node| node.pods[at].containers[0].user = None);
        }
        found
    }

    fn with_less_configured(&self, at: usize, without: &mut Without<'_>) {
        without(&|node| node.configurations[at].no_pivot = false);
        for (name, handler) in &self.configurations[at].handlers {
            without(&|node| drop(node.configurations[at].handlers.remove(name)));
            let mut change = |change: &dyn Fn(&mut super::Handler)| {
                without(&|node| {
                    if let Some(handler) = node.configurations[at].handlers.get_mut(name) {
                        change(handler);
                    }
                });
            };
            change(&|handler| handler.options = None);
            change(&|handler| handler.runtime_path = None);
            change(&|handler| handler.sandboxer = None);
            for key in handler.options.iter().flat_map(toml::Table::keys) {
                change(&|handler| {
                    if let Some(options) = &mut handler.options {
                        options.remove(key);
                    }
                });
            }
        }
    }

    /// Each kind of pod left out, or left once, or half as often.
    fn with_fewer_pods(&self, found: &mut Vec<Smaller>) {
        let mut first = 0;
        for (kind, pods) in self.pods.iter().enumerate() {
            let own = first..first + pods.copies;
            first = own.end;
            if self.pods.len() > 1 {
                let mut node = self.clone();
                node.pods.remove(kind);
                found.push(Smaller {
                    node,
                    pods: self.all_but(&own),
                });
            }
            if pods.copies == 1 {
                continue;
            }
            // One left alone, or one left out.
            for kept in own.clone() {
                let mut node = self.clone();
                node.pods[kind].copies = 1;
                found.push(Smaller {
                    node,
                    pods: self
                        .all_but(&(own.start..kept))
                        .into_iter()
                        .filter(|pod| !(kept + 1..own.end).contains(pod))
                        .collect(),
                });
            }
            let mut node = self.clone();
            node.pods[kind].copies -= 1;
            found.push(Smaller {
                node,
                pods: self.all_but(&(own.end - 1..own.end)),
            });
        }
    }

    fn all_but(&self, left_out: &Range<usize>) -> Vec<usize> {
        (0..self.pods()).filter(|pod| !left_out.contains(pod)).collect()
    }
}
