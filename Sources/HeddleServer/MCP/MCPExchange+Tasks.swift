import HTTPTypes
import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON

/// Tasks: those of ours, and those of extensions that make their own.
extension MCPExchange {
    /// Whose tasks a request means.
    var principal: String { Caller.local(origin: .mcp, requestID: requestID).principal }

    /// What a client is told that does not take tasks.
    func needsTasks() -> MCPAnswer {
        let tasks = JSONObject(members: [.init(name: MCPMetaKey.tasks, value: [:])])
        return .failure(
            id: id,
            .missingClientCapability,
            "the request needs the extension '\(MCPMetaKey.tasks)'",
            data: ["requiredCapabilities": ["extensions": .object(tasks)]]
        )
    }

    /// A result that is a task of an extension, under the name that it has where all extensions are.
    static func naming(taskOf owner: String, _ view: JSONView) -> [UInt8]? {
        guard view["resultType"]?.equals("task") == true, let name = view["taskId"]?.string else { return nil }
        return MCPParams.replacing(view, ["taskId": JSONValue.string(owner + MCPScope.separator + name).bytes])
    }

    /// `tasks/get`, `tasks/update` or `tasks/cancel`.
    func task(_ client: MCPClient) -> Step {
        guard client.takesTasks else { return .answer(needsTasks()) }
        guard let name = params?["taskId"]?.string else { return invalid("'taskId' is a text") }
        guard let entry = gateway.tasks.entry(name, of: principal, scope) else { return relayTask(name, client) }
        switch method {
        case "tasks/update":
            guard let answers = params?["inputResponses"], answers.kind == .object else {
                return invalid("'inputResponses' is an object")
            }
            var given: [String: [UInt8]] = [:]
            for (key, value) in answers.members { given[key.string ?? ""] = value.compactBytes }
            entry.call.answer(given)
        case "tasks/cancel": gateway.tasks.cancel(name)
        case _:
            let members = [UInt8(ascii: "{")] + gateway.tasks.members(entry, isDetailed: true) + [UInt8(ascii: "}")]
            return ok(MCPAnswer.result(id: id, members[...], extra: Self.complete))
        }
        return ok(MCPAnswer.result(id: id, Array("{}".utf8)[...], extra: Self.complete))
    }

    private func relayTask(_ name: String, _ client: MCPClient) -> Step {
        let unknown = invalid("Unknown task: \(name.prefix(200))")
        guard let (owner, inner) = scope.owned(name), services.registry.snapshot.entry(owner) != nil else {
            return unknown
        }
        return .later { [self] in
            guard try await services.relay.abilities(of: owner).contains(.tasks) else { return unknown }
            var work = relayed(
                owner,
                client,
                ["taskId": JSONValue.string(inner).bytes],
                preferring: gateway.homes.home(of: inner)
            )
            if scope == .all {
                work.adapt = { view in
                    guard view["taskId"] != nil else { return nil }
                    return MCPParams.replacing(view, ["taskId": JSONValue.string(name).bytes])
                }
            }
            return relay(work, client)
        }
    }
}
