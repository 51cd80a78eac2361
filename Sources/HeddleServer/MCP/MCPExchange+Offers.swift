import HTTPTypes
import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON
import Logging

/// Prompts, resources, completion, and what a client hears of without asking again.
extension MCPExchange {
    func relayed(
        _ name: String,
        _ client: MCPClient,
        _ replaced: [String: [UInt8]] = [:],
        preferring instance: UInt64? = nil
    ) -> MCPWork {
        var request = RelayService.Request(extensionName: name, method: method)
        request.params = MCPParams.members(params, replacing: replaced)
        request.session = client.session?.id
        request.preferredInstance = instance
        return MCPWork(kind: .relay(request), method: method, params: params)
    }

    /// A list of prompts, resources or templates.
    func list(_ kind: OfferBook.Kind, _ client: MCPClient) -> Step {
        if case .one(let name) = scope {
            return .later { [self] in
                guard try await services.relay.abilities(of: name).contains(kind.ability) else {
                    return .answer(
                        .failure(
                            id: id,
                            .methodNotFound,
                            "the extension '\(name)' has none",
                            status: client.era == .legacy ? .ok : nil
                        )
                    )
                }
                var work = relayed(name, client)
                work.isCacheable = true
                return relay(work, client)
            }
        }
        return .later { [self] in
            let lists = await gateway.offers.all(kind)
            var writer = JSONWriter(capacity: 4096)
            writer.beginObject()
            writer.name(kind.member)
            writer.beginArray()
            var seen: Set<String> = []
            for (name, items) in lists {
                for item in items {
                    switch kind {
                    case .prompts:
                        let prompt = item["name"]?.string ?? ""
                        let exported = JSONValue.string(scope.exported(prompt, of: name.rawValue)).bytes
                        writer.raw(MCPParams.replacing(item, ["name": exported])[...])
                    case .resources, .templates:
                        // The first by name has the address.
                        let address = item[kind == .resources ? "uri" : "uriTemplate"]?.string ?? ""
                        if seen.insert(address).inserted { writer.raw(item) }
                    }
                }
            }
            writer.endArray()
            writer.endObject()
            let extra = client.era == .modern ? Self.cacheable : ""
            return ok(MCPAnswer.result(id: id, writer.bytes[...], extra: extra))
        }
    }

    /// The address of the resource that a request is about.
    private var address: String? {
        params?["uri"].flatMap { $0.range.count <= MCPScope.longestAddress ? $0.string : nil }
    }

    func readResource(_ client: MCPClient) -> Step {
        guard let uri = address else { return invalid("'uri' is a text of \(MCPScope.longestAddress) bytes at most") }
        return withOwner(of: uri, client) { name in
            var work = relayed(name, client)
            work.isCacheable = true
            return relay(work, client)
        }
    }

    /// Goes on with the extension that has a resource.
    private func withOwner(
        of uri: String,
        _ client: MCPClient,
        _ body: @escaping @Sendable (String) -> Step
    ) -> Step {
        if case .one(let name) = scope { return body(name) }
        return .later { [self] in
            guard let name = await scope.owner(of: uri, gateway.offers) else { return unknownResource(uri, client) }
            return body(name)
        }
    }

    private func unknownResource(_ uri: String, _ client: MCPClient) -> Step {
        let code = client.era == .modern ? MCPErrorCode.invalidParams.rawValue : -32002
        let data: JSONValue = ["uri": .string(uri)]
        return ok(MCPAnswer.error(id: id, code: code, "Resource not found", data: data.bytes[...]))
    }

    func getPrompt(_ client: MCPClient) -> Step {
        guard let name = params?["name"]?.string, let (owner, prompt) = scope.owned(name) else {
            return invalid("Unknown prompt: \((params?["name"]?.string ?? "").prefix(200))")
        }
        return relay(relayed(owner, client, ["name": JSONValue.string(prompt).bytes]), client)
    }

    func complete(_ client: MCPClient) -> Step {
        guard let ref = params?["ref"], let kind = ref["type"]?.string else {
            return invalid("'ref' says what is completed")
        }
        switch kind {
        case "ref/prompt":
            guard let name = ref["name"]?.string, let (owner, prompt) = scope.owned(name) else {
                return invalid("Unknown prompt: \((ref["name"]?.string ?? "").prefix(200))")
            }
            let other = MCPParams.replacing(ref, ["name": JSONValue.string(prompt).bytes])
            return relay(relayed(owner, client, ["ref": other]), client)
        case "ref/resource":
            guard let uri = ref["uri"]?.string else { return invalid("'ref.uri' is a text") }
            if case .one(let name) = scope { return relay(relayed(name, client), client) }
            return .later { [self] in
                for (name, items) in await gateway.offers.all(.templates)
                where items.contains(where: { $0["uriTemplate"]?.equals(uri) == true }) {
                    return relay(relayed(name.rawValue, client), client)
                }
                return unknownResource(uri, client)
            }
        case _: return invalid("'ref.type' is 'ref/prompt' or 'ref/resource'")
        }
    }

    // MARK: What clients are told

    func listen(_ client: MCPClient) -> Step {
        guard let stated = params?["notifications"], stated.kind == .object else {
            return invalid("'notifications' says what is listened to")
        }
        var filter = MCPListeners.Filter(stated)
        if let tasks = stated["taskIds"] {
            guard client.takesTasks else { return .answer(needsTasks()) }
            let known = tasks.elements.prefix(1000).compactMap(\.string)
            filter.tasks = Set(known.filter { gateway.tasks.entry($0, of: principal, scope) != nil })
        }
        return .listen(filter)
    }

    func setLevel(_ client: MCPClient) -> Step {
        guard let level = params?["level"]?.string.flatMap(MCPLogLevel.init(rawValue:)) else {
            return invalid("'level' is one of \(MCPLogLevel.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        client.session?.setLogLevel(level)
        let params = Array(#""level":"\#(level.rawValue)""#.utf8)
        for name in scope.extensionName.map({ [$0] })
            ?? services.registry.snapshot.entries.map(\.registered.name.rawValue)
        {
            services.relay.tellRunning(name, "logging/setLevel", params)
        }
        return ok(MCPAnswer.result(id: id, Array("{}".utf8)[...]))
    }

    func subscribe(_ client: MCPClient) -> Step {
        guard let uri = address else { return invalid("'uri' is a text of \(MCPScope.longestAddress) bytes at most") }
        guard let session = client.session else { return invalid("subscriptions belong to a session") }
        let done = ok(MCPAnswer.result(id: id, Array("{}".utf8)[...]))
        guard method == "resources/subscribe" else {
            if let name = session.unsubscribe(uri) { services.relay.unsubscribe(uri, from: name) }
            return done
        }
        return withOwner(of: uri, client) { name in
            .later { [self] in
                guard !session.isSubscribed(uri) else { return done }
                try await services.relay.subscribe(.local(origin: .mcp, requestID: requestID), uri, of: name)
                // It may have ended meanwhile, or asked twice.
                if !session.subscribe(uri, of: name) { services.relay.unsubscribe(uri, from: name) }
                return done
            }
        }
    }

    /// Lets extensions tell of the resources that a listener names; returns how that is ended.
    func follow(_ uris: Set<String>) -> @Sendable () -> Void {
        guard !uris.isEmpty else { return {} }
        let task = Task { [self] in
            var followed: [(uri: String, name: String)] = []
            for uri in uris where !Task.isCancelled {
                guard let name = await scope.owner(of: uri, gateway.offers) else { continue }
                do {
                    try await services.relay.subscribe(.local(origin: .mcp, requestID: requestID), uri, of: name)
                    followed.append((uri, name))
                } catch {
                    // What cannot be followed is not told of.
                    services.logger.debug("Cannot follow a resource", metadata: ["error": "\(error)"])
                }
            }
            return followed
        }
        let relay = services.relay
        return {
            // Unstructured, because nobody waits for it.
            Task { for (uri, name) in await task.value { relay.unsubscribe(uri, from: name) } }
            task.cancel()
        }
    }
}
