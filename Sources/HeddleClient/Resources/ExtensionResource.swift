package import HeddleModel
package import JSON

/// An extension as the server lists it.
package struct ExtensionResource: ServerResource {
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
    /// Tools that are not what was accepted: the name, and whether it was accepted before and is offered now.
    package let heldChanges: [(name: String, wasAccepted: Bool, isOffered: Bool)]
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
        heldChanges = (json["held_changes"]?.array ?? [])
            .map { change in
                (change["name"]?.string ?? "", change["accepted"]?.object != nil, change["offered"]?.object != nil)
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
