package import HeddleModel
package import JSON

/// An extension as the server lists it.
package struct ExtensionResource: ServerResource {
    /// A version that waits to be accepted.
    package struct Pending: Sendable {
        package let version: String
        package let generation: Int
        /// What it asks for that the current version does not have, in words.
        package let newPermissions: [String]
        /// Tools that are not what they were: the name, and whether it was there before and is there in the new version.
        package let changes: [ToolChange]
    }

    /// A tool that is not what it was.
    package struct ToolChange: Sendable {
        package let name: String
        package let wasAccepted: Bool
        package let isOffered: Bool

        /// Reads an element of `changes`.
        package init(_ json: JSONValue) {
            name = json["name"]?.string ?? ""
            wasAccepted = json["accepted"]?.object != nil
            isOffered = json["offered"]?.object != nil
        }
    }

    /// One running process of it.
    package struct Instance: Sendable {
        package let id: String
        package let state: String
        package let processID: Int?
        package let calls: Int
        package let startedAt: String?
        /// Nil in a list.
        package let memoryBytes: Int?
        /// Milliseconds of processor time since its start; nil in a list.
        package let processorTime: Int?
    }

    package let json: JSONValue
    package let name: String
    package let version: String
    /// The state's name; a newer server may have states that ``ExtensionState`` does not know.
    package let state: String
    /// Whether a changed definition waits to be accepted.
    package let isHeld: Bool
    package let summary: String
    package let sourceKind: String
    package let command: [String]
    package let grants: GrantsResource
    package let capabilityCount: Int
    /// Counts the changes, to say which state of things a request means.
    package let revision: Int
    /// Tools that are not what was accepted.
    package let heldChanges: [ToolChange]
    /// Numbers the versions in the order in which they came.
    package let generation: Int
    package let pending: Pending?
    package let instances: [Instance]
    /// Why the last start failed or the last process ended by itself.
    package let failure: String?

    /// Reads one element of `GET /extensions`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no name or state.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        name = try json.text("name")
        state = try json.text("state")
        version = json["version"]?.string ?? ""
        isHeld = json["held"]?.bool ?? false
        summary = json["description"]?.string ?? ""
        sourceKind = json["source"]?["kind"]?.string ?? ""
        command = json.texts("command")
        grants = GrantsResource(json["grants"] ?? .null)
        capabilityCount = json["capability_count"]?.integer ?? 0
        revision = json["revision"]?.integer ?? 0
        heldChanges = (json["held_changes"]?.array ?? []).map(ToolChange.init)
        generation = json["generation"]?.integer ?? 1
        pending = json["pending"]
            .flatMap { pending in
                guard pending.object != nil else { return nil }
                return Pending(
                    version: pending["version"]?.string ?? "",
                    generation: pending["generation"]?.integer ?? 0,
                    newPermissions: pending.texts("new_permissions"),
                    changes: (pending["changes"]?.array ?? []).map(ToolChange.init)
                )
            }
        instances = (json["instances"]?.array ?? [])
            .map { instance in
                Instance(
                    id: instance["id"]?.string ?? "",
                    state: instance["state"]?.string ?? "",
                    processID: instance["pid"]?.integer,
                    calls: instance["calls"]?.integer ?? 0,
                    startedAt: instance["started_at"]?.string,
                    memoryBytes: instance["memory_bytes"]?.integer,
                    processorTime: instance["processor_ms"]?.integer
                )
            }
        let error = json["error"]
        failure = error?.string ?? error?["message"]?.string
    }
}
