import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON

extension RegistrySnapshot.Entry {
    /// The wire form of an extension.
    var value: JSONValue {
        let instances: [JSONValue] =
            pool.instance.map { instance in
                [
                    [
                        "id": .string(instance.id.rawValue), "state": .string(InstanceState.ready.rawValue),
                        "pid": .integer(Int(instance.processID)), "started_at": .string(instance.startedAt.description),
                        "calls": .integer(instance.calls), "protocol": .string(instance.greeting.revision.rawValue),
                    ]
                ]
            } ?? []
        return registered.value(instances: instances, failure: pool.lastFailure)
    }
}

extension RegisteredExtension {
    /// - Parameter failure: Why the last start failed or the last process ended.
    func value(instances: [JSONValue], failure: String? = nil) -> JSONValue {
        [
            "name": .string(name.rawValue),
            "version": .string(manifest.version.description),
            "state": .string(state.rawValue),
            "held": .bool(isHeld),
            "description": manifest.description.map(JSONValue.string) ?? .null,
            "source": source.value,
            "command": .array((resolved?.command ?? []).map(JSONValue.string)),
            "grants": grants.value(showingValues: false),
            "resources": manifest.resources.value,
            "loading": [
                "idle_seconds": .integer(manifest.loading.idleSeconds),
                "start_seconds": .integer(manifest.loading.startSeconds),
            ],
            "capability_count": .integer(tools.count),
            "instances": .array(instances),
            "error": failure.map(JSONValue.string) ?? .null,
            "created_at": .string(createdAt.description),
            "updated_at": .string(updatedAt.description),
            "revision": .integer(edits),
        ]
    }
}
