import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON
import Synchronization

/// Tells clients what changed: sessions of the legacy era over their general stream, listeners of the modern era over theirs.
final class MCPListeners: Sendable {
    /// What a client of the modern era wants to hear of (MCP 2026-07-28, `subscriptions/listen`).
    struct Filter: Sendable {
        var tools = false
        var prompts = false
        var resources = false
        var uris: Set<String> = []
        var tasks: Set<String> = []

        init(_ view: JSONView?) {
            tools = view?["toolsListChanged"]?.bool ?? false
            prompts = view?["promptsListChanged"]?.bool ?? false
            resources = view?["resourcesListChanged"]?.bool ?? false
            var addresses: Set<String> = []
            for address in view?["resourceSubscriptions"]?.elements.prefix(1000).map({ $0 }) ?? []
            where address.range.count <= MCPScope.longestAddress {
                if let text = address.string { addresses.insert(text) }
            }
            uris = addresses
        }

        /// The filter for the client.
        var value: JSONValue {
            var object = JSONObject()
            if tools { object["toolsListChanged"] = true }
            if prompts { object["promptsListChanged"] = true }
            if resources { object["resourcesListChanged"] = true }
            if !uris.isEmpty { object["resourceSubscriptions"] = .array(uris.sorted().map { .string($0) }) }
            if !tasks.isEmpty { object["taskIds"] = .array(tasks.sorted().map { .string($0) }) }
            return .object(object)
        }
    }

    private struct Listener {
        let scope: MCPScope
        let filter: Filter
        /// The id of the request, as it was sent.
        let id: [UInt8]
        let stream: MCPStream
    }

    /// Listeners at once.
    static let most = 10_000

    private let sessions: MCPSessions
    private let listeners = Mutex<(all: [Int: Listener], last: Int, isEnded: Bool)>(([:], 0, false))

    init(sessions: MCPSessions) {
        self.sessions = sessions
    }

    /// Hears of what changes about extensions.
    func listen(to events: ExtensionEvents) {
        _ = events.listen { [weak self] in self?.tell($0) }
    }

    /// Adds a listener, whose stream begins with the acknowledgement; nil when there are too many.
    func add(_ filter: Filter, id: JSONView, scope: MCPScope) -> (number: Int, stream: MCPStream)? {
        let listener = Listener(scope: scope, filter: filter, id: Array(id.bytes), stream: MCPStream())
        let number = listeners.withLock { state -> Int? in
            guard state.all.count < Self.most, !state.isEnded else { return nil }
            state.last += 1
            state.all[state.last] = listener
            return state.last
        }
        guard let number else { return nil }
        var params = JSONWriter()
        params.beginObject()
        params.name("notifications")
        params.value(filter.value)
        Self.mark(&params, listener)
        params.endObject()
        listener.stream.send(Self.message("notifications/subscriptions/acknowledged", params.bytes))
        return (number, listener.stream)
    }

    /// The client hung up.
    func remove(_ number: Int) {
        listeners.withLock { $0.all[number] = nil }
    }

    /// The server stops: every stream gets its result.
    func endAll() {
        let all = listeners.withLock { state in
            defer { state.all = [:] }
            state.isEnded = true
            return state.all.values
        }
        for listener in all {
            var result = JSONWriter()
            result.beginObject()
            result.name("resultType")
            result.string("complete")
            Self.mark(&result, listener)
            result.endObject()
            let bytes = Array(#"{"jsonrpc":"2.0","id":"#.utf8) + listener.id + Array(#","result":"#.utf8) + result.bytes
            listener.stream.end(bytes + [UInt8(ascii: "}")])
        }
        for session in sessions.all { session.end() }
    }

    private static func mark(_ writer: inout JSONWriter, _ listener: Listener) {
        writer.name("_meta")
        writer.beginObject()
        writer.name(MCPMetaKey.subscriptionID)
        writer.raw(listener.id[...])
        writer.endObject()
    }

    private static func message(_ method: String, _ params: [UInt8]) -> [UInt8] {
        Array(#"{"jsonrpc":"2.0","method":"\#(method)","params":"#.utf8) + params + [UInt8(ascii: "}")]
    }

    // MARK: Events

    private func tell(_ event: ExtensionEvents.Event) {
        switch event {
        case .tools(let name): tell("notifications/tools/list_changed", name) { $0.tools }
        case .prompts(let name): tell("notifications/prompts/list_changed", name) { $0.prompts }
        case .resources(let name): tell("notifications/resources/list_changed", name) { $0.resources }
        case .resource(let name, let uri):
            tell("notifications/resources/updated", name, uri: uri) { $0.uris.contains(uri) }
        case .other: break
        }
    }

    /// A task has changed, whose members these are.
    func tellTask(_ id: String, _ task: [UInt8]) {
        for listener in listeners.withLock({ $0.all.values.filter { $0.filter.tasks.contains(id) } }) {
            var meta = JSONWriter()
            meta.beginObject()
            Self.mark(&meta, listener)
            meta.endObject()
            let params = [UInt8(ascii: "{")] + task + [UInt8(ascii: ",")] + meta.bytes.dropFirst()
            listener.stream.send(Self.message("notifications/tasks", params))
        }
    }

    private func tell(_ method: String, _ name: ExtensionName, uri: String? = nil, _ isWanted: (Filter) -> Bool) {
        let told = listeners.withLock { state in
            state.all.values.filter { $0.scope.shows(name) && isWanted($0.filter) }
        }
        for listener in told {
            var params = JSONWriter()
            params.beginObject()
            if let uri {
                params.name("uri")
                params.string(uri)
            }
            Self.mark(&params, listener)
            params.endObject()
            listener.stream.send(Self.message(method, params.bytes), isDroppable: uri != nil)
        }
        let message = MCPNotice.make(method, uri.map { ["uri": .string($0)] } ?? [:])
        for session in sessions.all where session.scope.shows(name) && (uri.map { session.isSubscribed($0) } ?? true) {
            session.general.send(message, isDroppable: true)
        }
    }
}

extension MCPScope {
    /// Whether it shows an extension.
    func shows(_ name: ExtensionName) -> Bool {
        extensionName.map { $0 == name.rawValue } ?? true
    }
}

extension MCPSession {
    /// Which extensions it is with.
    var scope: MCPScope { opening.extensionName.map(MCPScope.one) ?? .all }
}
