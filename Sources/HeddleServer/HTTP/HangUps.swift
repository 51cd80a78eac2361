import HeddleModel
import NIOCore
import Synchronization

/// Notices clients that hang up while their request is worked on.
///
/// Each connection has a handler in its pipeline that sees the end of its input; requests register what to cancel.
final class HangUps: Sendable {
    private let waiting = Mutex<[ObjectIdentifier: [Int: @Sendable () -> Void]]>([:])
    private let nextTicket = Atomic<Int>(0)

    /// Runs an operation that is cancelled when the client of a connection hangs up.
    ///
    /// - Throws: what the operation throws.
    func cancellingOnHangUp<Value: Sendable>(
        of channel: any Channel,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        // Unstructured, because the end of the input arrives outside of every task; awaited below in any case.
        let task = Task { try await operation() }
        let (key, ticket) = (ObjectIdentifier(channel), nextTicket.add(1, ordering: .relaxed).newValue)
        waiting.withLock { $0[key, default: [:]][ticket] = { task.cancel() } }
        defer {
            waiting.withLock { table in
                table[key]?[ticket] = nil
                if table[key]?.isEmpty == true { table[key] = nil }
            }
        }
        guard channel.isActive else {
            task.cancel()
            return try await task.value
        }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    fileprivate func hungUp(_ channel: any Channel) {
        let cancellations = waiting.withLock { $0[ObjectIdentifier(channel)] ?? [:] }
        for cancel in cancellations.values { cancel() }
    }

    /// Sees the end of one connection's input.
    final class Handler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Any

        private let hangUps: HangUps

        init(_ hangUps: HangUps) {
            self.hangUps = hangUps
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { hangUps.hungUp(context.channel) }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            hangUps.hungUp(context.channel)
            context.fireChannelInactive()
        }
    }
}
