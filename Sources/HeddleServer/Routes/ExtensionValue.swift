import HeddleExtensions
import HeddleMCP
import HeddleModel
import HeddleSandbox
import JSON

extension RegistryEntry {
    /// The wire form of an extension in a list.
    var value: JSONValue { value { $0.value } }

    /// The wire form of an extension that is looked at alone: with what its processes use at this moment.
    ///
    /// Tools that wait to be accepted come with it.
    var measuredValue: JSONValue {
        let measured = value { member in
            let usage = member.instance.resourceUsage
            return member.value + [
                .init(name: "memory_bytes", value: .integer(usage.memoryBytes)),
                .init(name: "processor_ms", value: .integer(Int(usage.processorTime / .milliseconds(1)))),
            ]
        }
        guard let held = registered.heldTools, let object = measured.object else { return measured }
        let tools = ToolComparison.changes(accepted: registered.tools, offered: held).map(\.value)
        return .object(JSONObject(members: object.members + [.init(name: "held_changes", value: .array(tools))]))
    }

    private func value(_ instance: (InstancePool.Member) -> [JSONObject.Member]) -> JSONValue {
        let instances = pool.members.map { JSONValue.object(JSONObject(members: instance($0))) }
        return registered.value(instances: instances, failure: pool.lastFailure)
    }
}

extension InstancePool.Member {
    fileprivate var value: [JSONObject.Member] {
        [
            .init(name: "id", value: .string(instance.id.rawValue)),
            .init(name: "state", value: .string(InstanceState.ready.rawValue)),
            .init(name: "pid", value: .integer(Int(instance.processID))),
            .init(name: "started_at", value: .string(instance.startedAt.description)),
            .init(name: "calls", value: .integer(instance.calls)),
            .init(name: "in_flight", value: .integer(inFlight)),
            .init(name: "ejected", value: .bool(isEjected)),
            .init(name: "protocol", value: .string(instance.greeting.revision.rawValue)),
        ]
    }
}

extension RegisteredExtension {
    /// The wire form; `failure` says why the last start failed or the last process ended.
    func value(instances: [JSONValue], failure: String? = nil) -> JSONValue {
        [
            "name": .string(name.rawValue),
            "version": .string(manifest.version.description),
            "generation": .integer(generation),
            "pending": pending?.value ?? .null,
            "state": .string(state.rawValue),
            "held": .bool(isHeld),
            "type": .string(manifest.kind.rawValue),
            "capabilities": .array(manifest.capabilities.map { .string($0.id) }),
            "dependencies": .array(manifest.dependencies.map(\.value)),
            "description": manifest.description.map(JSONValue.string) ?? .null,
            "source": source.value,
            "command": .array((resolved?.command ?? []).map(JSONValue.string)),
            "grants": grants.value(showingValues: false),
            "configuration": configuration ?? .null,
            "resources": manifest.resources.value,
            "loading": manifest.loading.value,
            "capability_count": .integer(tools.count),
            "instances": .array(instances),
            "error": failure.map(JSONValue.string) ?? .null,
            "created_at": .string(createdAt.description),
            "updated_at": .string(updatedAt.description),
            "stages": stages,
            "revision": .integer(edits),
        ]
    }
}
