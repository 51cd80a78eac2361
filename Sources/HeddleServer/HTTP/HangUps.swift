import HeddleModel
import NIOCore
import Synchronization

/// Notices clients that hang up while their request is worked on.
///
/// Each connection has a handler in its pipeline that sees the end of its input; requests register what to cancel.
final class HangUps: Sendable {
    private struct State {
        var waiting: [ObjectIdentifier: [Int: @Sendable () -> Void]] = [:]
        /// Connections that are still open, and whose client has hung up.
        var ended: Set<ObjectIdentifier> = []
    }

    private let state = Mutex(State())
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
        let hasEnded = state.withLock { state in
            state.waiting[key, default: [:]][ticket] = { task.cancel() }
            return state.ended.contains(key)
        }
        defer {
            state.withLock { state in
                state.waiting[key]?[ticket] = nil
                if state.waiting[key]?.isEmpty == true { state.waiting[key] = nil }
            }
        }
        if hasEnded || !channel.isActive { task.cancel() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    fileprivate func hungUp(_ channel: any Channel, isOpen: Bool) {
        let key = ObjectIdentifier(channel)
        let cancellations = state.withLock { state in
            if isOpen { state.ended.insert(key) } else { state.ended.remove(key) }
            return state.waiting[key] ?? [:]
        }
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
            if case ChannelEvent.inputClosed = event { hangUps.hungUp(context.channel, isOpen: true) }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            hangUps.hungUp(context.channel, isOpen: false)
            context.fireChannelInactive()
        }
    }
}
