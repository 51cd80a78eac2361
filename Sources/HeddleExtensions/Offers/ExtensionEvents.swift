import HeddleMCP
package import HeddleModel
package import JSON
import Synchronization

/// Tells those who listen what changes about extensions while they run.
package final class ExtensionEvents: Sendable {
    /// Something that changed.
    package enum Event: Sendable {
        case tools(ExtensionName)
        case prompts(ExtensionName)
        case resources(ExtensionName)
        /// A resource has another content now.
        case resource(ExtensionName, uri: String)
        /// Another notification of the extension.
        case other(ExtensionName, method: String, params: JSONView?)
    }

    private struct State {
        var listeners: [Int: @Sendable (Event) -> Void] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    /// Calls `body` for each event, on any thread, until the returned number is given to ``remove(_:)``; it must not block.
    package func listen(_ body: @escaping @Sendable (Event) -> Void) -> Int {
        state.withLock { state in
            state.last += 1
            state.listeners[state.last] = body
            return state.last
        }
    }

    /// Calls a listener no more.
    package func remove(_ number: Int) {
        state.withLock { $0.listeners[number] = nil }
    }

    func send(_ event: Event) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener(event) }
    }

    /// An extension came, went, or offers other things.
    func sendAll(of name: String) {
        guard let name = try? ExtensionName(name), state.withLock({ !$0.listeners.isEmpty }) else { return }
        send(.tools(name))
        send(.prompts(name))
        send(.resources(name))
    }

    /// What a process said without being asked.
    func note(_ method: String, _ params: JSONView?, of name: ExtensionName, instance: InstanceID) {
        switch method {
        case "notifications/prompts/list_changed": send(.prompts(name))
        case "notifications/resources/list_changed": send(.resources(name))
        case "notifications/resources/updated":
            if let uri = params?["uri"]?.string { send(.resource(name, uri: uri)) }
        case _: send(.other(name, method: method, params: params))
        }
    }
}
