package import JSON
import Synchronization

/// Something that an extension asks of the client behind one of its calls, answered once.
package final class MCPAsk: Sendable {
    /// `elicitation/create`, `sampling/createMessage` or `roots/list`.
    package let method: String
    package let params: JSONView?
    private let reply: Mutex<(@Sendable (Result<[UInt8], MCPFailure>) -> Void)?>

    package init(
        method: String,
        params: JSONView?,
        reply: @escaping @Sendable (Result<[UInt8], MCPFailure>) -> Void
    ) {
        self.method = method
        self.params = params
        self.reply = Mutex(reply)
    }

    /// Whether it was answered or refused.
    package var isOver: Bool { reply.withLock { $0 == nil } }

    /// Gives the extension its answer, the bytes of an object; only the first answer counts.
    package func answer(_ result: [UInt8]) { finish(.success(result)) }

    /// Tells the extension that there will be no answer; nothing happens when it has one.
    package func refuse(_ failure: MCPFailure) { finish(.failure(failure)) }

    private func finish(_ result: Result<[UInt8], MCPFailure>) {
        let reply = reply.withLock { stored in
            defer { stored = nil }
            return stored
        }
        reply?(result)
    }
}
