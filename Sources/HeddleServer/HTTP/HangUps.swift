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
        let watch = watch(channel) { task.cancel() }
        defer { watch.end() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Calls `cancel` when the client of a connection hangs up, or has done so, until the watch is ended.
    func watch(_ channel: any Channel, cancel: @escaping @Sendable () -> Void) -> Watch {
        let watch = Watch(
            hangUps: self,
            channel: ObjectIdentifier(channel),
            ticket: nextTicket.add(1, ordering: .relaxed).newValue
        )
        let hasEnded = state.withLock { state in
            state.waiting[watch.channel, default: [:]][watch.ticket] = cancel
            return state.ended.contains(watch.channel)
        }
        if hasEnded || !channel.isActive { cancel() }
        return watch
    }

    /// What is registered for one connection.
    struct Watch: Sendable {
        fileprivate let hangUps: HangUps
        fileprivate let channel: ObjectIdentifier
        fileprivate let ticket: Int

        /// The work is done, whether or not the client hung up.
        func end() {
            hangUps.state.withLock { state in
                state.waiting[channel]?[ticket] = nil
                if state.waiting[channel]?.isEmpty == true { state.waiting[channel] = nil }
            }
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
